import { type Key, normalValues } from "@jem-js/random";
import {
  add,
  expandDims,
  logSumExp,
  matMul,
  mul,
  reshape,
  softmax,
  square,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkCount, checkPoints, toSample } from "./_points.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** What a mixture of isotropic Gaussians is made of. */
export interface IsotropicMixture {
  readonly dimensions: number;
  readonly classes: number;
  /** The middle of each component, flat; those of a class are neighbours and every class has as many. */
  readonly centres: readonly number[];
  /** The weight of each component; the sum is 1. */
  readonly weights: readonly number[];
  /** The standard deviation of each component. */
  readonly scales: readonly number[];
  /** Draws places to which Gaussian noise is then added: the value for `place` and the class and the noise of each. */
  readonly draw: (key: Key, count: number) => { places: Float64Array; labels: Int32Array; scales: Float64Array };
}

/** The density of a mixture of isotropic Gaussians, which may stand for the quadrature of a continuous one. */
export function isotropicMixture(mixture: IsotropicMixture): SmoothToyDensity {
  const { dimensions, classes, weights, draw } = mixture;
  const count = weights.length;
  const centres = Float32Array.from(mixture.centres);
  const precisions = Float32Array.from(mixture.scales, (scale) => scale ** -2);
  const offsets = Float32Array.from(
    mixture.scales,
    (scale, i) => Math.log(weights[i]!) - dimensions * Math.log(scale * Math.sqrt(2 * Math.PI)),
  );
  const row = (values: Float32Array): Tensor2D => tensor2d(values, [1, count], "float32");
  const middles = (): Tensor2D => tensor2d(centres, [count, dimensions], "float32");

  /** `log(weight p(x | component))`, `[batch, components]`. */
  const logComponents = (x: Tensor2D): Tensor2D => {
    // Differences, not a product expanded: that would lose the digits of narrow components.
    const distances: Tensor2D = sum(square(sub(expandDims(x, 1), expandDims(middles(), 0))), 2);
    return add(mul(distances, mul(row(precisions), -0.5)), row(offsets));
  };
  return {
    dimensions,
    classes,
    logDensity(x) {
      checkPoints(x, dimensions);
      return tidy(() => logSumExp(logComponents(x), 1) as Tensor1D);
    },
    logJoint(x) {
      checkPoints(x, dimensions);
      return tidy(() => logSumExp(reshape(logComponents(x), [x.shape[0], classes, count / classes]), 2) as Tensor2D);
    },
    score(x) {
      checkPoints(x, dimensions);
      return tidy(() => {
        const pull = mul(softmax(logComponents(x)), row(precisions)) as Tensor2D;
        return sub(matMul(pull, middles()), mul(x, sum(pull, 1, true)));
      });
    },
    sample(key, size) {
      checkCount(size);
      const { places, labels, scales } = draw(key, size);
      const values = normalValues(key, size * dimensions);
      for (let i = 0; i < values.length; i++) {
        values[i] = places[i]! + scales[Math.floor(i / dimensions)]! * values[i]!;
      }
      return toSample(values, dimensions, labels);
    },
  };
}
