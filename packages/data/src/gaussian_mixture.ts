import { foldIn, uniformValues } from "@jem-js/random";
import { checkPositive } from "./_check.ts";
import { isotropicMixture } from "./_isotropic_mixture.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** Options of {@linkcode gaussianMixture}. */
export interface GaussianMixtureOptions {
  /** The mean of each component, all of the same length of at least 1. */
  readonly means: readonly (readonly number[])[];
  /** The standard deviation of all components, or of each of them, greater than 0. @default {1} */
  readonly scale?: number | readonly number[];
  /** The weight of each component, greater than 0; divided by their sum. @default {equal weights} */
  readonly weights?: readonly number[];
}

/**
 * A mixture of isotropic Gaussians; the component is the class:
 * `p(x, y) = w[y] N(x; mean[y], scale[y]^2 I)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { gaussianMixture } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const density = gaussianMixture({ means: [[-2], [2]] });
 * const x = tf.tensor2d([[0]]);
 * const score = density.score(x);
 * expect([...(await score.data())]).toEqual([0]);
 * tf.dispose([x, score]);
 * ```
 *
 * @param options The components.
 * @returns A density on `[batch, means[0].length]`. It holds no tensors.
 * @throws {TypeError} When there is no mean, means differ in length, or there is not one scale or weight a component.
 * @throws {RangeError} When a mean is not finite, or a scale or weight not positive.
 */
export function gaussianMixture(options: GaussianMixtureOptions): SmoothToyDensity {
  const action = "make a mixture of Gaussians";
  const { means, scale = 1 } = options;
  const classes = means?.length;
  const dimensions = means?.[0]?.length ?? 0;
  if (dimensions === 0 || means.some((mean) => mean.length !== dimensions)) {
    throw new TypeError(`Cannot ${action}: means must be lists of one length but found ${JSON.stringify(means)}`);
  }
  const wrong = means.flat().find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`Cannot ${action}: means must be finite but found ${wrong}`);
  const scales = typeof scale === "number" ? Array<number>(classes).fill(scale) : [...scale];
  const weights = options.weights ? [...options.weights] : Array<number>(classes).fill(1);
  for (const [name, values] of Object.entries({ scale: scales, weights })) {
    if (values.length !== classes) {
      throw new TypeError(`Cannot ${action}: ${name} must have ${classes} entries but found ${values.length}`);
    }
    for (const value of values) checkPositive(action, name, value);
  }
  const total = weights.reduce((sum, weight) => sum + weight);
  return isotropicMixture({
    dimensions,
    classes,
    centres: means.flat(),
    weights: weights.map((weight) => weight / total),
    scales,
    draw(key, count) {
      const labels = Int32Array.from(uniformValues(foldIn(key, 0), count, { max: total }), (u) => {
        let label = 0;
        for (let left = u; label < classes - 1 && left >= weights[label]!; label++) left -= weights[label]!;
        return label;
      });
      const places = Float64Array.from({ length: count * dimensions }, (_, i) => {
        return means[labels[Math.floor(i / dimensions)]!]![i % dimensions]!;
      });
      return { places, labels, scales: Float64Array.from(labels, (label) => scales[label]!) };
    },
  });
}
