import { type Rank, type ShapeMap, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { sizeOf } from "./_check.ts";
import type { Key } from "./key.ts";
import { type RandintOptions, randintValues } from "./randint_values.ts";

/**
 * Draws integers that are uniform on `min, ..., max - 1` as a tensor.
 *
 * Each is `min + floor((max - min) u)` with `u` a 53-bit fraction of two words: no integer is likelier than another by
 * more than one part in 2^21.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key, randint } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const labels = randint(key(0), [64], { max: 10 });
 * expect(labels.dtype).toBe("int32");
 * labels.dispose();
 * ```
 *
 * @param key The key of the stream.
 * @param shape The shape of the result.
 * @param options The range.
 * @returns An int32 tensor of shape `shape`, owned by the caller.
 * @throws {RangeError} When `min` is not below `max` or one of them is not a 32-bit integer.
 * @throws {TypeError} When `key` is not a key or `shape` is not a list of non-negative integers.
 */
export function randint<R extends Rank>(key: Key, shape: ShapeMap[R], options: RandintOptions): Tensor<R> {
  return tensor(randintValues(key, sizeOf("draw integers", shape), options), shape, "int32");
}
