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

/** Throws unless each of `values` is an integer from 0 to `count - 1`. */
export function checkIndices(action: string, name: string, values: ArrayLike<number>, count: number): void {
  const wrong = Array.from(values).find((value) => !(Number.isInteger(value) && value >= 0 && value < count));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot ${action}: ${name} must be from 0 to ${count - 1} but found ${wrong}`);
  }
}

/** Throws unless `value` is a number from 0 to 1. */
export function checkProbability(action: string, name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`Cannot ${action}: ${name} must be from 0 to 1 but found ${value}`);
  }
}

/** Throws unless `range` is a pair `[min, max]` with `min < max`. */
export function checkRange(action: string, name: string, range: readonly [number, number]): void {
  if (!(range[0] < range[1])) {
    throw new RangeError(`Cannot ${action}: ${name} must be [min, max] with min < max but found [${range.join(", ")}]`);
  }
}

/** Throws unless `value` is one of `kinds`. */
export function checkKind(action: string, name: string, value: string, kinds: readonly string[]): void {
  if (!kinds.includes(value)) {
    throw new TypeError(`Cannot ${action}: ${name} must be one of ${kinds.join(", ")} but found ${value}`);
  }
}

/** Throws unless `shape` is `expected`. */
export function checkShape(action: string, name: string, shape: readonly number[], expected: readonly number[]): void {
  if (shape.length !== expected.length || shape.some((side, i) => side !== expected[i])) {
    throw new TypeError(`Cannot ${action}: ${name} must be [${expected.join(", ")}] but found [${shape.join(", ")}]`);
  }
}

/** Throws unless all `values` are finite; `length` of them belong to one chain. */
export function checkFinite(action: string, name: string, values: ArrayLike<number>, length: number): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      const chain = Math.floor(i / length);
      throw new RangeError(`Cannot ${action}: ${name} must be finite but found ${values[i]} in chain ${chain}`);
    }
  }
}
