import { checkBytes } from "./_check.ts";
import { halfToNumber } from "./_half.ts";
import { toRowMajor } from "./_row_major.ts";
import { readValues } from "./_values.ts";
import type { IdxArray } from "./read_idx.ts";

type Read = (view: DataView, at: number, little: boolean) => number;

/** For each type code of NumPy: the type that holds it here, its bytes, and how to read it. */
const TYPES: Readonly<Record<string, readonly [IdxArray["dtype"], number, Read]>> = {
  b1: ["uint8", 1, (view, at) => view.getUint8(at)],
  u1: ["uint8", 1, (view, at) => view.getUint8(at)],
  i1: ["int8", 1, (view, at) => view.getInt8(at)],
  i2: ["int16", 2, (view, at, little) => view.getInt16(at, little)],
  u2: ["int32", 2, (view, at, little) => view.getUint16(at, little)],
  i4: ["int32", 4, (view, at, little) => view.getInt32(at, little)],
  u4: ["int32", 4, (view, at, little) => view.getUint32(at, little)],
  i8: ["int32", 8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u8: ["int32", 8, (view, at, little) => Number(view.getBigUint64(at, little))],
  f2: ["float32", 2, (view, at, little) => halfToNumber(view.getUint16(at, little))],
  f4: ["float32", 4, (view, at, little) => view.getFloat32(at, little)],
  f8: ["float64", 8, (view, at, little) => view.getFloat64(at, little)],
};

/**
 * Reads an array of NumPy's `.npy` format, versions 1 to 3, of any byte order, in C or Fortran order.
 *
 * What JavaScript has no array for, or `imageDataset` no use, becomes the next larger type that holds it: booleans become
 * uint8, float16 becomes float32; uint16, uint32, int64 and uint64 become int32, if every value fits.
 *
 * @example Usage
 * ```ts
 * import { readNpy } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }\n";
 * const bytes = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0, ...Buffer.from(header), 5, 0, 6, 0);
 * expect(readNpy(bytes)).toEqual({ dtype: "int16", shape: [2], data: Int16Array.of(5, 6) });
 * ```
 *
 * @see {@link https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html | NumPy, numpy.lib.format}
 *
 * @param bytes The whole file; borrowed.
 * @returns The element type, the shape (`[]` for a scalar) and a copy of the values, the last index varying fastest.
 * @throws {TypeError} When `bytes` is not a Uint8Array, does not begin like such a file, its header is none, or its type is not
 * numeric.
 * @throws {RangeError} When the file is shorter or longer than its header says, or an integer does not fit in 32 bits.
 */
export function readNpy(bytes: Uint8Array): IdxArray {
  const action = "read NPY";
  checkBytes(action, bytes);
  const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new TypeError(
      `Cannot ${action}: expected a file that begins with \\x93NUMPY but found ${bytes.length} bytes of another`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3)
    throw new TypeError(`Cannot ${action}: version must be 1, 2 or 3 but found ${version}`);
  const first = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : bytes.length < 12 ? 4 : view.getUint32(8, true);
  const start = first + length;
  if (start > bytes.length) {
    throw new RangeError(`Cannot ${action}: expected a header of ${start} bytes but found ${bytes.length} (truncated)`);
  }
  const { descr, fortran, shape } = parseHeader(action, bytes.subarray(first, start));
  const type = TYPES[descr.slice(1)];
  if (type === undefined || !"<>|=".includes(descr[0]!)) {
    throw new TypeError(`Cannot ${action}: expected a type of ${Object.keys(TYPES).join(", ")} but found ${descr}`);
  }
  const [dtype, width, read] = type;
  const count = shape.reduce((product, side) => product * side, 1);
  const expected = start + count * width;
  if (expected !== bytes.length) {
    throw new RangeError(
      `Cannot ${action}: expected ${expected} bytes for ${descr} of shape [${shape.join(", ")}] but found ${bytes.length}`,
    );
  }
  const data = readValues(action, dtype, count, (i) => read(view, start + i * width, descr[0] !== ">"));
  return { dtype, shape, data: fortran && shape.length > 1 ? toRowMajor(data, shape) : data } as IdxArray;
}

/** Reads the Python dictionary of three entries that a header is; nothing else is understood. */
function parseHeader(action: string, bytes: Uint8Array): { descr: string; fortran: boolean; shape: number[] } {
  // Read up to a length that no array of numbers needs: the message shows it.
  const text = String.fromCharCode(...bytes.subarray(0, 1024));
  const descr = /'descr': *'([^']{2,3})'/.exec(text)?.[1];
  const fortran = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const sides = /'shape': *\(((?:\d{1,10}, *)*(?:\d{1,10})?)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || sides === undefined) {
    throw new TypeError(
      `Cannot ${action}: expected a header with descr, fortran_order and shape of a numeric array but found ${JSON.stringify(text.slice(0, 120))}`,
    );
  }
  return { descr, fortran: fortran === "True", shape: (sides.match(/\d+/g) ?? []).map(Number) };
}
