/** Throws unless `value` is a finite number above 0. */
export function checkPositive(action: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    throw new RangeError(`Cannot ${action}: ${name} must be greater than 0 but found ${value}`);
  }
}

/** Throws unless `value` is a finite number of at least 0. */
export function checkNotNegative(action: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new RangeError(`Cannot ${action}: ${name} must be at least 0 but found ${value}`);
  }
}

/** Throws unless `value` is an integer of at least `minimum`. */
export function checkInteger(action: string, name: string, value: unknown, minimum: number): void {
  if (!Number.isInteger(value) || (value as number) < minimum) {
    throw new RangeError(`Cannot ${action}: ${name} must be an integer of at least ${minimum} but found ${value}`);
  }
}

/** Throws unless `range` is a pair `[min, max]` with `min < max`. */
export function checkRange(action: string, name: string, range: readonly [number, number]): void {
  if (!(range[0] < range[1])) {
    throw new RangeError(`Cannot ${action}: ${name} must be [min, max] with min < max but found [${range.join(", ")}]`);
  }
}
