import { checkBytes, checkInteger } from "./_check.ts";
import { inflate } from "./_inflate.ts";

/** Options of {@linkcode gunzip}, `readNpz`, `readMat` and `readSvhn`. */
export interface DecompressOptions {
  /** The largest number of decompressed bytes that is accepted, at least 1. @default {2 ** 31} */
  readonly maxBytes?: number;
}

/**
 * Decompresses a gzip file, such as those that MNIST and Fashion-MNIST are distributed as.
 *
 * @example Usage
 * ```ts
 * import { gzipSync } from "node:zlib";
 * import { gunzip } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * expect(await gunzip(gzipSync(Uint8Array.of(1, 2, 3)))).toEqual(Uint8Array.of(1, 2, 3));
 * ```
 *
 * @param bytes The whole file; borrowed.
 * @param options How large the result may be: a small file can stand for any number of bytes.
 * @returns The decompressed bytes, flat, owned by the caller.
 * @throws {TypeError} When `bytes` is not a Uint8Array or does not begin like a gzip file.
 * @throws {RangeError} When the file is damaged or its content has more than `maxBytes` bytes.
 */
export async function gunzip(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Uint8Array> {
  const { maxBytes = 2 ** 31 } = options;
  checkBytes("decompress", bytes);
  checkInteger("decompress", "maxBytes", maxBytes, 1);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    const found = [...bytes.subarray(0, 2)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw new TypeError(`Cannot decompress: expected bytes that begin with 1f 8b but found ${found || "none"}`);
  }
  return await inflate("decompress", bytes, "gzip", maxBytes);
}
