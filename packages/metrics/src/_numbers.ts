/** Which numbers are accepted, both ends included, and what an error calls them. NaN is in no range. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly name: string;
}

/** Every number, the infinite ones too. */
export const NUMBERS: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, name: "numbers" };

/** Every finite number. */
export const FINITE: Range = { low: -Number.MAX_VALUE, high: Number.MAX_VALUE, name: "finite" };

/** Every finite number above 0. */
export const POSITIVE: Range = { low: Number.MIN_VALUE, high: Number.MAX_VALUE, name: "positive and finite" };

/** The index of the first value outside of a range; -1 when there is none. */
export function indexOutside(values: Float64Array, { low, high }: Range): number {
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= low && values[i]! <= high)) return i;
  return -1;
}

/** Copies `source[from], ..., source[to - 1]` to `target[at]` and after; what is no number becomes NaN. */
export function copyNumbers(
  target: Float64Array,
  at: number,
  source: ArrayLike<number>,
  from: number,
  to: number,
): void {
  // Typed arrays copy one another many times as fast as a loop does.
  if (isTyped(source)) target.set(source.subarray(from, to), at);
  else for (let i = from; i < to; i++) target[at + i - from] = typeof source[i] === "number" ? source[i]! : Number.NaN;
}

function isTyped(source: ArrayLike<number>): source is Float32Array | Float64Array | Int32Array | Uint8Array {
  return ArrayBuffer.isView(source) && typeof source[0] === "number";
}
