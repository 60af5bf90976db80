import { normalValues } from "@jem-js/random";
import {
  add,
  concat,
  expandDims,
  mul,
  neg,
  reshape,
  slice,
  square,
  sub,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkPositive } from "./_check.ts";
import { checkCount, checkPoints, toSample } from "./_points.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** Options of {@linkcode banana}. */
export interface BananaOptions {
  /** The standard deviation of the first coordinate, greater than 0. @default {1} */
  readonly scale?: number;
  /** How strongly the second coordinate bends with the first, finite. @default {1} */
  readonly curvature?: number;
  /** The standard deviation of the second coordinate about the bend, greater than 0. @default {0.5} */
  readonly noise?: number;
}

/**
 * A Gaussian bent along a parabola; one class: `x0 ~ N(0, scale^2)`,
 * `x1 | x0 ~ N(curvature (x0^2 - scale^2), noise^2)`.
 *
 * A curved ridge is narrow in a direction that changes: a test of step sizes. The mean is 0.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { banana } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor2d([[0, -1]]);
 * const score = banana().score(x);
 * expect([...(await score.data())].map(Math.abs)).toEqual([0, 0]);
 * tf.dispose([x, score]);
 * ```
 *
 * @see {@link https://doi.org/10.1007/s001800050022 | Haario et al., Adaptive proposal distribution for random walk Metropolis algorithm}
 *
 * @param options The bend.
 * @returns A density on `[batch, 2]`. It holds no tensors.
 * @throws {RangeError} When an option is out of range.
 */
export function banana(options: BananaOptions = {}): SmoothToyDensity {
  const action = "make a banana";
  const { scale = 1, curvature = 1, noise = 0.5 } = options;
  checkPositive(action, "scale", scale);
  checkPositive(action, "noise", noise);
  if (!Number.isFinite(curvature)) {
    throw new RangeError(`Cannot ${action}: curvature must be finite but found ${String(curvature)}`);
  }
  /** The first coordinate, and the second as a deviation from the bend, `[batch, 1]` each. */
  const parts = (x: Tensor2D): [Tensor2D, Tensor2D] => {
    const first = slice(x, [0, 0], [-1, 1]);
    const bend = mul(sub(square(first), scale * scale), curvature);
    return [first, sub(slice(x, [0, 1], [-1, 1]), bend)];
  };
  const constant = -Math.log(2 * Math.PI * scale * noise);
  const logDensity = (x: Tensor2D): Tensor1D => {
    checkPoints(x, 2);
    return tidy(() => {
      const [first, rest] = parts(x);
      const squares = add(mul(square(first), -0.5 / scale ** 2), mul(square(rest), -0.5 / noise ** 2));
      return reshape(add(squares, constant), [x.shape[0]]);
    });
  };
  return {
    dimensions: 2,
    classes: 1,
    logDensity,
    logJoint: (x) => tidy(() => expandDims(logDensity(x), 1) as Tensor2D),
    score(x) {
      checkPoints(x, 2);
      return tidy(() => {
        const [first, rest] = parts(x);
        const pull = mul(rest, 1 / noise ** 2);
        const along = sub(mul(mul(first, pull), 2 * curvature), mul(first, 1 / scale ** 2));
        return concat([along, neg(pull)], 1) as Tensor2D;
      });
    },
    sample(key, count) {
      checkCount(count);
      const values = normalValues(key, 2 * count);
      for (let i = 0; i < count; i++) {
        const first = scale * values[2 * i]!;
        values[2 * i] = first;
        values[2 * i + 1] = curvature * (first * first - scale * scale) + noise * values[2 * i + 1]!;
      }
      return toSample(values, 2, new Int32Array(count));
    },
  };
}
