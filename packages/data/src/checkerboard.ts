import { foldIn, randintValues, uniformValues } from "@jem-js/random";
import {
  add,
  expandDims,
  fill,
  floor,
  greaterEqual,
  less,
  logicalAnd,
  mod,
  mul,
  reshape,
  slice,
  sum,
  type Tensor1D,
  type Tensor2D,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import { checkInteger, checkPositive } from "./_check.ts";
import { checkCount, checkPoints, toSample } from "./_points.ts";
import type { ToyDensity } from "./toy_density.ts";

/** Options of {@linkcode checkerboard}. */
export interface CheckerboardOptions {
  /** How many squares there are along a side, an even number from 2 to 64. @default {4} */
  readonly squares?: number;
  /** The length of the side of the board, greater than 0. @default {8} */
  readonly side?: number;
}

/**
 * The uniform density on every other square of a board about the origin; one class. Its edges and holes are hard for
 * continuous models. `log p(x) = -log(side^2 / 2)` on the squares whose row and column, counted from the least
 * coordinates, have an even sum, and `-Infinity` elsewhere. It has no score.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { checkerboard } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor2d([[-3, -3], [-3, -1]]);
 * const logDensity = checkerboard().logDensity(x);
 * const [inside, outside] = await logDensity.data();
 * expect(inside).toBeCloseTo(-Math.log(32));
 * expect(outside).toBe(-Infinity);
 * tf.dispose([x, logDensity]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1810.01367 | Grathwohl et al., FFJORD}, figure 2
 *
 * @param options The board.
 * @returns A density on `[batch, 2]`. It holds no tensors.
 * @throws {RangeError} When `squares` is not an even number in its range, or `side` is not positive.
 */
export function checkerboard(options: CheckerboardOptions = {}): ToyDensity {
  const action = "make a checkerboard";
  const { squares = 4, side = 8 } = options;
  checkInteger(action, "squares", squares, 2, 64);
  if (squares % 2 !== 0) throw new RangeError(`Cannot ${action}: squares must be even but found ${squares}`);
  checkPositive(action, "side", side);
  const width = side / squares;
  const logDensity = (x: Tensor2D): Tensor1D => {
    checkPoints(x, 2);
    return tidy(() => {
      const cell = floor(mul(add(x, side / 2), 1 / width));
      const [row, column] = [0, 1].map((axis) => slice(cell, [0, axis], [-1, 1]));
      const onBoard = [row!, column!].map((c) => logicalAnd(greaterEqual(c, 0), less(c, squares)));
      const even = less(mod(sum(cell, 1, true), 2), 0.5);
      const inside = logicalAnd(even, logicalAnd(onBoard[0]!, onBoard[1]!));
      const shape = [x.shape[0], 1];
      const value = -Math.log((side * side) / 2);
      return reshape(where(inside, fill(shape, value), fill(shape, Number.NEGATIVE_INFINITY)), [x.shape[0]]);
    });
  };
  return {
    dimensions: 2,
    classes: 1,
    logDensity,
    logJoint: (x) => tidy(() => expandDims(logDensity(x), 1) as Tensor2D),
    sample(key, count) {
      checkCount(count);
      const cells = randintValues(foldIn(key, 0), count, { max: squares * (squares / 2) });
      // A hair within the squares: at their edges float32 would round some points out of them.
      const values = uniformValues(foldIn(key, 1), 2 * count, { min: 2 ** -16, max: 1 - 2 ** -16 });
      for (let i = 0; i < count; i++) {
        const row = Math.floor((2 * cells[i]!) / squares);
        const column = ((2 * cells[i]!) % squares) + (row % 2);
        values[2 * i] = width * (row + values[2 * i]!) - side / 2;
        values[2 * i + 1] = width * (column + values[2 * i + 1]!) - side / 2;
      }
      return toSample(values, 2, new Int32Array(count));
    },
  };
}
