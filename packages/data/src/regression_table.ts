import type { Table } from "./read_csv.ts";

/** A table of numbers, one of whose columns is to be predicted from others. In host memory, in float64. */
export interface RegressionTable {
  /** The names of the features. */
  readonly features: readonly string[];
  /** The name of the target. */
  readonly target: string;
  /** `[rows, features]`. */
  readonly shape: readonly [rows: number, features: number];
  /** The features, row after row. */
  readonly x: Float64Array;
  /** The targets, `[rows]`. */
  readonly y: Float64Array;
  /** How many rows were left out because a value was missing. */
  readonly dropped: number;
}

/** A row as an object: numbers, or text for what is one of several kinds; null, empty or NaN is missing. */
export type TableRecord = Readonly<Record<string, unknown>>;

/** Options of {@linkcode regressionTable}. */
export interface RegressionTableOptions {
  /** The column to predict. */
  readonly target: string;
  /** The columns to predict it from. @default {all others} */
  readonly features?: readonly string[];
}

/**
 * Makes a regression of a table or of records, as JSON files of data hold them. Rows with a missing value in a column that is used are
 * left out. A column of text becomes one column of 0 and 1 for each of its kinds, in their order, `"Origin=USA"`.
 *
 * @example Usage
 * ```ts
 * import { regressionTable } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const cars = [
 *   { weight: 3504, origin: "USA", consumption: 18 },
 *   { weight: 2372, origin: "Japan", consumption: 24 },
 *   { weight: 2833, origin: "USA", consumption: null },
 * ];
 * const { features, shape, x, y, dropped } = regressionTable(cars, { target: "consumption" });
 * expect(features).toEqual(["weight", "origin=Japan", "origin=USA"]);
 * expect(shape).toEqual([2, 3]);
 * expect([...x]).toEqual([3504, 0, 1, 2372, 1, 0]);
 * expect([[...y], dropped]).toEqual([[18, 24], 1]);
 * ```
 *
 * @param table A table, or records with the columns of the first; borrowed.
 * @param options What is predicted, and from what.
 * @returns The regression: features `[rows, features]`, targets `[rows]`.
 * @throws {TypeError} When a column is not there, the target is text, or a value is neither a number nor text.
 * @throws {RangeError} When no row is complete or there is no feature.
 */
export function regressionTable(
  table: Table | readonly TableRecord[],
  options: RegressionTableOptions,
): RegressionTable {
  const action = "make a regression";
  const records = "data" in table ? recordsOf(table) : table;
  const columns = "data" in table ? table.columns : Object.keys(table[0] ?? {});
  const { target, features = columns.filter((name) => name !== target) } = options;
  for (const name of [target, ...features]) {
    if (!columns.includes(name)) {
      throw new TypeError(`Cannot ${action}: expected a column of ${columns.join(", ")} but found ${name}`);
    }
  }
  const used = [...features, target];
  const complete = records.filter((record) => used.every((name) => !isMissing(record[name])));
  if (complete.length === 0 || features.length === 0) {
    throw new RangeError(
      `Cannot ${action}: expected a row without missing values and a feature but found ${complete.length} and ${features.length}`,
    );
  }
  const encoders = features.flatMap((name) => encodersOf(action, complete, name));
  const width = encoders.length;
  const x = new Float64Array(complete.length * width);
  complete.forEach((record, row) => {
    encoders.forEach(({ encode }, column) => {
      x[row * width + column] = encode(record);
    });
  });
  const y = Float64Array.from(complete, (record) => numberOf(action, record, target));
  return {
    features: encoders.map(({ name }) => name),
    target,
    shape: [complete.length, width],
    x,
    y,
    dropped: records.length - complete.length,
  };
}

/** What makes one column of features. */
interface Encoder {
  readonly name: string;
  encode(record: TableRecord): number;
}

function encodersOf(action: string, records: readonly TableRecord[], name: string): Encoder[] {
  if (typeof records[0]![name] !== "string") return [{ name, encode: (record) => numberOf(action, record, name) }];
  const kinds = [...new Set(records.map((record) => String(record[name])))].sort();
  return kinds.map((kind) => ({ name: `${name}=${kind}`, encode: (record) => (record[name] === kind ? 1 : 0) }));
}

function numberOf(action: string, record: TableRecord, name: string): number {
  const value = record[name];
  if (typeof value === "number") return value;
  throw new TypeError(`Cannot ${action}: expected numbers in column ${name} but found ${JSON.stringify(value)}`);
}

function isMissing(value: unknown): boolean {
  return value === null || value === undefined || value === "" || Number.isNaN(value);
}

function recordsOf({ columns, shape: [rows, width], data }: Table): TableRecord[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map((name, column) => [name, data[row * width + column]])),
  );
}
