import { type Rank, type ShapeMap, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { sizeOf } from "./_check.ts";
import type { Key } from "./key.ts";
import { type UniformOptions, uniformValues } from "./uniform_values.ts";

/**
 * Draws numbers that are uniform on `[min, max)` as a tensor.
 *
 * Element `i` is `min + (max - min) k / 2^24` with `k` the upper 24 bits of the `i`-th word of the stream.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key, uniform } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const images = uniform(key(0), [4, 28, 28, 1], { min: -1, max: 1 });
 * expect(images.shape).toEqual([4, 28, 28, 1]);
 * images.dispose();
 * ```
 *
 * @param key The key of the stream.
 * @param shape The shape of the result.
 * @param options The interval.
 * @returns A float32 tensor of shape `shape`, owned by the caller.
 * @throws {RangeError} When `min` is not below `max` or one of them is not finite.
 * @throws {TypeError} When `key` is not a key or `shape` is not a list of non-negative integers.
 */
export function uniform<R extends Rank>(key: Key, shape: ShapeMap[R], options: UniformOptions = {}): Tensor<R> {
  return tensor(uniformValues(key, sizeOf("draw uniforms", shape), options), shape, "float32");
}
