import { add, div, matMul, ones, reshape, slice, square, sub, type Tensor } from "@tensorflow/tfjs-core";

/** The mean over the first axis, as a product: backends that sum along the last axis would move everything first. */
export function sampleMean(samples: Tensor): Tensor {
  const [count, ...rest] = samples.shape as [number, ...number[]];
  return div(reshape(matMul(ones([1, count]), reshape(samples, [count, -1])), rest), count);
}

/** The mean and the population variance over the first axis: exactly a sample and 0 when all samples are equal. */
export function sampleMoments(samples: Tensor): { readonly mean: Tensor; readonly variance: Tensor } {
  // Differences from the first sample: a mean of equal numbers need not be that number.
  const first = slice(samples, [0], [1]);
  const differences = sub(samples, first);
  const shift = sampleMean(differences);
  return {
    mean: add(reshape(first, shift.shape), shift),
    variance: sampleMean(square(sub(differences, shift))),
  };
}
