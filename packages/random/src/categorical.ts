import { add, argMax, type Tensor1D, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { checkKey } from "./_check.ts";
import { exactLog } from "./_log.ts";
import { drawWords, fraction53 } from "./_threefry.ts";
import type { Key } from "./key.ts";

/**
 * Draws one class index a row from unnormalised log-probabilities, by the Gumbel-max rule:
 * `argmax_k logits[k] - log(-log u_k)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { categorical, key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const logits = tf.tensor2d([[0, 100], [100, 0]]);
 * const drawn = categorical(key(0), logits);
 * expect([...(await drawn.data())]).toEqual([1, 0]);
 * tf.dispose([logits, drawn]);
 * ```
 *
 * @param key The key of the stream.
 * @param logits Unnormalised log-probabilities, `[batch, classes]`, borrowed. `-Infinity` excludes a class.
 * @returns Class indices, int32 `[batch]`, owned by the caller.
 * @throws {TypeError} When `key` is not a key, or `logits` is not of rank 2 with at least one class.
 */
export function categorical(key: Key, logits: Tensor2D): Tensor1D {
  checkKey("draw classes", key);
  if (logits.rank !== 2 || logits.shape[1] === 0) {
    throw new TypeError(`Cannot draw classes: logits must be [batch, classes] but found [${logits.shape.join(", ")}]`);
  }
  const words = drawWords(key, 2 * logits.size);
  const gumbel = new Float32Array(logits.size);
  // 2^-54 keeps both logarithms finite at the ends.
  for (let i = 0; i < gumbel.length; i++)
    gumbel[i] = -exactLog(-exactLog(fraction53(words, i) * (1 - 2 ** -52) + 2 ** -54));
  return tidy(() => argMax(add(logits, tensor2d(gumbel, logits.shape)), 1));
}
