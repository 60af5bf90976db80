import { foldRows, type RowSplit, splitRows, standardizeRows } from "@jem-js/data";
import { foldIn, type Key, key } from "@jem-js/random";
import {
  type HeldOut,
  type PrefixScore,
  predict,
  prefixScores,
  type RegressionScores,
  readSamples,
  regressionScores,
  tunePrecision,
} from "@jem-js/uncertainty";
import * as tf from "@tensorflow/tfjs";
import type { Method, Recipe } from "./methods.ts";
import type { NamedTable } from "./tables.ts";

/** How much is run. */
export interface Budget {
  readonly splits: number;
  readonly seeds: number;
  readonly folds: number;
  readonly samples: number;
  readonly recipe: Recipe;
}

/** What one method scored on one split with one seed. */
export interface Run {
  readonly table: string;
  readonly method: string;
  readonly split: number;
  readonly seed: number;
  readonly precision: number;
  readonly atBound: "min" | "max" | undefined;
  readonly scores: RegressionScores;
  /** The log-likelihood against the number of samples. */
  readonly pllBySamples: readonly PrefixScore[];
}

/**
 * Runs one method on one split of a table: the precision of the noise and the constant uncertainty come from a cross-validation within
 * the training rows, and are used for a network of each seed that is trained on all of them.
 */
export async function runSplit(
  { name, table, bounds }: NamedTable,
  [methodName, method]: readonly [string, Method],
  split: number,
  { splits: _, seeds, folds, samples, recipe }: Budget,
): Promise<Run[]> {
  const [rows] = table.shape;
  const splitKey = foldIn(key(0), split);
  const { train, test } = splitRows(splitKey, rows, { test: Math.round(rows / 5) });
  const heldOut: HeldOut[] = [];
  for (const [fold, parts] of foldRows(foldIn(splitKey, 1), train.length, folds).entries()) {
    const at = (indices: Int32Array): Int32Array => indices.map((i) => train[i]!);
    const part = { train: at(parts.train), test: at(parts.test) };
    heldOut.push(await predictRows(part, foldIn(splitKey, 10 + fold)));
  }
  const y = Float64Array.from(train, (row) => table.y[row]!);
  const mean = y.reduce((a, b) => a + b, 0) / y.length;
  const variance = y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / y.length;
  const [min, max] = bounds ?? [1 / variance, 1000 / variance];
  const { precision, atBound, constantStd } = tunePrecision(heldOut, { min, max });
  const runs: Run[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const predicted = await predictRows({ train, test }, foldIn(splitKey, 100 + seed));
    const score = (first: readonly ArrayLike<number>[]): RegressionScores =>
      regressionScores(first, predicted.targets, { precision, constantStd });
    runs.push({
      table: name,
      method: methodName,
      split,
      seed,
      precision,
      atBound,
      scores: score(predicted.samples),
      pllBySamples: prefixScores(predicted.samples, (first) => score(first).pll.score),
    });
  }
  return runs;

  /** Trains on some rows and samples predictions of others, in the units of the target. */
  async function predictRows(parts: RowSplit, runKey: Key): Promise<HeldOut> {
    const data = standardizeRows(table, parts);
    const network = method(foldIn(runKey, 0), data.train, recipe);
    const prediction = await predict(network, data.test.x, { key: foldIn(runKey, 1), samples, output: "values" });
    const rowsOfSamples = await readSamples(prediction, data.scale);
    network.dispose();
    tf.dispose([prediction, data.train.x, data.train.y, data.test.x]);
    return { samples: rowsOfSamples, targets: data.test.targets };
  }
}
