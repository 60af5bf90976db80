import { foldIn, type Key } from "@jem-js/random";

/** Throws unless `value` is an integer of at least `minimum`. */
export function checkInteger(action: string, name: string, value: number, minimum: number): void {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw new RangeError(`Cannot ${action}: ${name} must be an integer of at least ${minimum} but found ${value}`);
  }
}

/** Throws unless `values` is an array of at least `minimumLength` positive integers. */
export function checkIntegers(action: string, name: string, values: readonly number[], minimumLength: number): void {
  if (!Array.isArray(values)) {
    throw new TypeError(`Cannot ${action}: ${name} must be an array of positive integers but found ${String(values)}`);
  }
  if (values.length < minimumLength) {
    throw new RangeError(
      `Cannot ${action}: ${name} must have at least ${minimumLength} entry but found ${values.length}`,
    );
  }
  const wrong = values.findIndex((value) => !Number.isSafeInteger(value) || value < 1);
  if (wrong !== -1) {
    throw new RangeError(
      `Cannot ${action}: ${name} must be positive integers but found ${String(values[wrong])} at ${wrong}`,
    );
  }
}

/** Throws unless `value` is one of `choices`. */
export function checkChoice(action: string, name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    const expected = choices.map((choice) => JSON.stringify(choice)).join(", ");
    throw new TypeError(`Cannot ${action}: ${name} must be one of ${expected} but found ${String(value)}`);
  }
}

/** Throws unless `key` is a key. */
export function checkKey(key: Key): void {
  foldIn(key, 0);
}

/** Throws unless `shape` is the shape of an image, `[height, width, channels]`. */
export function checkImageShape(action: string, shape: readonly number[]): void {
  checkIntegers(action, "inputShape", shape, 1);
  if (shape.length !== 3) {
    throw new TypeError(
      `Cannot ${action}: inputShape must be [height, width, channels] but found [${shape.join(", ")}]`,
    );
  }
}
