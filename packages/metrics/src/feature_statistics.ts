import { featureSums, statisticsOf } from "./_feature_sums.ts";
import { readFeatures } from "./_read_features.ts";
import type { MatMul } from "./matmul.ts";
import type { Matrix } from "./matrix.ts";

/** The mean and covariance of features, and what they are of. */
export interface FeatureStatistics {
  /** The mean, `[dimension]`. */
  readonly mean: Float64Array;
  /** The unbiased covariance (divided by `count - 1`), `[dimension, dimension]` row-major. */
  readonly covariance: Float64Array;
  /** The number of examples. */
  readonly count: number;
  /** The identity of the extractor that made the features; equal for all that may be compared. */
  readonly extractor: string;
}

/** Options of {@linkcode featureAccumulator}. */
export interface FeatureAccumulatorOptions {
  /** The identity of the extractor: its name, weights, resizing and range. @default {"unnamed"} */
  readonly extractor?: string;
  /** A float64 matrix product to use instead of our own. @default {undefined} */
  readonly matmul?: MatMul | undefined;
}

/** Collects features batch by batch; what it holds does not grow with their number. */
export interface FeatureAccumulator {
  /** Adds rows `[n, dimension]`, which are borrowed. Throws like {@linkcode featureStatistics}. */
  add(features: Matrix): void;
  /** The statistics so far, owned by the caller. Throws a RangeError below two rows. */
  statistics(): FeatureStatistics;
}

const FORMAT = "jem-js/feature-statistics";
const VERSION = 1;

/**
 * Collects the mean and covariance of features as a stream, in float64: sums of what is left of each feature after the
 * mean of the first rows is taken off, so that large means do not cancel.
 *
 * @example Usage
 * ```ts
 * import { featureAccumulator } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const accumulator = featureAccumulator({ extractor: "pixels" });
 * accumulator.add([[0, 0]]);
 * accumulator.add([[2, 4], [4, 2]]);
 * const { mean, covariance, count } = accumulator.statistics();
 * expect(count).toBe(3);
 * expect([...mean]).toEqual([2, 2]);
 * expect([...covariance]).toEqual([4, 2, 2, 4]);
 * ```
 *
 * @param options The extractor that makes the features, and an accelerator.
 * @returns An accumulator.
 */
export function featureAccumulator(options: FeatureAccumulatorOptions = {}): FeatureAccumulator {
  const { extractor = "unnamed", matmul } = options;
  const sums = featureSums(matmul);
  return {
    add(features) {
      if (!isEmpty(features)) sums.add(readFeatures("add features", "features", features));
    },
    statistics: () => sums.statistics(extractor),
  };
}

/**
 * The mean and unbiased covariance of features, in float64.
 *
 * @example Usage
 * ```ts
 * import { featureStatistics } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect([...featureStatistics([[1, 0], [3, 0]]).covariance]).toEqual([2, 0, 0, 0]);
 * ```
 *
 * @param features One row an example, `[n, dimension]`, finite, `n` at least 2.
 * @param options The extractor that made the features, and an accelerator.
 * @returns The statistics, owned by the caller.
 * @throws {TypeError} When the features are no matrix.
 * @throws {RangeError} When there are fewer than two rows, or one is not finite.
 */
export function featureStatistics(features: Matrix, options: FeatureAccumulatorOptions = {}): FeatureStatistics {
  const { extractor = "unnamed", matmul } = options;
  return statisticsOf(readFeatures("compute feature statistics", "features", features, 2), extractor, matmul);
}

/**
 * Writes statistics as a string of JSON: format, version, extractor, count, mean and the upper triangle of the
 * covariance, with every number exact.
 *
 * @example Usage
 * ```ts
 * import { featureStatistics, parseFeatureStatistics, stringifyFeatureStatistics } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const statistics = featureStatistics([[0.1, 2], [0.3, 5]], { extractor: "pixels" });
 * expect(parseFeatureStatistics(stringifyFeatureStatistics(statistics))).toEqual(statistics);
 * ```
 *
 * @param statistics The statistics.
 * @returns The text of a file.
 */
export function stringifyFeatureStatistics(statistics: FeatureStatistics): string {
  const { mean, covariance, count, extractor } = statistics;
  const d = mean.length;
  const triangle = Array.from(mean, (_, i) => Array.from(covariance.subarray(i * d + i, (i + 1) * d)));
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    extractor,
    count,
    mean: Array.from(mean),
    covariance: triangle.flat(),
  });
}

/**
 * Reads what {@linkcode stringifyFeatureStatistics} wrote.
 *
 * @example Usage
 * ```ts
 * import { parseFeatureStatistics } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * expect(() => parseFeatureStatistics("{}")).toThrow("format must be jem-js/feature-statistics");
 * ```
 *
 * @param text The text of a file.
 * @returns The statistics, owned by the caller.
 * @throws {TypeError} When the text is no such file, is of another version, or is incomplete.
 */
export function parseFeatureStatistics(text: string): FeatureStatistics {
  const action = "parse feature statistics";
  const file = JSON.parse(text) as Record<string, unknown>;
  const { format, version, extractor, count, mean, covariance } = file;
  if (format !== FORMAT) throw new TypeError(`Cannot ${action}: format must be ${FORMAT} but found ${format}`);
  if (version !== VERSION) throw new TypeError(`Cannot ${action}: version must be ${VERSION} but found ${version}`);
  if (typeof extractor !== "string" || !Number.isInteger(count) || !isNumbers(mean) || !isNumbers(covariance)) {
    throw new TypeError(`Cannot ${action}: extractor, count, mean and covariance must be there, and finite`);
  }
  const d = mean.length;
  if (covariance.length !== (d * (d + 1)) / 2) {
    throw new TypeError(
      `Cannot ${action}: covariance must have ${(d * (d + 1)) / 2} numbers but found ${covariance.length}`,
    );
  }
  const full = new Float64Array(d * d);
  let at = 0;
  for (let i = 0; i < d; i++) {
    for (let j = i; j < d; j++) {
      full[i * d + j] = full[j * d + i] = covariance[at]!;
      at += 1;
    }
  }
  return { mean: Float64Array.from(mean), covariance: full, count: count as number, extractor };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((x) => Number.isFinite(x));
}

function isEmpty(features: Matrix): boolean {
  return "data" in features ? features.shape[0] === 0 : features.length === 0;
}
