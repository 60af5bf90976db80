import {
  engine,
  fill,
  getBackend,
  getKernel,
  type Rank,
  type ShapeMap,
  type Tensor,
  tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkKey, sizeOf } from "./_check.ts";
import type { Key } from "./key.ts";
import { normalValues } from "./normal_values.ts";

/** A backend's kernel `x + stepSize gradient + noiseScale normal(key)`, as `@jem-js/native` has it: it makes the same numbers, faster. */
const FUSED_STEP = "LangevinStep";
/** Fewer numbers take less time than such a kernel's call. */
const FEW = 1024;

/**
 * Draws standard normal numbers as a tensor: mean 0, variance 1.
 *
 * Element `i` is the normal quantile of the `i`-th 32-bit word `w` of the stream, at probability `(w + 1/2) / 2^32`
 * (algorithm AS 241, Wichura 1988, in float64, rounded once to float32). Only operations that IEEE 754 defines to the
 * last bit are used, so that the numbers are the same everywhere. The largest magnitude is 6.34.
 *
 * @example Usage
 * ```ts
 * import "@tensorflow/tfjs";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const noise = normal(key(0), [2, 3]);
 * expect(noise.shape).toEqual([2, 3]);
 * noise.dispose();
 * ```
 *
 * @see {@link https://doi.org/10.2307/2347330 | Wichura, Algorithm AS 241: the percentage points of the normal distribution}
 *
 * @param key The key of the stream.
 * @param shape The shape of the result.
 * @returns A float32 tensor of shape `shape`, owned by the caller.
 * @throws {TypeError} When `key` is not a key or `shape` is not a list of non-negative integers.
 */
export function normal<R extends Rank>(key: Key, shape: ShapeMap[R]): Tensor<R> {
  checkKey("draw normals", key);
  const size = sizeOf("draw normals", shape);
  if (size < FEW || getKernel(FUSED_STEP, getBackend()) == null)
    return tensor(normalValues(key, size), shape, "float32");
  return tidy(() => {
    const x = fill(shape, 0);
    const attrs = { stepSize: 0, noiseScale: 1, key: [...key] };
    return engine().runKernel(FUSED_STEP, { x, gradient: x }, attrs) as Tensor<R>;
  });
}
