import { riskCoverageCurve } from "@jem-js/metrics";
import { checkLists, checkSeries, checkText } from "./_check.ts";
import { curveLegend, curveMarks, pointsOf } from "./_curves.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, withCount } from "./_figure.ts";
import { axes, FIFTHS, MARGINS, percentTick } from "./_marks.ts";
import { shortNumber } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** The predictions of one model. */
export interface RiskCoverageSeries {
  /** The name of the model, or of the confidence. */
  readonly name: string;
  /** How confident each prediction is; larger is more confident, of any scale. */
  readonly confidences: ArrayLike<number>;
  /** The loss of each prediction, such as 0 for right and 1 for wrong. */
  readonly losses: ArrayLike<number>;
}

/** Options of {@linkcode riskCoverageCurves}. */
export interface RiskCoverageCurvesOptions extends FigureOptions {
  /** The label of the vertical axis. @default {"risk: mean loss of those kept"} */
  readonly riskLabel?: string;
}

const ACTION = "draw risk-coverage curves";

/**
 * Draws what selective prediction gains: the mean loss of the most confident predictions against the share of all that they
 * are, one line a model, with the area under it (AURC) in the legend. A line that falls to the left tells that the confidence
 * knows the errors.
 *
 * @example Usage
 * ```ts
 * import { riskCoverageCurves } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = riskCoverageCurves([{ name: "JEM", confidences: [0.9, 0.8, 0.7], losses: [0, 1, 0] }]);
 * expect(svg).toContain("JEM: AURC 0.278"); // (0 + 1 / 2 + 1 / 3) / 3
 * ```
 *
 * @see {@link https://arxiv.org/abs/1805.08206 | Geifman et al., Bias-reduced uncertainty estimation for deep neural classifiers}
 *
 * @param series One to seven models or confidences with different names.
 * @param options Title, n (else that of the data, if all have as many), seed, temperature, width, and the label of the risk.
 * @returns A standalone SVG; equal arguments give equal strings. Curves of more than 2,400 points are thinned to what is seen.
 * @throws {TypeError} When a list, a name or a number is of another kind, or there are not as many losses as confidences.
 * @throws {RangeError} When there is no series or too many, a list is empty, or a number is out of range.
 */
export function riskCoverageCurves(
  series: readonly RiskCoverageSeries[],
  options: RiskCoverageCurvesOptions = {},
): string {
  checkFigureOptions(ACTION, options);
  const { title = "Risk and coverage", width = 520, riskLabel = "risk: mean loss of those kept" } = options;
  checkText(ACTION, "riskLabel", riskLabel);
  checkSeries(ACTION, series);
  for (const [i, { confidences, losses }] of series.entries()) {
    checkLists(ACTION, `series[${i}]`, { confidences, losses });
  }
  const curves = series.map(({ confidences, losses }) => riskCoverageCurve(confidences, losses));
  const summaries = curves.map(
    ({ aurc, excess }) => `AURC ${shortNumber(aurc)}, in excess of the best order ${shortNumber(excess)}`,
  );
  const risks = curves.flatMap(({ risk }) => [...risk]);
  const [least, most] = [risks.reduce((a, b) => Math.min(a, b), 0), risks.reduce((a, b) => Math.max(a, b), 0)];
  return drawFigure({
    title,
    description: describeSeries(series, summaries),
    facts: factsOf(
      withCount(
        options,
        series.map(({ losses }) => losses),
      ),
    ),
    legend: curveLegend(series.map(({ name }, i) => `${name}: AURC ${shortNumber(curves[i]!.aurc)}`)),
    rows: [
      [
        {
          width,
          height: Math.round(0.6 * width),
          options: {
            ...MARGINS,
            x: { domain: [0, 1] },
            y: { domain: [least, most > least ? most : least + 1], nice: 5 },
            symbol: { type: "identity" },
            marks: [
              ...axes({ x: "coverage: share kept (%)", y: riskLabel }, { xTicks: FIFTHS, xFormat: percentTick }),
              ...curves.flatMap(({ coverage, risk }, i) =>
                curveMarks(pointsOf(coverage, risk), { series: i, symbols: series.length > 1 }),
              ),
            ],
          },
        },
      ],
    ],
  });
}
