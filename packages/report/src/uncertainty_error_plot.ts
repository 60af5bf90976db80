import { type SparsificationCurve, sparsificationCurve } from "@jem-js/metrics";
import { dot, line, type Markish, ruleX } from "@observablehq/plot";
import { checkInteger, checkLists, checkSeries, checkText } from "./_check.ts";
import { curveLegend, curveMarks, pointsOf } from "./_curves.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type Panel, withCount } from "./_figure.ts";
import { axes, FIFTHS, MARGINS, panelHeadings, percentTick, tickCount } from "./_marks.ts";
import { colour, INK, shortNumber, symbol } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** The predictions of one model, with their uncertainties. */
export interface UncertaintySeries {
  /** The name of the model, or of the uncertainty. */
  readonly name: string;
  /** The uncertainty of each prediction; larger is less certain, of any scale. */
  readonly uncertainties: ArrayLike<number>;
  /** The error of each prediction; its sign does not matter. */
  readonly errors: ArrayLike<number>;
}

/** Options of {@linkcode uncertaintyErrorPlot}. */
export interface UncertaintyErrorPlotOptions extends FigureOptions {
  /** In how many bins with equally many predictions the uncertainties are grouped, from 2 to 100. @default {10} */
  readonly bins?: number;
  /** The label of the uncertainties. @default {"uncertainty"} */
  readonly uncertaintyLabel?: string;
  /** The label of the errors. @default {"error"} */
  readonly errorLabel?: string;
}

/** A bin: means, and the ends of the interval of the mean error. */
interface Bin {
  readonly uncertainty: number;
  readonly error: number;
  readonly lower: number;
  readonly upper: number;
}

const ACTION = "draw uncertainty-error plot";
const Z = 1.959964; // the 97.5 % quantile of the normal distribution

/**
 * Draws whether uncertainties tell of errors. On the left the mean `|error|` in bins of uncertainty, with its normal 95 %
 * interval `mean ± 1.96 s / sqrt(n)`: it should rise. On the right sparsification: the root mean squared error of what is left
 * when the most uncertain are removed, beside the dashed oracle that removes those of the largest error, with the mean
 * difference of the two (AUSE) in the legend.
 *
 * @example Usage
 * ```ts
 * import { uncertaintyErrorPlot } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = uncertaintyErrorPlot(
 *   [{ name: "ensemble", uncertainties: [3, 2, 1, 0.5], errors: [2, -1, 0.5, 0] }],
 *   { bins: 2 },
 * );
 * expect(svg).toContain("ensemble: AUSE 0"); // the uncertainties order the errors
 * ```
 *
 * @see {@link https://arxiv.org/abs/1802.07095 | Ilg et al., Uncertainty estimates and multi-hypotheses networks for optical flow}
 *
 * @param series One to seven models or uncertainties with different names.
 * @param options Title, n (else that of the data, if all have as many), seed, temperature, width; bins and labels.
 * @returns A standalone SVG; equal arguments give equal strings. Curves of more than 2,400 points are thinned to what is seen.
 * @throws {TypeError} When a list, a name or a number is of another kind, or there are not as many errors as uncertainties.
 * @throws {RangeError} When there is no series or too many, a list is empty, or a number is out of range.
 */
export function uncertaintyErrorPlot(
  series: readonly UncertaintySeries[],
  options: UncertaintyErrorPlotOptions = {},
): string {
  checkFigureOptions(ACTION, options);
  const { title = "Uncertainty and error", width = 760, bins = 10 } = options;
  const { uncertaintyLabel = "uncertainty", errorLabel = "error" } = options;
  checkInteger(ACTION, "bins", bins, 2, 100);
  checkText(ACTION, "uncertaintyLabel", uncertaintyLabel);
  checkText(ACTION, "errorLabel", errorLabel);
  checkSeries(ACTION, series);
  for (const [i, { uncertainties, errors }] of series.entries()) {
    checkLists(ACTION, `series[${i}]`, { uncertainties, errors });
  }
  const curves = series.map(({ uncertainties, errors }) => sparsificationCurve(uncertainties, errors));
  const summaries = curves.map(({ ause }) => `AUSE ${shortNumber(ause)}`);
  const panelWidth = Math.floor(width / 2);
  const { height, marks } = panelHeadings(
    [
      { name: "Error in bins of uncertainty", summary: "mean and 95% interval, bins of equal count" },
      { name: "Sparsification", summary: "error of what is left" },
    ],
    panelWidth,
  );
  const binned = series.map(({ uncertainties, errors }) => binsOf(uncertainties, errors, bins));
  return drawFigure({
    title,
    description: describeSeries(series, summaries),
    facts: factsOf(
      withCount(
        options,
        series.map(({ errors }) => errors),
      ),
    ),
    legend: [
      ...curveLegend(series.map(({ name }, i) => `${name}: ${summaries[i]}`)),
      { label: "oracle", kind: "dashes", colour: series.length > 1 ? INK : colour(0) },
    ],
    rows: [
      [
        binsPanel(panelWidth, height, binned, { x: uncertaintyLabel, y: `mean |${errorLabel}|` }, marks[0]!),
        sparsificationPanel(panelWidth, height, curves, `RMS ${errorLabel}`, marks[1]!),
      ],
    ],
  });
}

/** The predictions in the order of their uncertainty, in bins that differ by one at most; fewer where there are too few. */
function binsOf(uncertainties: ArrayLike<number>, errors: ArrayLike<number>, count: number): Bin[] {
  const n = errors.length;
  const bins = Math.min(count, n);
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => uncertainties[i]! - uncertainties[j]! || i - j,
  );
  return Array.from({ length: bins }, (_, b) => {
    const members = [...order.subarray(Math.floor((b * n) / bins), Math.floor(((b + 1) * n) / bins))];
    const mean = (of: (i: number) => number): number => members.reduce((sum, i) => sum + of(i), 0) / members.length;
    const error = mean((i) => Math.abs(errors[i]!));
    const squares = members.length * mean((i) => (Math.abs(errors[i]!) - error) ** 2);
    const half = members.length > 1 ? Z * Math.sqrt(squares / (members.length - 1) / members.length) : 0;
    return {
      uncertainty: mean((i) => uncertainties[i]!),
      error,
      lower: Math.max(0, error - half),
      upper: error + half,
    };
  });
}

function binsPanel(
  width: number,
  marginTop: number,
  series: readonly (readonly Bin[])[],
  labels: { readonly x: string; readonly y: string },
  heading: readonly Markish[],
): Panel {
  const at = { x: "uncertainty", y: "error" } as const;
  return panel(width, marginTop, Math.max(...series.flat().map(({ upper }) => upper)), {}, [
    ...axes(labels, { xTicks: tickCount(width) }),
    ...series.flatMap((bins, i) => [
      line(bins, { ...at, stroke: colour(i), strokeWidth: 1.25, strokeOpacity: 0.5 }),
      ruleX(bins, { x: "uncertainty", y1: "lower", y2: "upper", stroke: colour(i), strokeWidth: 2 }),
      dot(bins, { ...at, fill: colour(i), symbol: symbol(i), r: 3.5 }),
    ]),
    ...heading,
  ]);
}

function sparsificationPanel(
  width: number,
  marginTop: number,
  curves: readonly SparsificationCurve[],
  label: string,
  heading: readonly Markish[],
): Panel {
  const highest = curves.reduce((most, { rmse }) => rmse.reduce((a, b) => Math.max(a, b), most), 0);
  return panel(width, marginTop, highest, { domain: [0, 1] }, [
    ...axes({ x: "share removed (%)", y: label }, { xTicks: FIFTHS, xFormat: percentTick }),
    ...curves.flatMap(({ removed, oracle }, i) =>
      curveMarks(pointsOf(removed, oracle), { series: i, dashed: true, strokeWidth: 1.5 }),
    ),
    ...curves.flatMap(({ removed, rmse }, i) =>
      curveMarks(pointsOf(removed, rmse), { series: i, symbols: curves.length > 1 }),
    ),
    ...heading,
  ]);
}

function panel(width: number, marginTop: number, highest: number, x: { domain?: number[] }, marks: Markish[]): Panel {
  return {
    width,
    height: 220 + marginTop,
    options: {
      ...MARGINS,
      marginTop,
      x: { ...x, inset: x.domain ? 0 : 6 },
      y: { domain: [0, highest > 0 ? highest : 1], nice: 5 },
      symbol: { type: "identity" },
      marks,
    },
  };
}
