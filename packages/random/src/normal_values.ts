import { checkInteger, checkKey } from "./_check.ts";
import { exactLog } from "./_log.ts";
import { drawWords } from "./_threefry.ts";
import type { Key } from "./key.ts";

/**
 * Draws the numbers of {@linkcode normal} as an array, without a tensor.
 *
 * @example Usage
 * ```ts
 * import { key, normalValues } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * expect(normalValues(key(0), 1000)).toHaveLength(1000);
 * ```
 *
 * @param key The key of the stream.
 * @param size How many numbers to draw.
 * @returns `size` float32 numbers, owned by the caller.
 * @throws {RangeError} When `size` is not a non-negative integer.
 * @throws {TypeError} When `key` is not a key.
 */
export function normalValues(key: Key, size: number): Float32Array {
  checkKey("draw normals", key);
  checkInteger("draw normals", "size", size, 0);
  const words = drawWords(key, size);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const p = (words[i]! + 0.5) * 2 ** -32;
    const q = p - 0.5;
    // Written out: a call for each number costs nearly as much as the number.
    if (q >= -0.425 && q <= 0.425) {
      const r = 0.180625 - q * q;
      const numerator =
        ((((((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987) * r +
          13731.69376550946) *
          r +
          1971.5909503065513) *
          r +
          133.14166789178438) *
          r +
        3.3871328727963665;
      const denominator =
        ((((((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597) * r +
          5394.196021424751) *
          r +
          687.1870074920579) *
          r +
          42.31333070160091) *
          r +
        1;
      values[i] = (q * numerator) / denominator;
    } else {
      values[i] = q < 0 ? -upperQuantile(p) : upperQuantile(1 - p);
    }
  }
  return values;
}

/** The standard normal quantile of `1 - p`, 2^-33 <= p < 0.075, to a relative error of 1e-13. */
function upperQuantile(p: number): number {
  // At most sqrt(33 log 2) - 1.6 = 3.18: the far tail of AS 241 (above 5) is never reached.
  const r = Math.sqrt(-exactLog(p)) - 1.6;
  const numerator =
    ((((((0.0007745450142783414 * r + 0.022723844989269184) * r + 0.2417807251774506) * r + 1.2704582524523684) * r +
      3.6478483247632045) *
      r +
      5.769497221460691) *
      r +
      4.630337846156546) *
      r +
    1.4234371107496835;
  const denominator =
    ((((((1.0507500716444169e-9 * r + 0.0005475938084995345) * r + 0.015198666563616457) * r + 0.14810397642748008) *
      r +
      0.6897673349851) *
      r +
      1.6763848301838038) *
      r +
      2.053191626637759) *
      r +
    1;
  return numerator / denominator;
}
