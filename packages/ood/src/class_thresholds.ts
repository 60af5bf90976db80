import { checkInteger, readScores } from "./_check.ts";
import { type ConformalThresholdOptions, conformalThreshold } from "./conformal_threshold.ts";

/** Options of {@linkcode classThresholds}. */
export interface ClassThresholdsOptions extends ConformalThresholdOptions {
  /** How many classes there are. @default {one more than the largest that is given} */
  readonly numClasses?: number;
}

/**
 * A threshold for each class, so that the false positive rate is guaranteed among the examples that are predicted to be of it,
 * and not only on average.
 *
 * Give predicted classes, which are known when a new example is scored by the threshold of its own predicted class. A class with
 * fewer than `1 / a - 1` calibration examples has the threshold Infinity. See `conformalThreshold`.
 *
 * @example Usage
 * ```ts
 * import { classThresholds } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const thresholds = classThresholds([1, 2, 3, 10, 20, 30], [0, 0, 0, 1, 1, 1], { falsePositiveRate: 0.25 });
 * expect([...thresholds]).toEqual([3, 30]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2104.08279 | Bates et al., Testing for outliers with conformal p-values}
 *
 * @param calibration Scores of in-distribution examples kept apart, `[n]`, larger for more anomalous; at least one, without NaN.
 * @param predicted The predicted class of each, `[n]`.
 * @param options The false positive rate and the number of classes.
 * @returns The thresholds, `[classes]`: an example is flagged when its score is above that of its class.
 * @throws {TypeError} When the scores are no array, or `predicted` is of another length.
 * @throws {RangeError} When there are no scores, one is NaN, a class is not an integer from 0 and below `numClasses`, or an option is
 * out of range.
 */
export function classThresholds(
  calibration: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: ClassThresholdsOptions = {},
): Float64Array {
  const action = "choose thresholds";
  const scores = readScores(action, "calibration", calibration);
  if (predicted.length !== scores.length) {
    throw new TypeError(`Cannot ${action}: predicted must be [${scores.length}] but found [${predicted.length}]`);
  }
  const classes = Array.from(predicted);
  const { numClasses = classes.reduce((most, k) => Math.max(most, k), 0) + 1 } = options;
  checkInteger(action, "numClasses", numClasses, 1);
  const byClass = Array.from({ length: numClasses }, (): number[] => []);
  classes.forEach((k, i) => {
    if (!Number.isInteger(k) || k < 0 || k >= numClasses) {
      throw new RangeError(`Cannot ${action}: predicted must be from 0 to ${numClasses - 1} but found ${k} at ${i}`);
    }
    byClass[k]!.push(scores[i]!);
  });
  // An empty class goes the way of one that is too small; the options are checked in any case.
  return Float64Array.from(byClass, (of) => conformalThreshold(of.length === 0 ? [0] : of, options)).map((value, k) =>
    byClass[k]!.length === 0 ? Number.POSITIVE_INFINITY : value,
  );
}
