import { foldIn, randintValues } from "@jem-js/random/values";
import { describe, isArrayLike } from "./_check.ts";
import { shapeOf } from "./_read_matrix.ts";
import { checkResampling, resampleInterval } from "./_resample_interval.ts";
import type { BootstrapInterval, BootstrapIntervalOptions } from "./bootstrap_interval.ts";
import type { FlatMatrix, Matrix } from "./matrix.ts";

/**
 * The percentile bootstrap interval of a metric of examples, such as a calibration error: examples are drawn with
 * replacement, each with all that belongs to it.
 *
 * @example Usage
 * ```ts
 * import { bootstrapExamplesInterval, brierScore } from "@jem-js/metrics";
 * import { key } from "@jem-js/random/values";
 * import { expect } from "vitest";
 *
 * const probabilities = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]];
 * const { value, lower, upper } = bootstrapExamplesInterval(brierScore, [probabilities, [0, 1, 1, 1]], { key: key(0) });
 * expect(value).toBeCloseTo(0.25);
 * expect(lower).toBeLessThan(value);
 * expect(upper).toBeGreaterThan(value);
 * ```
 *
 * @see {@link https://doi.org/10.1201/9780429246593 | Efron and Tibshirani, An introduction to the bootstrap, §13.3}
 *
 * @param metric A metric of what is in `data`, such as `brierScore`, or a function that binds its options.
 * @param data One or more arrays `[n]` or matrices `[n, columns]`, whose element or row `i` is of example `i`.
 * @param options The key, the number of samples, and the confidence.
 * @returns The metric, its standard error and interval.
 * @throws {TypeError} When there is no data, or it is no arrays or matrices of one length.
 * @throws {RangeError} When there are no examples, or an option is out of range; also what `metric` throws.
 */
export function bootstrapExamplesInterval<T extends readonly (ArrayLike<number> | Matrix)[]>(
  metric: (...data: T) => number,
  data: readonly [...T],
  options: BootstrapIntervalOptions,
): BootstrapInterval {
  const action = "compute a bootstrap interval";
  checkResampling(action, options);
  if (!Array.isArray(data) || data.length === 0) {
    throw new TypeError(`Cannot ${action}: data must be a list of arrays or matrices but found ${describe(data)}`);
  }
  const counts = data.map((part) => (isArrayLike(part) ? part.length : shapeOf(action, "data", part, "columns")[0]));
  const n = counts[0]!;
  const odd = counts.findIndex((count) => count !== n);
  if (odd >= 0)
    throw new TypeError(`Cannot ${action}: data must be of ${n} examples but found ${counts[odd]} at ${odd}`);
  if (n === 0) throw new RangeError(`Cannot ${action}: data must have at least 1 example but found 0`);
  return resampleInterval(metric(...(data as unknown as T)), options, (k) => {
    const rows = randintValues(foldIn(k, 0), n, { max: n });
    return metric(...(data.map((part) => select(part, rows)) as unknown as T));
  });
}

/** The chosen elements of an array or rows of a matrix, in the form it has. */
function select(part: ArrayLike<number> | Matrix, rows: Int32Array): ArrayLike<number> | Matrix {
  if (isArrayLike(part)) {
    const source = part as ArrayLike<unknown>;
    return Array.from(rows, (i) => source[i]) as number[];
  }
  const { data, shape } = part as FlatMatrix;
  const [, columns] = shape;
  const chosen = new Float64Array(rows.length * columns);
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < columns; k++) chosen[i * columns + k] = data[rows[i]! * columns + k]!;
  }
  return { data: chosen, shape: [rows.length, columns] };
}
