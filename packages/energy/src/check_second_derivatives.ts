import { add, div, norm, reshape, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { checkDirection } from "./_displacement.ts";
import type { SecondDerivativeMethod } from "./directional_derivative.ts";
import { hessianVectorProduct, type ScoreModel } from "./hessian_vector_product.ts";
import type { Labels } from "./labels.ts";

/** Options of {@linkcode checkSecondDerivatives}. */
export interface CheckSecondDerivativesOptions {
  /** Checks the Hessian of `log p(x, y)` for these labels, `[batch]`, in place of that of `log p(x)`. @default {undefined} */
  readonly labels?: Labels;
  /** The largest relative error of the exact method, above that of the finite difference. @default {0.01} */
  readonly tolerance?: number;
}

/** What {@linkcode checkSecondDerivatives} found. */
export interface SecondDerivativeCheck {
  /** The method to use: `"exact"` when nested gradients agree with finite differences. */
  readonly method: SecondDerivativeMethod;
  /** The median over the examples of their relative difference; infinite when nested gradients fail or are not finite. */
  readonly error: number;
  /** Why the exact method is out, such as the operation that has no second gradient. Nothing when it is not. */
  readonly reason?: string;
}

/**
 * Finds out whether nested gradients differentiate the score of a model rightly: compares the exact Hessian-vector product
 * with the finite difference along one direction an example. Call it once, with typical inputs, and pass its
 * `method` on.
 *
 * TensorFlow.js gives no sign when a second derivative lacks terms, as it does behind `tanh`, `sigmoid`, `exp` and `softmax`; behind
 * pooling, `elu` or `max` it throws. Piecewise linear networks pass when few displacements cross a kink: the median
 * example decides.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { checkSecondDerivatives, energyHead, tanh } from "@jem-js/energy";
 * import { expect } from "vitest";
 *
 * const weights = tf.tensor2d([[1, -2, 0.5], [0.3, 1, -1]]);
 * const x = tf.tensor2d([[0.4, -1], [1, 2], [0.1, 0.3]]);
 * const wrong = energyHead((z) => tf.tanh(tf.matMul(z, weights)).mul(3) as tf.Tensor2D);
 * expect((await checkSecondDerivatives(wrong, x)).method).toBe("finite-difference");
 * const right = energyHead((z) => tanh(tf.matMul(z, weights)).mul(3) as tf.Tensor2D);
 * expect((await checkSecondDerivatives(right, x)).method).toBe("exact");
 * ```
 *
 * @param head Anything with a score, such as an energy head.
 * @param x Typical inputs, `[batch, ...input]`, borrowed. A few dozen are enough.
 * @param options Labels and the tolerance.
 * @returns The method to use and how far apart the two are.
 * @throws {TypeError} When `x` is empty or labels do not fit.
 * @throws {RangeError} When the tolerance is not above 0, or the finite difference is not finite either.
 */
export async function checkSecondDerivatives(
  head: ScoreModel,
  x: Tensor,
  options: CheckSecondDerivativesOptions = {},
): Promise<SecondDerivativeCheck> {
  const { tolerance = 0.01, ...rest } = options;
  if (!(tolerance > 0)) {
    throw new RangeError(`Cannot check second derivatives: tolerance must be greater than 0 but found ${tolerance}`);
  }
  const batch = x.shape[0]!;
  // Shorter than is best, to cross few kinks.
  const step = 0.005 / Math.sqrt(x.size / batch);
  checkDirection("check second derivatives", x, x, { method: "finite-difference", step });
  const { v, score, expected } = tidy(() => {
    const score = head.score(x, rest.labels);
    const v = direction(x, score);
    return { v, score, expected: hessianVectorProduct(head, x, v, { ...rest, step }) };
  });
  let actual: Tensor | undefined;
  try {
    actual = hessianVectorProduct(head, x, v, { ...rest, method: "exact" });
    const [a, b, s, d, at] = await Promise.all([actual, expected, score, v, x].map(rows(batch)));
    if (b!.flat().some((value) => !Number.isFinite(value))) {
      throw new RangeError("Cannot check second derivatives: the finite difference of the score is not finite");
    }
    const errors = a!.map((row, i) => {
      const difference = length(row.map((value, j) => value - b![i]![j]!));
      // Where the Hessian is small against the score, the finite difference is made of rounding errors.
      const scale = Math.max(1, length(at![i]!) / Math.sqrt(row.length));
      return difference / Math.max(length(b![i]!), (0.05 * length(s![i]!) * length(d![i]!)) / scale, Number.MIN_VALUE);
    });
    const error = errors.map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)).sort((p, q) => p - q)[
      batch >> 1
    ]!;
    if (error <= tolerance) return { method: "exact", error };
    const reason = `nested gradients differ from finite differences by ${error.toPrecision(2)} of the product`;
    return { method: "finite-difference", error, reason };
  } catch (error) {
    if (actual !== undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { method: "finite-difference", error: Number.POSITIVE_INFINITY, reason };
  } finally {
    for (const t of [v, score, expected, actual]) t?.dispose();
  }
}

/** The score and a fixed pattern, each of norm 1 an example: a direction that meets strong curvature and every element. */
function direction(x: Tensor, score: Tensor): Tensor {
  const shape = [x.shape[0]!, x.size / x.shape[0]!];
  const pattern = tensor(
    Float32Array.from({ length: x.size }, (_, i) => Math.cos(1 + 2.4 * i)),
    shape,
    "float32",
  );
  const unit = (t: Tensor): Tensor => div(t, add(norm(t, "euclidean", 1, true), 1e-30));
  return reshape(add(unit(reshape(score, shape)), unit(pattern)), x.shape);
}

function rows(batch: number): (t: Tensor) => Promise<number[][]> {
  return async (t) => {
    const values = await t.data();
    const size = values.length / batch;
    return Array.from({ length: batch }, (_, i) => Array.from(values.subarray(i * size, (i + 1) * size)));
  };
}

function length(row: readonly number[]): number {
  return Math.sqrt(row.reduce((total, value) => total + value * value, 0));
}
