/** Throws unless `value` is finite and above 0. */
export function checkPositive(action: string, name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ${name} must be finite and greater than 0 but found ${value}`);
  }
}

/** Throws unless `value` is finite and at least 0. */
export function checkNonNegative(action: string, name: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ${name} must be finite and at least 0 but found ${value}`);
  }
}

/** Throws unless `value` is an integer of at least `minimum`. */
export function checkInteger(action: string, name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new RangeError(`Cannot ${action}: ${name} must be an integer of at least ${minimum} but found ${value}`);
  }
}

/** Throws unless `value` is from 0 to 100. */
export function checkPercentile(action: string, name: string, value: number): void {
  if (!(value >= 0 && value <= 100)) {
    throw new RangeError(`Cannot ${action}: ${name} must be from 0 to 100 but found ${value}`);
  }
}

/** Throws unless `value` is inside (0, 1). */
export function checkShare(action: string, name: string, value: number): void {
  if (!(value > 0 && value < 1)) throw new RangeError(`Cannot ${action}: ${name} must be in (0, 1) but found ${value}`);
}

/** Throws unless `value` is one of `choices`. */
export function checkChoice(action: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new TypeError(`Cannot ${action}: ${name} must be ${choices.join(" or ")} but found ${value}`);
  }
}

/** Throws unless `names` is a list of at least one name. */
export function checkLayers(action: string, names: readonly string[]): void {
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === "string" && name !== "")) {
    throw new TypeError(
      `Cannot ${action}: layers must be a list of at least one name but found ${JSON.stringify(names)}`,
    );
  }
}

/** Copies scores, at least one and without NaN. */
export function readScores(action: string, name: string, scores: ArrayLike<number>): Float64Array {
  if (typeof scores !== "object" || scores === null || typeof scores.length !== "number") {
    throw new TypeError(`Cannot ${action}: ${name} must be an array or typed array but found ${typeof scores}`);
  }
  if (scores.length === 0) throw new RangeError(`Cannot ${action}: ${name} must have at least 1 score but found 0`);
  const copy = Float64Array.from(scores);
  const wrong = copy.findIndex(Number.isNaN);
  if (wrong !== -1) {
    throw new RangeError(`Cannot ${action}: ${name} must be numbers but found ${scores[wrong]} at ${wrong}`);
  }
  return copy;
}
