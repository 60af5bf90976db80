import { checkChoice } from "./_check.ts";
import { detectorOf, type Fitting, internalsOf, type Method, type Pass, type Scorer } from "./_method.ts";
import { joinNeeds, type Reading } from "./_reading.ts";
import { conformalPValues } from "./conformal_p_values.ts";
import type { Detector } from "./detector.ts";
import type { OpenClassifier } from "./open_classifier.ts";

/** Options of {@linkcode combine}. */
export interface CombineOptions {
  /**
   * `"zScore"`: the mean of scores that are standardised on validation examples. `"pValue"`: Fisher's `-2 sum log p` of conformal
   * p-values, which does not care for the scale or the tails of scores. @default {"zScore"}
   */
  readonly rule?: "zScore" | "pValue";
}

/** What a fit keeps. */
interface Combined {
  readonly members: readonly object[];
  /** The validation scores of each member, sorted. */
  readonly calibration: readonly (readonly number[])[];
}

/**
 * Combines detectors into one: their scores are brought to one scale on in-distribution examples, and added.
 *
 * Scores of different detectors have different units; a sum of them as they are is ruled by the largest. The scale comes from
 * `auxiliary.validation`, or from the in-distribution examples where it is not given, with a note: distances to what a
 * detector was fitted on are too small. It is tuned with out-of-distribution examples when one of its members is. Members are
 * fitted with it, and are not changed: they only say which methods. A member whose validation scores are all equal has no scale,
 * and is left out of `"zScore"` with a note.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { combine, energy, margin } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detector = combine([energy(), margin()]);
 * const validation = { x: tf.tensor2d([[4, 0], [0, 5], [6, 1]]) };
 * await detector.fit((x) => x as tf.Tensor2D, validation, { validation });
 * const [typical, other] = await detector.score(tf.tensor2d([[5, 0], [1, 1]]));
 * expect(Math.abs(typical!)).toBeLessThan(1);
 * expect(other).toBeGreaterThan(3);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2104.08279 | Bates et al., Testing for outliers with conformal p-values}
 *
 * @param detectors The members, at least one; borrowed.
 * @param options The rule.
 * @returns The detector, to be fitted on a classifier that has what each member needs; scores are `[batch]`.
 * @throws {TypeError} When there are no members, one is not of this package, or `rule` is unknown.
 */
export function combine<Tuned extends boolean>(
  detectors: readonly Detector<Tuned>[],
  options: CombineOptions = {},
): Detector<Tuned> {
  const action = "combine detectors";
  const { rule = "zScore" } = options;
  checkChoice(action, "rule", rule, ["zScore", "pValue"]);
  if (detectors.length === 0) throw new TypeError(`Cannot ${action}: there must be at least 1 detector but found 0`);
  const methods = detectors.map((detector) => internalsOf(action, detector).method);
  return detectorOf<Combined, Tuned>({
    name: "combine",
    tuned: methods.some(({ tuned }) => tuned) as Tuned,
    options: { rule, members: methods.map((method) => ({ name: method.name, options: method.options })) },
    needs: (state) => joinNeeds(methods.map((method, i) => method.needs(state?.members[i]))),
    fit: (classifier, given) => fitCombined(rule, methods, classifier, given),
    scorer({ members, calibration }, classifier) {
      const scorers = methods.map((method, i) => method.scorer(members[i]!, classifier));
      const scale = calibration.map(rule === "zScore" ? standardise : fisher);
      const used = rule === "zScore" ? calibration.filter((scores) => scores[0] !== scores.at(-1)).length : 1;
      return async (reading) => {
        const sum = new Float64Array(reading.size);
        for (const [i, scorer] of scorers.entries()) {
          const scaled = scale[i]!(await scorer(reading));
          for (let j = 0; j < sum.length; j++) sum[j]! += scaled[j]! / used;
        }
        return sum;
      };
    },
  });
}

/** Fits the members, and scores validation examples by them in a round of its own after their last. */
function fitCombined(
  rule: "zScore" | "pValue",
  methods: readonly Method[],
  classifier: OpenClassifier,
  given: { readonly validation: boolean },
): Fitting<Combined> {
  const notes: string[] = [];
  const fittings = methods.map((method) => method.fit?.(classifier, given));
  const rounds: Pass[][] = [];
  for (const fitting of fittings) {
    fitting?.rounds.forEach((passes, round) => {
      rounds[round] = [...(rounds[round] ?? []), ...passes];
    });
  }
  let members: object[] | undefined;
  let scorers: Scorer[] = [];
  const calibration = methods.map((): number[] => []);
  const visit = async (reading: Reading): Promise<void> => {
    if (!members) {
      const found: object[] = [];
      for (const [i, { name }] of methods.entries()) {
        found.push((await fittings[i]?.finish((text) => notes.push(`${name}: ${text}`))) ?? {});
      }
      scorers = methods.map((method, i) => method.scorer(found[i]!, classifier));
      members = found;
    }
    for (const [i, scorer] of scorers.entries()) {
      for (const score of await scorer(reading)) calibration[i]!.push(score);
    }
  };
  return {
    rounds: [...rounds, [{ over: "validation", visit }]],
    finish(note) {
      notes.forEach(note);
      if (!given.validation) note("calibrated on the in-distribution examples that the members were fitted on");
      for (const scores of calibration) scores.sort((a, b) => a - b);
      const constant = methods.filter((_, i) => calibration[i]![0] === calibration[i]!.at(-1));
      if (constant.length === methods.length && rule === "zScore") {
        throw new RangeError(
          "Cannot fit combine: validation scores must vary but found constant ones for every member",
        );
      }
      if (rule === "zScore")
        for (const { name } of constant) note(`left out ${name}, whose validation scores are all equal`);
      return { members: members!, calibration };
    },
  };
}

/** Scores less their mean on validation examples, over their standard deviation there. */
function standardise(calibration: readonly number[]): (scores: Float64Array) => Float64Array {
  const mean = calibration.reduce((sum, score) => sum + score, 0) / calibration.length;
  const squares = calibration.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / calibration.length);
  const isConstant = calibration[0] === calibration.at(-1);
  return (scores) => scores.map((score) => (isConstant ? 0 : (score - mean) / deviation));
}

function fisher(calibration: readonly number[]): (scores: Float64Array) => Float64Array {
  return (scores) => conformalPValues(calibration, scores).map((p) => -2 * Math.log(p));
}
