import { type Key, permutationValues } from "@jem-js/random";
import { checkInteger } from "./_check.ts";

/** Options of {@linkcode splitRows}. */
export interface SplitRowsOptions {
  /** How many rows to hold out, from 1 to all but one. */
  readonly test: number;
}

/** The indices of the rows of two parts, ascending. */
export interface RowSplit {
  /** The rows to train on. */
  readonly train: Int32Array;
  /** The rows held out. */
  readonly test: Int32Array;
}

/**
 * Holds out some of `count` rows, all choices equally likely.
 *
 * @example Usage
 * ```ts
 * import { splitRows } from "@jem-js/data";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const { train, test } = splitRows(key(0), 10, { test: 2 });
 * expect([...train, ...test].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
 * ```
 *
 * @param key The key of the choice.
 * @param count How many rows there are, at least 2.
 * @param options How many to hold out.
 * @returns The indices of both parts.
 * @throws {TypeError} When `key` is not a key.
 * @throws {RangeError} When `test` leaves one of the parts empty.
 */
export function splitRows(key: Key, count: number, options: SplitRowsOptions): RowSplit {
  checkInteger("split rows", "test", options.test, 1, count - 1);
  const order = permutationValues(key, count);
  return { train: order.slice(options.test).sort(), test: order.slice(0, options.test).sort() };
}

/**
 * The splits of a cross-validation: each of `count` rows is held out once.
 *
 * @example Usage
 * ```ts
 * import { foldRows } from "@jem-js/data";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const folds = foldRows(key(0), 7, 3);
 * expect(folds.map(({ test }) => test.length)).toEqual([3, 2, 2]);
 * ```
 *
 * @param key The key of the choice.
 * @param count How many rows there are, at least `folds`.
 * @param folds How many folds, at least 2.
 * @returns The split of each fold.
 * @throws {TypeError} When `key` is not a key.
 * @throws {RangeError} When there are fewer than 2 folds or more than rows.
 */
export function foldRows(key: Key, count: number, folds: number): RowSplit[] {
  checkInteger("make folds", "folds", folds, 2, count);
  const order = permutationValues(key, count);
  return Array.from({ length: folds }, (_, fold) => ({
    train: order.filter((_, i) => i % folds !== fold).sort(),
    test: order.filter((_, i) => i % folds === fold).sort(),
  }));
}
