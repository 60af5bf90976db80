import type { NumericArray } from "./_row_major.ts";
import type { IdxArray } from "./read_idx.ts";

/** The array of each element type. */
export const ARRAYS: {
  readonly uint8: Uint8ArrayConstructor;
  readonly int8: Int8ArrayConstructor;
  readonly int16: Int16ArrayConstructor;
  readonly int32: Int32ArrayConstructor;
  readonly float32: Float32ArrayConstructor;
  readonly float64: Float64ArrayConstructor;
} = {
  uint8: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** `count` values of a file in a typed array; throws when an integer does not fit in 32 bits. */
export function readValues(
  action: string,
  dtype: IdxArray["dtype"],
  count: number,
  read: (index: number) => number,
): NumericArray {
  const data = new ARRAYS[dtype](count);
  for (let i = 0; i < count; i++) {
    const value = read(i);
    data[i] = value;
    if (dtype === "int32" && data[i] !== value) {
      throw new RangeError(`Cannot ${action}: integers must fit in 32 bits but found ${value} at ${i}`);
    }
  }
  return data;
}
