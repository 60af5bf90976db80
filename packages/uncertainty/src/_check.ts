import type { Tensor } from "@tensorflow/tfjs-core";

/** Throws unless `value` is finite and above 0. */
export function checkPositive(action: string, name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ${name} must be finite and greater than 0 but found ${value}`);
  }
}

/** Throws unless `value` is an integer from `minimum` to `maximum`. */
export function checkInteger(
  action: string,
  name: string,
  value: number,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): void {
  if (!Number.isSafeInteger(value) || value < minimum || value > maximum) {
    const bounds = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw new RangeError(`Cannot ${action}: ${name} must be an integer ${bounds} but found ${value}`);
  }
}

/** Throws unless `value` is one of `choices`. */
export function checkChoice(action: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new TypeError(`Cannot ${action}: ${name} must be ${choices.join(" or ")} but found ${value}`);
  }
}

/** Throws unless `value` is a float32 tensor of at least `rank` dimensions, none of them empty. */
export function checkTensor(action: string, name: string, value: Tensor, rank: number): void {
  if (value?.dtype !== "float32" || value.rank < rank) {
    const found = value?.dtype === undefined ? String(value) : `${value.dtype} [${value.shape.join(", ")}]`;
    throw new TypeError(
      `Cannot ${action}: ${name} must be a float32 tensor of at least ${rank} dimensions but found ${found}`,
    );
  }
  if (value.size === 0) {
    throw new RangeError(`Cannot ${action}: ${name} must not be empty but found shape [${value.shape.join(", ")}]`);
  }
}

/** Throws unless `value` is finite. */
export function checkFinite(action: string, name: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`Cannot ${action}: ${name} must be finite but found ${value}`);
}

/** Throws unless `value` is finite and at least 0. */
export function checkNonNegative(action: string, name: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`Cannot ${action}: ${name} must be finite and at least 0 but found ${value}`);
  }
}
