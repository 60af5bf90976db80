import { add, mean, slice, square, squeeze, sub, type Tensor } from "@tensorflow/tfjs-core";

/** The mean and the population variance over the first axis: exactly a sample and 0 when all samples are equal. */
export function sampleMoments(samples: Tensor): { readonly mean: Tensor; readonly variance: Tensor } {
  // Differences from the first sample: a mean of equal numbers need not be that number.
  const first = slice(samples, [0], [1]);
  const differences = sub(samples, first);
  const shift = mean(differences, 0, true);
  return {
    mean: squeeze(add(first, shift), [0]),
    variance: mean(square(sub(differences, shift)), 0),
  };
}
