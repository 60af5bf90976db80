import { binByConfidence, checkBins } from "./_bin_by_confidence.ts";
import { checkChoice } from "./_check.ts";
import { checkDebiasing, combineGaps } from "./_combine_gaps.ts";
import type { ExpectedCalibrationErrorOptions } from "./expected_calibration_error.ts";
import type { Matrix } from "./matrix.ts";
import type { ReliabilityBin, ReliabilityBinsOptions } from "./reliability_bins.ts";

/** Options of {@linkcode reliabilityAccumulator}: bins of equal width, for those of equal mass need all examples at once. */
export type ReliabilityAccumulatorOptions = Pick<ReliabilityBinsOptions, "bins" | "closed">;

/** Collects reliability bins batch by batch; what it holds does not grow with the number of examples. */
export interface ReliabilityAccumulator {
  /** Adds examples, which are borrowed. Throws like {@linkcode reliabilityBins}. */
  add(probabilities: Matrix, labels: ArrayLike<number>): void;
  /** Adds the bins of other examples, such as those of another worker; throws a TypeError unless their edges are the same. */
  merge(bins: readonly ReliabilityBin[]): void;
  /** The bins so far, owned by the caller. */
  bins(): ReliabilityBin[];
  /** Their calibration error, as {@linkcode expectedCalibrationError} gives it. Throws a RangeError when there is no example. */
  error(options?: Pick<ExpectedCalibrationErrorOptions, "norm" | "debiased">): number;
}

/**
 * Collects the bins of a reliability diagram as a stream, and their calibration error.
 *
 * @example Usage
 * ```ts
 * import { reliabilityAccumulator } from "@jem-js/metrics";
 * import { expect } from "vitest";
 *
 * const accumulator = reliabilityAccumulator({ bins: 10 });
 * accumulator.add([[0.75, 0.25]], [0]);
 * accumulator.add([[0.25, 0.75]], [0]);
 * expect(accumulator.error()).toBeCloseTo(0.25);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks, §2}
 *
 * @param options The bins.
 * @returns An accumulator.
 * @throws {TypeError} When `closed` is unknown.
 * @throws {RangeError} When `bins` is not a positive integer.
 */
export function reliabilityAccumulator(options: ReliabilityAccumulatorOptions = {}): ReliabilityAccumulator {
  const { bins: size = 15, closed = "right" } = options;
  const action = "accumulate reliability bins";
  checkBins(action, { bins: size, closed });
  let total = Array.from({ length: size }, (_, k) => emptyBin(k / size, (k + 1) / size));
  const merge = (bins: readonly ReliabilityBin[]): void => {
    const fits = bins.length === size && bins.every((bin, k) => bin.lower === k / size && bin.upper === (k + 1) / size);
    if (!fits) throw new TypeError(`Cannot ${action}: bins must be ${size} of equal width`);
    total = total.map((bin, k) => sumOf(bin, bins[k]!));
  };
  return {
    add(probabilities, labels) {
      merge(binByConfidence(action, probabilities, labels, { bins: size, closed }));
    },
    merge,
    bins: () => total.map((bin) => ({ ...bin })),
    error(norms = {}) {
      checkChoice(action, "norm", norms.norm ?? "l1", ["l1", "l2", "max", "mean"]);
      checkDebiasing(action, norms);
      const n = total.reduce((sum, bin) => sum + bin.count, 0);
      if (n === 0) throw new RangeError(`Cannot ${action}: there must be at least 1 example but found 0`);
      return combineGaps(total, n, norms);
    },
  };
}

function emptyBin(lower: number, upper: number): ReliabilityBin {
  return { lower, upper, count: 0, meanConfidence: Number.NaN, accuracy: Number.NaN };
}

function sumOf(a: ReliabilityBin, b: ReliabilityBin): ReliabilityBin {
  if (a.count === 0) return { ...b };
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const mean = (x: number, y: number): number => (a.count * x + b.count * y) / count;
  return {
    ...a,
    count,
    meanConfidence: mean(a.meanConfidence, b.meanConfidence),
    accuracy: mean(a.accuracy, b.accuracy),
  };
}
