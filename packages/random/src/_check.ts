import type { Key } from "./key.ts";

/** Throws unless `key` is a pair of unsigned 32-bit integers. */
export function checkKey(action: string, key: Key): void {
  if (!Array.isArray(key) || key.length !== 2 || !key.every((word) => Number.isInteger(word) && word >>> 0 === word)) {
    throw new TypeError(`Cannot ${action}: key must come from key(), split() or foldIn() but found ${format(key)}`);
  }
}

/** Throws unless `value` is an integer in `[minimum, maximum]`. */
export function checkInteger(
  action: string,
  name: string,
  value: number,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(
      `Cannot ${action}: ${name} must be an integer from ${minimum} to ${maximum} but found ${format(value)}`,
    );
  }
}

/** The number of elements of `shape`; throws when it is not a list of non-negative integers. */
export function sizeOf(action: string, shape: readonly number[]): number {
  if (!Array.isArray(shape) || !shape.every((side) => Number.isInteger(side) && side >= 0)) {
    throw new TypeError(`Cannot ${action}: shape must be an array of non-negative integers but found ${format(shape)}`);
  }
  return shape.reduce((product, side) => product * side, 1);
}

/** Throws unless `value` is a finite number. */
export function checkFinite(action: string, name: string, value: number): void {
  if (!Number.isFinite(value))
    throw new RangeError(`Cannot ${action}: ${name} must be finite but found ${format(value)}`);
}

function format(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(format).join(", ")}]` : String(value);
}
