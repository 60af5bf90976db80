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
