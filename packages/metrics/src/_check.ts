import { copyNumbers, FINITE, indexOutside, type Range } from "./_numbers.ts";

/** Throws unless `value` is a plain or typed array. */
export function checkArray(action: string, name: string, value: unknown): asserts value is ArrayLike<unknown> {
  if (!isArrayLike(value)) {
    throw new TypeError(`Cannot ${action}: ${name} must be an array or typed array but found ${describe(value)}`);
  }
}

/** Throws unless `labels` are `count` integers in `[0, classes)`. */
export function checkLabels(action: string, labels: ArrayLike<number>, count: number, classes: number): void {
  checkArray(action, "labels", labels);
  if (labels.length !== count) {
    throw new TypeError(`Cannot ${action}: labels must be [${count}] but found [${labels.length}]`);
  }
  for (let i = 0; i < count; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `Cannot ${action}: labels must be integers from 0 to ${classes - 1} but found ${label} at ${i}`,
      );
    }
  }
}

/** Throws unless `value` is one of `choices`. */
export function checkChoice(action: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new TypeError(`Cannot ${action}: ${name} must be ${choices.join(" or ")} but found ${value}`);
  }
}

/** Whether `value` is an array or a typed array. */
export function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return typeof value === "object" && value !== null && "length" in value && typeof value.length === "number";
}

/** What an error says of a value that is no array. */
export function describe(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  return "dataId" in value ? "a tensor: read its values first" : "an object";
}

/** Copies numbers into a Float64Array; throws unless there is one and all are in the range. */
export function readNumbers(
  action: string,
  name: string,
  values: ArrayLike<number>,
  range: Range = FINITE,
): Float64Array {
  checkArray(action, name, values);
  if (values.length === 0) throw new RangeError(`Cannot ${action}: ${name} must have at least 1 number but found 0`);
  const copy = new Float64Array(values.length);
  copyNumbers(copy, 0, values, 0, values.length);
  const wrong = indexOutside(copy, range);
  if (wrong >= 0) {
    throw new RangeError(`Cannot ${action}: ${name} must be ${range.name} but found ${values[wrong]} at ${wrong}`);
  }
  return copy;
}

/** Throws unless `found` numbers called `name` are as many as `count`. */
export function checkLength(action: string, name: string, found: number, count: number): void {
  if (found !== count) throw new TypeError(`Cannot ${action}: ${name} must be [${count}] but found [${found}]`);
}

/** Throws unless `value` is an integer of at least `minimum`. */
export function checkCount(action: string, name: string, value: number, minimum: number = 1): void {
  if (!Number.isInteger(value) || value < minimum) {
    throw new RangeError(`Cannot ${action}: ${name} must be an integer of at least ${minimum} but found ${value}`);
  }
}

/** Throws unless `value` is inside (0, 1). */
export function checkShare(action: string, name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`Cannot ${action}: ${name} must be in (0, 1) but found ${value}`);
}
