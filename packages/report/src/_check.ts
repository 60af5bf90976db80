import { COLOURS } from "./_style.ts";

/** Throws unless `value` is a finite number. */
export function checkFinite(action: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot ${action}: ${name} must be a number but found ${format(value)}`);
  }
  if (!Number.isFinite(value)) throw new RangeError(`Cannot ${action}: ${name} must be finite but found ${value}`);
}

/** Throws unless `value` is a number from `minimum` to `maximum`. */
export function checkBetween(
  action: string,
  name: string,
  value: unknown,
  minimum: number,
  maximum: number,
): asserts value is number {
  checkFinite(action, name, value);
  if (value < minimum || value > maximum) {
    throw new RangeError(`Cannot ${action}: ${name} must be from ${minimum} to ${maximum} but found ${value}`);
  }
}

/** Throws unless `value` is an integer of at least `minimum`. */
export function checkInteger(
  action: string,
  name: string,
  value: unknown,
  minimum: number,
  maximum: number = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot ${action}: ${name} must be an integer but found ${format(value)}`);
  }
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(
      `Cannot ${action}: ${name} must be an integer from ${minimum} to ${maximum} but found ${value}`,
    );
  }
}

/** Throws unless `value` is a string of at least one character that can be seen. */
export function checkText(action: string, name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    throw new TypeError(`Cannot ${action}: ${name} must be a string but found ${format(value)}`);
  }
  if (value.trim() === "") throw new RangeError(`Cannot ${action}: ${name} must not be empty`);
}

/** Throws unless `value` is an array. */
export function checkArray(action: string, name: string, value: unknown): void {
  if (!Array.isArray(value)) {
    throw new TypeError(`Cannot ${action}: ${name} must be an array but found ${format(value)}`);
  }
}

/** Throws unless `value` is an array or a typed array, of finite numbers, at least one. */
export function checkNumbers(action: string, name: string, value: ArrayLike<number>): void {
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && "length" in value)) {
    throw new TypeError(`Cannot ${action}: ${name} must be an array of numbers but found ${format(value)}`);
  }
  if (value.length === 0) throw new RangeError(`Cannot ${action}: ${name} must not be empty`);
  for (let i = 0; i < value.length; i++) {
    // The name is put together only when it is needed: there may be millions of numbers.
    if (!Number.isFinite(value[i])) checkFinite(action, `${name}[${i}]`, value[i]);
  }
}

/** Throws unless `series` is a list of one to seven items with different names. */
export function checkSeries(action: string, series: readonly { readonly name: string }[]): void {
  checkArray(action, "series", series);
  if (series.length === 0 || series.length > COLOURS.length) {
    throw new RangeError(
      `Cannot ${action}: series must have 1 to ${COLOURS.length} items, as many as there are colours that can be told apart, but found ${series.length}`,
    );
  }
  const names = new Set<string>();
  for (const [i, { name }] of series.entries()) {
    checkText(action, `series[${i}].name`, name);
    if (names.has(name)) throw new RangeError(`Cannot ${action}: names must differ but found "${name}" twice`);
    names.add(name);
  }
}

/** A value as an error message shows it. */
export function format(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  if (typeof value === "string") return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
