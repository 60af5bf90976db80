/** The typed array that holds each element type of an IDX file. */
export interface IdxTypes {
  /** Type code 8. */
  readonly uint8: Uint8Array;
  /** Type code 9. */
  readonly int8: Int8Array;
  /** Type code 11. */
  readonly int16: Int16Array;
  /** Type code 12. */
  readonly int32: Int32Array;
  /** Type code 13. */
  readonly float32: Float32Array;
  /** Type code 14. */
  readonly float64: Float64Array;
}

/** The name of an element type. */
export type IdxDtype = keyof IdxTypes;

/** The content of an IDX file: `data` holds `shape[0] * shape[1] * ...` values, the last index varying fastest. */
export type IdxArray = {
  [D in IdxDtype]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: IdxTypes[D] };
}[IdxDtype];

/** Name and bytes per element of each type code. */
const TYPES: Readonly<Record<number, readonly [IdxDtype, number]>> = {
  8: ["uint8", 1],
  9: ["int8", 1],
  11: ["int16", 2],
  12: ["int32", 4],
  13: ["float32", 4],
  14: ["float64", 8],
};

/**
 * Reads an IDX file, the format of MNIST and Fashion-MNIST: two zero bytes, a type code, the number of dimensions, each
 * dimension as a big-endian 32-bit integer, and the values, big-endian.
 *
 * The files are distributed with gzip compression: decompress them first. Nothing is allocated before the announced size
 * is found to be that of `bytes`.
 *
 * @example Usage
 * ```ts
 * import { readIdx } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const bytes = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30);
 * expect(readIdx(bytes)).toEqual({ dtype: "uint8", shape: [1, 3], data: Uint8Array.of(10, 20, 30) });
 * ```
 *
 * @see {@link http://yann.lecun.com/exdb/mnist/ | LeCun et al., The MNIST database: the IDX file format}
 *
 * @param bytes The whole file, decompressed; borrowed.
 * @returns The element type, the shape and a copy of the values in the byte order of the machine, owned by the caller.
 * @throws {TypeError} When `bytes` is not a Uint8Array, does not begin like an IDX file, or has an unknown type code.
 * @throws {RangeError} When the file is empty, has no dimensions or one of 0, or is shorter or longer than its header says.
 */
export function readIdx(bytes: Uint8Array): IdxArray {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`Cannot read IDX: bytes must be a Uint8Array but found ${typeof bytes}`);
  }
  if (bytes.length === 0) throw new RangeError("Cannot read IDX: expected a header but found 0 bytes");
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new TypeError(
      "Cannot read IDX: expected it to begin with 00 00 but found 1f 8b, a gzip file: decompress it first",
    );
  }
  if (bytes.length < 4) throw new RangeError(`Cannot read IDX: expected a header of 4 bytes but found ${bytes.length}`);
  const [zero, alsoZero, code, rank] = bytes as unknown as readonly [number, number, number, number];
  if (zero !== 0 || alsoZero !== 0) {
    throw new TypeError(`Cannot read IDX: expected it to begin with 00 00 but found ${hex(zero)} ${hex(alsoZero)}`);
  }
  const type = TYPES[code];
  if (type === undefined) {
    throw new TypeError(`Cannot read IDX: expected type code 08, 09, 0b, 0c, 0d or 0e but found ${hex(code)}`);
  }
  if (rank === 0) throw new RangeError("Cannot read IDX: expected at least 1 dimension but found 0");
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new RangeError(
      `Cannot read IDX: expected a header of ${header} bytes for ${rank} dimensions but found ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const [dtype, width] = type;
  const described = `${dtype} of shape [${shape.join(", ")}]`;
  if (shape.includes(0)) {
    throw new RangeError(`Cannot read IDX: expected positive dimensions but found ${described}`);
  }
  const count = shape.reduce((product, side) => product * side, 1);
  const expected = header + count * width;
  if (!Number.isSafeInteger(expected)) {
    throw new RangeError(`Cannot read IDX: expected at most 2^53 bytes but the header says ${described}`);
  }
  if (bytes.length !== expected) {
    const fault = bytes.length < expected ? "truncated" : "bytes after the end";
    throw new RangeError(
      `Cannot read IDX: expected ${expected} bytes for ${described} but found ${bytes.length} (${fault})`,
    );
  }
  return readValues(dtype, shape, count, view, header);
}

function readValues(dtype: IdxDtype, shape: number[], count: number, view: DataView, offset: number): IdxArray {
  const fill = <T extends Int16Array | Int32Array | Float32Array | Float64Array>(
    data: T,
    read: (at: number) => number,
  ): T => {
    for (let i = 0; i < count; i++) data[i] = read(offset + i * data.BYTES_PER_ELEMENT);
    return data;
  };
  switch (dtype) {
    // Copied by the constructor: the `slice` of Node's Buffer, which is a Uint8Array, does not copy.
    case "uint8":
      return { dtype, shape, data: new Uint8Array(new Uint8Array(view.buffer, view.byteOffset + offset, count)) };
    case "int8":
      return { dtype, shape, data: new Int8Array(new Int8Array(view.buffer, view.byteOffset + offset, count)) };
    case "int16":
      return { dtype, shape, data: fill(new Int16Array(count), (at) => view.getInt16(at)) };
    case "int32":
      return { dtype, shape, data: fill(new Int32Array(count), (at) => view.getInt32(at)) };
    case "float32":
      return { dtype, shape, data: fill(new Float32Array(count), (at) => view.getFloat32(at)) };
    case "float64":
      return { dtype, shape, data: fill(new Float64Array(count), (at) => view.getFloat64(at)) };
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
