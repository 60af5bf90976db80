import type { Key } from "./key.ts";

/** What a block of random bits is for: separates the draws, the children and the folds of one key. */
export const PURPOSE = { draw: 0, split: 1, fold: 2 } as const;

const PARITY = 0x1bd11bda;

/**
 * Writes the two words of Threefry-2x32 with 20 rounds to `out[offset]` and `out[offset + 1]`.
 *
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Only 32-bit additions, rotations and
 * exclusive ors, so that every language and every vector unit gives the same bits.
 */
export function threefry(key: Key, low: number, high: number, out: Uint32Array, offset: number): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ PARITY;
  let a = (low + k0) | 0;
  let b = (high + k1) | 0;
  // Five groups of four rounds, written out: a loop over the rotations costs three times as much.
  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 1) | 0;

  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k2) | 0;
  b = (b + k0 + 2) | 0;

  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  a = (a + k0) | 0;
  b = (b + k1 + 3) | 0;

  a = (a + b) | 0;
  b = ((b << 17) | (b >>> 15)) ^ a;
  a = (a + b) | 0;
  b = ((b << 29) | (b >>> 3)) ^ a;
  a = (a + b) | 0;
  b = ((b << 16) | (b >>> 16)) ^ a;
  a = (a + b) | 0;
  b = ((b << 24) | (b >>> 8)) ^ a;
  a = (a + k1) | 0;
  b = (b + k2 + 4) | 0;

  a = (a + b) | 0;
  b = ((b << 13) | (b >>> 19)) ^ a;
  a = (a + b) | 0;
  b = ((b << 15) | (b >>> 17)) ^ a;
  a = (a + b) | 0;
  b = ((b << 26) | (b >>> 6)) ^ a;
  a = (a + b) | 0;
  b = ((b << 6) | (b >>> 26)) ^ a;
  out[offset] = a + k2;
  out[offset + 1] = b + k0 + 5;
}

/** The key at `index` of the blocks of `key` kept for `purpose`. */
export function deriveKey(key: Key, index: number, purpose: number): Key {
  const words = new Uint32Array(2);
  threefry(key, index, purpose, words, 0);
  return [words[0]!, words[1]!];
}

/** The first `count` 32-bit words drawn from `key`; word `i` does not depend on `count`. */
export function drawWords(key: Key, count: number): Uint32Array {
  const words = new Uint32Array(count + (count & 1));
  for (let i = 0; i < words.length; i += 2) threefry(key, i >>> 1, PURPOSE.draw, words, i);
  return count === words.length ? words : words.subarray(0, count);
}

/** The 53-bit fraction in `[0, 1)` made of words `2i` and `2i + 1`. */
export function fraction53(words: Uint32Array, i: number): number {
  return (words[2 * i]! * 2 ** 21 + (words[2 * i + 1]! >>> 11)) * 2 ** -53;
}
