import { averagePrecision, type PrecisionRecallCurve, precisionRecallCurve } from "@jem-js/metrics";
import { ruleY } from "@observablehq/plot";
import { checkScores, format } from "./_check.ts";
import { curveLegend, curveMarks, type Point, pointsOf } from "./_curves.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type LegendItem } from "./_figure.ts";
import { unitPanel } from "./_marks.ts";
import { countScores, sharedCounts } from "./_scores.ts";
import { MUTED, percent } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";
import type { ScoreSeries } from "./score_histogram.ts";

/** Options of {@linkcode precisionRecallCurves}. */
export interface PrecisionRecallCurvesOptions extends Omit<FigureOptions, "n"> {
  /** Which inputs are to be found: those in distribution, or the outliers, whose scores are then negated. @default {"in"} */
  readonly positive?: "in" | "out";
}

const ACTION = "draw precision-recall curves";

/**
 * Draws the precision-recall curves of one or several models or scores in one panel, by steps, as the average precision in
 * the legend sums them: `AP = sum_k (recall_k - recall_{k-1}) precision_k`. The precision of guessing is dashed when it is
 * the same for all.
 *
 * It takes the same scores as the score histogram: larger is more typical.
 *
 * @example Usage
 * ```ts
 * import { precisionRecallCurves } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const series = [{ name: "log p(x)", inScores: [2, 3, 4, 5], outScores: [0, 1, 2.5] }];
 * expect(precisionRecallCurves(series)).toContain("log p(x): AP 0.950"); // (3 + 4 / 5) / 4
 * expect(precisionRecallCurves(series, { positive: "out" })).toContain("log p(x): AP 0.917"); // (2 + 3 / 4) / 3
 * ```
 *
 * @see {@link https://doi.org/10.1145/1143844.1143874 | Davis and Goadrich, The relationship between precision-recall and ROC curves}
 *
 * @param series One to seven models or scores with different names; their `domain` is not read.
 * @param options Which side is positive; title, seed, temperature and width of the figure.
 * @returns A standalone SVG; equal arguments give equal strings. Curves of more than 2,400 points are thinned to what is seen.
 * @throws {TypeError} When a list, a name, a number or `positive` is of another kind.
 * @throws {RangeError} When there is no series or too many, a set of scores is empty, or a number is out of range.
 */
export function precisionRecallCurves(
  series: readonly ScoreSeries[],
  options: PrecisionRecallCurvesOptions = {},
): string {
  checkFigureOptions(ACTION, options);
  const { title = "Precision and recall", width = 420, positive = "in" } = options;
  if (positive !== "in" && positive !== "out") {
    throw new TypeError(`Cannot ${ACTION}: positive must be "in" or "out" but found ${format(positive)}`);
  }
  checkScores(ACTION, series);
  const shared = sharedCounts(series);
  const sides = series.map(({ inScores, outScores }) =>
    positive === "in" ? ([inScores, outScores] as const) : ([negate(outScores), negate(inScores)] as const),
  );
  const summaries = series.map(
    (item, i) =>
      `AP ${averagePrecision(...sides[i]!).toFixed(3)}${shared === undefined ? `, ${countScores(item)}` : ""}`,
  );
  const guesses = new Set(
    sides.map(([positives, negatives]) => positives.length / (positives.length + negatives.length)),
  );
  const [guess] = guesses.size === 1 ? guesses : [];
  const reference: LegendItem[] =
    guess === undefined ? [] : [{ label: `guessing (${percent(guess)})`, kind: "dashes", colour: MUTED }];
  return drawFigure({
    title,
    description: describeSeries(series, summaries),
    facts: [
      ...(shared === undefined ? [] : [shared]),
      `positive: ${positive === "in" ? "in-distribution" : "out-of-distribution"}`,
      ...factsOf(options),
    ],
    legend: [...curveLegend(series.map(({ name }, i) => `${name}: ${summaries[i]}`)), ...reference],
    rows: [
      [
        unitPanel(width, { x: "recall (%)", y: "precision (%)" }, [
          ...(guess === undefined
            ? []
            : [ruleY([guess], { stroke: MUTED, strokeWidth: 1.25, strokeDasharray: "4,3" })]),
          ...sides.flatMap(([positives, negatives], i) => {
            const points = stepsOf(precisionRecallCurve(positives, negatives));
            return curveMarks(points, { series: i, steps: true, symbols: series.length > 1 });
          }),
        ]),
      ],
    ],
  });
}

/** One point for each recall, its highest precision, which holds since the recall before: the steps that AP sums. */
function stepsOf({ recall, precision }: PrecisionRecallCurve): Point[] {
  const steps = pointsOf(recall, precision).filter(({ x }, i) => i > 0 && x > recall[i - 1]!);
  return [{ x: 0, y: steps[0]!.y }, ...steps];
}

function negate(scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score) => -score);
}
