import { describe, expect, test } from "vitest";
import { readIdx } from "./mod.ts";

/** The four bytes of a dimension. */
const dim = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

/** A file of one vector. */
const vector = (code: number, length: number, ...body: number[]): Uint8Array =>
  Uint8Array.from([0, 0, code, 1, ...dim(length), ...body]);

describe("readIdx() reads every element type in big-endian order", () => {
  test.each([
    [8, [0, 127, 128, 255], { dtype: "uint8", shape: [4], data: Uint8Array.of(0, 127, 128, 255) }],
    [9, [0, 127, 128, 255], { dtype: "int8", shape: [4], data: Int8Array.of(0, 127, -128, -1) }],
    [11, [0x01, 0x02, 0xff, 0xfe], { dtype: "int16", shape: [2], data: Int16Array.of(258, -2) }],
    [
      12,
      [0x01, 0x02, 0x03, 0x04, 0x80, 0, 0, 0],
      { dtype: "int32", shape: [2], data: Int32Array.of(16909060, -(2 ** 31)) },
    ],
    [13, [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], { dtype: "float32", shape: [2], data: Float32Array.of(1.5, -2) }],
    [
      14,
      [0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18],
      { dtype: "float64", shape: [1], data: Float64Array.of(Math.PI) },
    ],
  ] as const)("type code %i", (code, body, expected) => {
    expect(readIdx(vector(code, expected.data.length, ...body))).toEqual(expected);
  });
});

test("readIdx() reads several dimensions, and bytes at an odd offset of their buffer", () => {
  const file = [0, 0, 11, 3, ...dim(2), ...dim(1), ...dim(2), 0, 1, 0, 2, 0, 3, 0, 4];
  const shifted = Uint8Array.from([9, ...file, 9]).subarray(1, file.length + 1);
  expect(readIdx(shifted)).toEqual({ dtype: "int16", shape: [2, 1, 2], data: Int16Array.of(1, 2, 3, 4) });
});

test.each([8, 9])("readIdx() copies: the result for type code %i does not follow a Buffer", (code) => {
  const bytes = Buffer.from(vector(code, 2, 5, 6));
  const { data } = readIdx(bytes);
  bytes.fill(0);
  expect([...data]).toEqual([5, 6]);
  expect(Object.getPrototypeOf(data)).toBe((code === 8 ? Uint8Array : Int8Array).prototype);
});

test.each([
  ["an empty file", [], RangeError, "expected a header but found 0 bytes"],
  ["three bytes", [0, 0, 8], RangeError, "expected a header of 4 bytes but found 3"],
  ["a gzip file", [0x1f, 0x8b, 8, 0, 0, 0], TypeError, "begin with 00 00 but found 1f 8b, a gzip file: decompress it"],
  ["the start of a gzip file", [0x1f, 0x8b], TypeError, "a gzip file"],
  ["a PNG file", [0x89, 0x50, 0x4e, 0x47], TypeError, "expected it to begin with 00 00 but found 89 50"],
  ["a second byte that is not zero", [0, 1, 8, 1], TypeError, "expected it to begin with 00 00 but found 00 01"],
  ["an unknown type", [0, 0, 10, 1, ...dim(1), 0], TypeError, "type code 08, 09, 0b, 0c, 0d or 0e but found 0a"],
  ["no dimensions", [0, 0, 8, 0], RangeError, "expected at least 1 dimension but found 0"],
  [
    "no room for the dimensions",
    [0, 0, 8, 3, ...dim(1), 0],
    RangeError,
    "a header of 16 bytes for 3 dimensions but found 9",
  ],
  [
    "a dimension of 0",
    [0, 0, 8, 2, ...dim(0), ...dim(28)],
    RangeError,
    "positive dimensions but found uint8 of shape [0, 28]",
  ],
  [
    "a huge dimension",
    [0, 0, 8, 1, ...dim(2 ** 32 - 1), 0],
    RangeError,
    "expected 4294967303 bytes for uint8 of shape [4294967295] but found 9 (truncated)",
  ],
  // 2^16 * 2^16 is 0 in 32 bits, 2^32 * 2^32 * 2^32 is 0 in 64 bits.
  [
    "dimensions that overflow 32 bits",
    [0, 0, 8, 2, ...dim(2 ** 16), ...dim(2 ** 16)],
    RangeError,
    "expected 4294967308 bytes",
  ],
  [
    "dimensions that overflow 53 bits",
    [
      0,
      0,
      14,
      3,
      ...Array(3)
        .fill(dim(2 ** 31))
        .flat(),
    ],
    RangeError,
    "expected at most 2^53 bytes",
  ],
  [
    "255 dimensions that overflow a double",
    [
      0,
      0,
      8,
      255,
      ...Array(255)
        .fill(dim(2 ** 32 - 1))
        .flat(),
    ],
    RangeError,
    "expected at most 2^53 bytes",
  ],
  [
    "a body that ends early",
    [0, 0, 11, 1, ...dim(2), 0, 1, 0],
    RangeError,
    "expected 12 bytes for int16 of shape [2] but found 11 (truncated)",
  ],
  [
    "bytes after the body",
    [0, 0, 8, 1, ...dim(1), 7, 7],
    RangeError,
    "expected 9 bytes for uint8 of shape [1] but found 10 (bytes after the end)",
  ],
] as const)("readIdx() refuses %s", (_, bytes, type, message) => {
  expect(() => readIdx(Uint8Array.from(bytes))).toThrow(type);
  expect(() => readIdx(Uint8Array.from(bytes))).toThrow(message);
});

test("readIdx() refuses every prefix of a file", () => {
  const file = Uint8Array.from([0, 0, 12, 2, ...dim(2), ...dim(1), ...dim(1), ...dim(2)]);
  expect(readIdx(file).data).toHaveLength(2);
  for (let length = 0; length < file.length; length++) {
    expect(() => readIdx(file.subarray(0, length))).toThrow("Cannot read IDX: expected");
  }
});

test("readIdx() refuses what is no Uint8Array", () => {
  for (const bytes of [undefined, "file", [0, 0, 8, 1], new ArrayBuffer(16), new Int8Array(9)]) {
    expect(() => readIdx(bytes as unknown as Uint8Array)).toThrow("bytes must be a Uint8Array");
  }
});
