import { normal } from "@jem-js/random";
import {
  add,
  matMul,
  mul,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { lowerFactor } from "./_cholesky.ts";
import type { NoiseDistribution } from "./noise_distribution.ts";

/** Options of {@linkcode gaussianNoise}: where the Gaussian is, and one of `covariance` and `standardDeviation`. */
export interface GaussianNoiseOptions {
  /** The mean, one number for each of the `d` values of an input. */
  readonly mean: ArrayLike<number>;
  /** The covariance, row-major `[d, d]`, symmetric and positive definite. @default {undefined} */
  readonly covariance?: ArrayLike<number>;
  /** The standard deviation of all values, or of each; greater than 0. @default {undefined} */
  readonly standardDeviation?: number | ArrayLike<number>;
  /** The shape of one input. @default {[d]} */
  readonly shape?: readonly number[];
}

/**
 * A Gaussian `N(mean, covariance)` as the noise of {@linkcode noiseContrastiveEstimation}: fit it to the data, that the
 * noise is hard to tell from them. `shrunkCovariance(data, d)` of `@jem-js/samplers` gives both options.
 *
 * A covariance is factorised once in float64 on the host, `d^3 / 3` products; a sample and a density take `d^2`.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { gaussianNoise } from "@jem-js/objectives";
 * import { key } from "@jem-js/random";
 * import { shrunkCovariance } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const noise = gaussianNoise(shrunkCovariance([0, 0, 2, 1, 0, 1, 2, 0], 2, { shrinkage: 0 }));
 * const x = noise.sample(key(0), 16);
 * expect(x.shape).toEqual([16, 2]);
 * const peak = noise.logDensity(gaussianNoise({ mean: [1, 0.5], standardDeviation: 1e-9 }).sample(key(1), 1));
 * expect((await peak.data())[0]).toBeCloseTo(-Math.log(2 * Math.PI * 1 * 0.5), 5); // the deviations are 1 and 0.5
 * ```
 *
 * @param options The mean and the spread.
 * @returns The distribution. It holds no tensors.
 * @throws {TypeError} When the lengths do not belong together, or not just one of `covariance` and `standardDeviation` is
 * given.
 * @throws {RangeError} When the covariance is not positive definite or a standard deviation is not above 0.
 */
export function gaussianNoise(options: GaussianNoiseOptions): NoiseDistribution {
  const { mean, covariance, standardDeviation } = options;
  const d = mean.length;
  const { shape = [d] } = options;
  const width = shape.reduce((product, side) => product * side, 1);
  if (width !== d || d === 0) throw refusal(`mean must have the length of an input, ${width}, but found ${d}`);
  if ((covariance === undefined) === (standardDeviation === undefined)) {
    const found = covariance === undefined ? "neither" : "both";
    throw refusal(`just one of covariance and standardDeviation must be given but found ${found}`);
  }
  const spread = covariance ? fullSpread(covariance, d) : diagonalSpread(standardDeviation!, d);
  const constant = -spread.logDeterminant - 0.5 * d * Math.log(2 * Math.PI);
  const center = (): Tensor1D => tensor1d(Float32Array.from(mean));

  return {
    sample: (key, count) =>
      tidy(() => reshape(add(spread.apply(normal(key, [count, d])), center()), [count, ...shape])),
    logDensity: (x: Tensor) =>
      tidy(() => {
        const white = spread.invert(sub(reshape(x, [-1, d]), center()) as Tensor2D);
        return add(mul(sum(square(white), 1), -0.5), constant) as Tensor1D;
      }),
  };
}

/** A linear map of rows `[batch, d]`, its inverse, and the logarithm of its determinant. */
interface Spread {
  readonly apply: (rows: Tensor2D) => Tensor;
  readonly invert: (rows: Tensor2D) => Tensor;
  readonly logDeterminant: number;
}

function fullSpread(covariance: ArrayLike<number>, d: number): Spread {
  if (covariance.length !== d * d) {
    throw refusal(`covariance must have ${d * d} values, [${d}, ${d}], but found ${covariance.length}`);
  }
  const found = lowerFactor(covariance, d);
  if (!found) {
    throw new RangeError(
      `Cannot create Gaussian noise: covariance must be positive definite but found a matrix that is not`,
    );
  }
  const { factor, inverse, logDeterminant } = found;
  const times = (rows: Tensor2D, lower: Float64Array): Tensor =>
    matMul(rows, tensor2d(Float32Array.from(lower), [d, d]), false, true);
  return { apply: (rows) => times(rows, factor), invert: (rows) => times(rows, inverse), logDeterminant };
}

function diagonalSpread(standardDeviation: number | ArrayLike<number>, d: number): Spread {
  const scales =
    typeof standardDeviation === "number"
      ? new Float64Array(d).fill(standardDeviation)
      : Float64Array.from(standardDeviation);
  if (scales.length !== d) throw refusal(`standardDeviation must have ${d} values but found ${scales.length}`);
  const bad = scales.find((scale) => !(Number.isFinite(scale) && scale > 0));
  if (bad !== undefined) {
    throw new RangeError(`Cannot create Gaussian noise: standardDeviation must be greater than 0 but found ${bad}`);
  }
  const times = (rows: Tensor2D, factors: Float64Array): Tensor => mul(rows, tensor1d(Float32Array.from(factors)));
  return {
    apply: (rows) => times(rows, scales),
    invert: (rows) =>
      times(
        rows,
        scales.map((scale) => 1 / scale),
      ),
    logDeterminant: scales.reduce((total, scale) => total + Math.log(scale), 0),
  };
}

function refusal(reason: string): TypeError {
  return new TypeError(`Cannot create Gaussian noise: ${reason}`);
}
