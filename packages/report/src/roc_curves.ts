import { delongInterval, rocCurve } from "@jem-js/metrics";
import { identity, line } from "@observablehq/plot";
import { checkScores } from "./_check.ts";
import { curveLegend, curveMarks, pointsOf } from "./_curves.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf } from "./_figure.ts";
import { unitPanel } from "./_marks.ts";
import { countScores, sharedCounts } from "./_scores.ts";
import { MUTED } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";
import type { ScoreSeries } from "./score_histogram.ts";

/** Options of {@linkcode rocCurves}. */
export type RocCurvesOptions = Omit<FigureOptions, "n">;

const ACTION = "draw ROC curves";

/**
 * Draws the ROC curves of one or several models or scores in one panel: the share of in-distribution inputs that is kept
 * against the share of outliers that is let in. The legend states each AUROC with DeLong's 95 % interval, where that has a
 * width.
 *
 * It takes the same scores as the score histogram: larger is more typical.
 *
 * @example Usage
 * ```ts
 * import { rocCurves } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = rocCurves([
 *   { name: "log p(x)", inScores: [2, 3, 4, 5], outScores: [0, 1, 2.5] },
 *   { name: "max p(y|x)", inScores: [0.7, 0.9, 0.9, 1], outScores: [0.8, 0.9, 1] },
 * ]);
 * expect(svg).toContain("log p(x): AUROC 0.917 [0.686, 1.000]");
 * ```
 *
 * @see {@link https://doi.org/10.1016/j.patrec.2005.10.010 | Fawcett, An introduction to ROC analysis}
 *
 * @param series One to seven models or scores with different names; their `domain` is not read.
 * @param options Title, seed, temperature and width of the figure.
 * @returns A standalone SVG; equal arguments give equal strings. Curves of more than 2,400 points are thinned to what is seen.
 * @throws {TypeError} When a list, a name or a number is of another kind.
 * @throws {RangeError} When there is no series or too many, a set of scores is empty, or a number is out of range.
 */
export function rocCurves(series: readonly ScoreSeries[], options: RocCurvesOptions = {}): string {
  checkFigureOptions(ACTION, options);
  checkScores(ACTION, series);
  const { title = "ROC curves", width = 420 } = options;
  const shared = sharedCounts(series);
  const summaries = series.map((item) => {
    const { auroc, lower, upper } = delongInterval(item.inScores, item.outScores);
    const interval = lower < upper ? ` [${lower.toFixed(3)}, ${upper.toFixed(3)}]` : "";
    return `AUROC ${auroc.toFixed(3)}${interval}${shared === undefined ? `, ${countScores(item)}` : ""}`;
  });
  const marks = series.flatMap(({ inScores, outScores }, i) => {
    const { fpr, tpr } = rocCurve(inScores, outScores);
    return curveMarks(pointsOf(fpr, tpr), { series: i, symbols: series.length > 1 });
  });
  return drawFigure({
    title,
    description: describeSeries(series, summaries),
    facts: [...(shared === undefined ? [] : [shared]), "brackets: 95% intervals", ...factsOf(options)],
    legend: [
      ...curveLegend(series.map(({ name }, i) => `${name}: ${summaries[i]}`)),
      { label: "chance", kind: "dashes", colour: MUTED },
    ],
    rows: [
      [
        unitPanel(width, { x: "false positive rate: outliers let in (%)", y: "true positive rate: inliers kept (%)" }, [
          line([0, 1], { x: identity, y: identity, stroke: MUTED, strokeWidth: 1.25, strokeDasharray: "4,3" }),
          ...marks,
        ]),
      ],
    ],
  });
}
