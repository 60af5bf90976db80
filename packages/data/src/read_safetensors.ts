import { checkBytes } from "./_check.ts";
import { halfToNumber } from "./_half.ts";
import { readValues } from "./_values.ts";
import type { IdxArray } from "./read_idx.ts";

/** The part of the Encoding standard that is used here; it is global in Node, Deno, Bun and browsers. */
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean },
) => { decode(bytes: Uint8Array): string };

type Read = (view: DataView, at: number) => number;

/** For each type of the format: the type that holds it here, its bytes, and how to read it. */
const TYPES: Readonly<Record<string, readonly [IdxArray["dtype"], number, Read]>> = {
  BOOL: ["uint8", 1, (view, at) => view.getUint8(at)],
  U8: ["uint8", 1, (view, at) => view.getUint8(at)],
  I8: ["int8", 1, (view, at) => view.getInt8(at)],
  I16: ["int16", 2, (view, at) => view.getInt16(at, true)],
  U16: ["int32", 2, (view, at) => view.getUint16(at, true)],
  I32: ["int32", 4, (view, at) => view.getInt32(at, true)],
  U32: ["int32", 4, (view, at) => view.getUint32(at, true)],
  I64: ["int32", 8, (view, at) => Number(view.getBigInt64(at, true))],
  U64: ["int32", 8, (view, at) => Number(view.getBigUint64(at, true))],
  F16: ["float32", 2, (view, at) => halfToNumber(view.getUint16(at, true))],
  BF16: ["float32", 2, (view, at) => bfloatToNumber(view.getUint16(at, true))],
  F32: ["float32", 4, (view, at) => view.getFloat32(at, true)],
  F64: ["float64", 8, (view, at) => view.getFloat64(at, true)],
};

const ACTION = "read safetensors";

/**
 * Reads the arrays of a `.safetensors` file, in which PyTorch models are published.
 *
 * What JavaScript has no array for becomes the next larger type that holds it: booleans become uint8, float16 and bfloat16
 * become float32; uint16, uint32, int64 and uint64 become int32, if every value fits.
 *
 * @example Usage
 * ```ts
 * import { readSafetensors } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const header = '{"w":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}}';
 * const bytes = Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(header), 5, 0, 6, 0);
 * expect(readSafetensors(bytes).get("w")).toEqual({ dtype: "int16", shape: [2], data: Int16Array.of(5, 6) });
 * ```
 *
 * @see {@link https://github.com/huggingface/safetensors#format | Hugging Face, safetensors format}
 *
 * @param bytes The whole file; borrowed.
 * @returns The arrays by their names, in the order of the file, owned by the caller. Metadata is left out.
 * @throws {TypeError} When `bytes` is not a Uint8Array, its header is none, or an array has a type that is not known.
 * @throws {RangeError} When the file is truncated, the arrays do not lie one after the other over all of it, or an integer does not fit
 * in 32 bits.
 */
export function readSafetensors(bytes: Uint8Array): Map<string, IdxArray> {
  checkBytes(ACTION, bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(length >= 2 && 8 + length <= bytes.length)) {
    throw new RangeError(
      `Cannot ${ACTION}: expected a header of ${length} bytes but found a file of ${bytes.length} (truncated or another)`,
    );
  }
  const start = 8 + length;
  const entries = parseHeader(bytes.subarray(8, start));
  let end = 0;
  for (const { name, type, count, from, to } of [...entries].sort((a, b) => a.from - b.from)) {
    const size = count * type[1];
    if (from !== end || to - from !== size) {
      throw new RangeError(
        `Cannot ${ACTION}: expected ${JSON.stringify(name)} at [${end}, ${end + size}] but found it at [${from}, ${to}]`,
      );
    }
    end = to;
  }
  if (start + end !== bytes.length) {
    throw new RangeError(`Cannot ${ACTION}: expected ${start + end} bytes but found ${bytes.length}`);
  }
  return new Map(
    entries.map(({ name, shape, type: [dtype, width, read], count, from }) => {
      const data = readValues(ACTION, dtype, count, (i) => read(view, start + from + i * width));
      return [name, { dtype, shape, data } as IdxArray];
    }),
  );
}

/** An array as the header describes it. */
interface Entry {
  readonly name: string;
  readonly shape: number[];
  readonly type: (typeof TYPES)[string];
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

function parseHeader(bytes: Uint8Array): Entry[] {
  const header = parseJson(bytes);
  if (!isObject(header)) throw new TypeError(`Cannot ${ACTION}: the header must be a JSON object`);
  return Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => {
      const { dtype, shape, data_offsets: offsets } = (isObject(entry) ? entry : {}) as Record<string, unknown>;
      const wrong = (expected: string): TypeError =>
        new TypeError(
          `Cannot ${ACTION}: ${JSON.stringify(name.slice(0, 100))} must have ${expected} but is ${JSON.stringify(entry)?.slice(0, 200)}`,
        );
      if (typeof dtype !== "string" || !Object.hasOwn(TYPES, dtype)) {
        throw wrong(`a type of ${Object.keys(TYPES).join(", ")}`);
      }
      if (!isCounts(shape)) throw wrong("a shape");
      if (!isCounts(offsets) || offsets.length !== 2) throw wrong("two data_offsets");
      const count = shape.reduce((product, side) => product * side, 1);
      return { name, shape, type: TYPES[dtype]!, count, from: offsets[0]!, to: offsets[1]! };
    });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new TypeError(`Cannot ${ACTION}: the header must be JSON: ${String((error as Error).message).slice(0, 200)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return (
    Array.isArray(value) && value.length <= 32 && value.every((count) => Number.isSafeInteger(count) && count >= 0)
  );
}

/** The number whose upper 16 bits of IEEE 754 single precision these are. */
function bfloatToNumber(bits: number): number {
  WORD.setUint16(0, bits);
  return WORD.getFloat32(0);
}

const WORD: DataView = new DataView(new ArrayBuffer(4));
