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

/** Throws unless `name` has as many items as `other`. */
export function checkLength(action: string, name: string, found: number, other: string, expected: number): void {
  if (found !== expected) {
    throw new TypeError(`Cannot ${action}: ${name} must be as many as ${other}, ${expected}, but found ${found}`);
  }
}

/** Throws unless the lists, by name, are numbers, as many in each as in the first. */
export function checkLists(action: string, owner: string, lists: Readonly<Record<string, ArrayLike<number>>>): void {
  const [first] = Object.entries(lists) as [[string, ArrayLike<number>]];
  for (const [name, list] of Object.entries(lists)) {
    checkNumbers(action, `${owner}.${name}`, list);
    checkLength(action, `${owner}.${name}`, list.length, first[0], first[1].length);
  }
}

/** Throws unless `pair` is two finite numbers, ascending, such as `form` names them. */
export function checkPair(action: string, name: string, form: string, pair: readonly [number, number]): void {
  checkArray(action, name, pair);
  if (pair.length !== 2 || !pair.every(Number.isFinite) || pair[0] >= pair[1]) {
    throw new RangeError(`Cannot ${action}: ${name} must be ${form}, ascending, but found ${format(pair)}`);
  }
}

/**
 * Throws unless `series` is a list of items with one to seven different names: a name an item, or `repeated` ones, which share
 * a colour.
 */
export function checkSeries(action: string, series: readonly { readonly name: string }[], repeated = false): void {
  const names = checkNames(action, series, repeated);
  if (names === 0 || names > COLOURS.length) {
    throw new RangeError(
      `Cannot ${action}: series must have 1 to ${COLOURS.length} ${repeated ? "different names" : "items"}, as many as there are colours that can be told apart, but found ${names}`,
    );
  }
}

/** Throws unless `series` is a list of items with names, which differ unless `repeated`; tells how many names there are. */
export function checkNames(action: string, series: readonly { readonly name: string }[], repeated = false): number {
  checkArray(action, "series", series);
  const names = new Set<string>();
  for (const [i, item] of series.entries()) {
    checkText(action, `series[${i}].name`, item?.name);
    if (names.has(item.name) && !repeated) {
      throw new RangeError(`Cannot ${action}: names must differ but found "${item.name}" twice`);
    }
    names.add(item.name);
  }
  return names.size;
}

/** Throws unless `series` is a list of scores in and out of distribution. */
export function checkScores(
  action: string,
  series: readonly {
    readonly name: string;
    readonly inScores: ArrayLike<number>;
    readonly outScores: ArrayLike<number>;
  }[],
): void {
  checkSeries(action, series);
  for (const [i, { inScores, outScores }] of series.entries()) {
    checkNumbers(action, `series[${i}].inScores`, inScores);
    checkNumbers(action, `series[${i}].outScores`, outScores);
  }
}

/** A value as an error message shows it. */
export function format(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  if (typeof value === "string") return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
