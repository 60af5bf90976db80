import { normalValues } from "@jem-js/random";
import {
  add,
  concat,
  exp,
  expandDims,
  mul,
  neg,
  reshape,
  slice,
  square,
  sum,
  type Tensor1D,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkInteger, checkPositive } from "./_check.ts";
import { checkCount, checkPoints, toSample } from "./_points.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** Options of {@linkcode funnel}. */
export interface FunnelOptions {
  /** How many coordinates there are, at least 2. @default {10} */
  readonly dimensions?: number;
  /** The standard deviation of the first coordinate, greater than 0. @default {3} */
  readonly scale?: number;
}

/**
 * Neal's funnel; one class: `x0 ~ N(0, scale^2)`, and `x1, x2, ... | x0 ~ N(0, exp(x0))`.
 *
 * Its width changes by orders of magnitude, so that no one step size fits: samplers get stuck above its neck.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { funnel } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor2d([[0, 0]]);
 * const logDensity = funnel({ dimensions: 2, scale: 1 }).logDensity(x);
 * expect((await logDensity.data())[0]).toBeCloseTo(-Math.log(2 * Math.PI));
 * tf.dispose([x, logDensity]);
 * ```
 *
 * @see {@link https://doi.org/10.1214/aos/1056562461 | Neal, Slice sampling}, section 8
 *
 * @param options The size.
 * @returns A density on `[batch, dimensions]`. It holds no tensors.
 * @throws {RangeError} When an option is out of range.
 */
export function funnel(options: FunnelOptions = {}): SmoothToyDensity {
  const action = "make a funnel";
  const { dimensions = 10, scale = 3 } = options;
  checkInteger(action, "dimensions", dimensions, 2);
  checkPositive(action, "scale", scale);
  const rest = dimensions - 1;
  /** The first coordinate, the others, and the squared norm of these over their variance. */
  const parts = (x: Tensor2D): [Tensor2D, Tensor2D, Tensor2D] => {
    const first = slice(x, [0, 0], [-1, 1]);
    const others = slice(x, [0, 1], [-1, rest]);
    return [first, others, mul(sum(square(others), 1, true), exp(neg(first)))];
  };
  const constant = -0.5 * dimensions * Math.log(2 * Math.PI) - Math.log(scale);
  const logDensity = (x: Tensor2D): Tensor1D => {
    checkPoints(x, dimensions);
    return tidy(() => {
      const [first, , squares] = parts(x);
      const exponent = add(add(mul(square(first), scale ** -2), squares), mul(first, rest));
      return reshape(add(mul(exponent, -0.5), constant), [x.shape[0]]);
    });
  };
  return {
    dimensions,
    classes: 1,
    logDensity,
    logJoint: (x) => tidy(() => expandDims(logDensity(x), 1) as Tensor2D),
    score(x) {
      checkPoints(x, dimensions);
      return tidy(() => {
        const [first, others, squares] = parts(x);
        const along = add(mul(first, -(scale ** -2)), mul(add(squares, -rest), 0.5));
        return concat([along, neg(mul(others, exp(neg(first))))], 1) as Tensor2D;
      });
    },
    sample(key, count) {
      checkCount(count);
      const values = normalValues(key, count * dimensions);
      for (let i = 0; i < values.length; i += dimensions) {
        const first = scale * values[i]!;
        values[i] = first;
        for (let d = 1; d < dimensions; d++) values[i + d]! *= Math.exp(first / 2);
      }
      return toSample(values, dimensions, new Int32Array(count));
    },
  };
}
