import { checkBytes, checkInteger } from "./_check.ts";
import { inflate } from "./_inflate.ts";
import type { DecompressOptions } from "./gunzip.ts";
import type { IdxArray } from "./read_idx.ts";
import { readNpy } from "./read_npy.ts";

/** An entry of a zip file. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
  readonly header: number;
}

const ACTION = "read NPZ";

/**
 * Reads the arrays of a `.npz` file, a zip file of `.npy` files, as `numpy.savez` and `numpy.savez_compressed` write it.
 *
 * @example Usage
 * ```ts
 * import { readNpz } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * // An empty zip file.
 * const bytes = Uint8Array.of(0x50, 0x4b, 5, 6, ...new Uint8Array(18));
 * expect((await readNpz(bytes)).size).toBe(0);
 * ```
 *
 * @see {@link https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT | PKWARE, ZIP file format specification}
 *
 * @param bytes The whole file; borrowed. Not one of more than 4 GiB (ZIP64).
 * @param options How large all arrays together may be; looked at before anything is decompressed.
 * @returns The arrays, of the shapes that they state, by their names without `.npy`; owned by the caller.
 * @throws {TypeError} When `bytes` is not a Uint8Array, not a zip file, or an entry is not a `.npy` file of numbers.
 * @throws {RangeError} When the file is damaged, a name occurs twice, or the sizes exceed `maxBytes` or differ from what is stated.
 */
export async function readNpz(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Map<string, IdxArray>> {
  const { maxBytes = 2 ** 31 } = options;
  checkBytes(ACTION, bytes);
  checkInteger(ACTION, "maxBytes", maxBytes, 1);
  const entries = readDirectory(bytes);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw new RangeError(`Cannot ${ACTION}: expected at most ${maxBytes} decompressed bytes but found ${total}`);
  }
  // Entries that lie over one another are how a small file stands for a large one.
  const stored = entries.reduce((sum, { compressed }) => sum + compressed, 0);
  if (stored > bytes.length) {
    throw new RangeError(`Cannot ${ACTION}: expected entries of at most ${bytes.length} bytes but found ${stored}`);
  }
  const arrays = new Map<string, IdxArray>();
  for (const entry of entries) {
    const name = entry.name.replace(/\.npy$/, "");
    if (name === entry.name)
      throw new TypeError(`Cannot ${ACTION}: expected .npy files but found ${JSON.stringify(name)}`);
    if (arrays.has(name))
      throw new RangeError(`Cannot ${ACTION}: names must differ but found ${JSON.stringify(name)} twice`);
    arrays.set(name, readNpy(await readEntry(bytes, entry)));
  }
  return arrays;
}

/** Reads the list of files at the end of a zip file. */
function readDirectory(bytes: Uint8Array): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  // A comment of up to 65,535 bytes can follow.
  const last = Math.max(0, end - 65_535);
  while (end >= last && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < last)
    throw new TypeError(
      `Cannot ${ACTION}: expected a zip file but found ${bytes.length} bytes of another or a truncated one`,
    );
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff)
    throw new RangeError(`Cannot ${ACTION}: expected no ZIP64 file but found one`);
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) {
      throw new RangeError(`Cannot ${ACTION}: expected ${count} entries but found ${i} (truncated)`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const nameStart = at + 46;
    entries.push({
      name: String.fromCharCode(...bytes.subarray(nameStart, Math.min(nameStart + nameLength, end))),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      compressed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      header: view.getUint32(at + 42, true),
    });
    at = nameStart + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

async function readEntry(
  bytes: Uint8Array,
  { name, method, crc, compressed, size, header }: Entry,
): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const described = JSON.stringify(name);
  if (header + 30 > bytes.length || view.getUint32(header, true) !== 0x04034b50) {
    throw new RangeError(`Cannot ${ACTION}: expected ${described} at byte ${header} but found no entry there`);
  }
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + compressed > bytes.length) {
    throw new RangeError(
      `Cannot ${ACTION}: expected ${compressed} bytes of ${described} but found ${bytes.length - start}`,
    );
  }
  if (method !== 0 && method !== 8) {
    throw new TypeError(`Cannot ${ACTION}: ${described} must be stored (0) or deflated (8) but found method ${method}`);
  }
  const data = bytes.subarray(start, start + compressed);
  const content = method === 0 ? data : await inflate(ACTION, data, "deflate-raw", size);
  if (content.length !== size) {
    throw new RangeError(`Cannot ${ACTION}: expected ${size} bytes in ${described} but found ${content.length}`);
  }
  const found = crc32(content);
  if (found !== crc)
    throw new RangeError(`Cannot ${ACTION}: expected the checksum ${crc} of ${described} but found ${found}`);
  return content;
}

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) value = (value >>> 8) ^ CRC_TABLE[(value ^ bytes[i]!) & 255]!;
  return (value ^ 0xffffffff) >>> 0;
}
