import { rectY, ruleX } from "@observablehq/plot";
import { arrange, BAR, binColumns, checkBins, describeBins, filledBins, summariseBins } from "./_bins.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type Panel } from "./_figure.ts";
import { axes, FIFTHS, MARGINS, panelHeadings, percentTick } from "./_marks.ts";
import { colour, INK } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";
import type { ReliabilitySeries } from "./reliability_diagram.ts";

/** Options of {@linkcode confidenceHistogram}. */
export type ConfidenceHistogramOptions = Omit<FigureOptions, "n">;

const ACTION = "draw confidence histogram";
const RIGHT = colour(5);
const WRONG = colour(1);

/**
 * Draws how confident one or several models are, side by side: for each bin of confidence a bar of the right predictions with
 * the wrong ones on top, a line at the accuracy and one at the mean confidence. A model is overconfident by as much as the
 * second lies to the right of the first.
 *
 * It takes the same bins as the reliability diagram.
 *
 * @example Usage
 * ```ts
 * import { confidenceHistogram } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const bins = [
 *   { lower: 0, upper: 0.5, count: 20, meanConfidence: 0.4, accuracy: 0.45 },
 *   { lower: 0.5, upper: 1, count: 80, meanConfidence: 0.9, accuracy: 0.8 },
 * ];
 * const svg = confidenceHistogram([{ name: "JEM", bins }], { seed: 0 });
 * expect(svg).toContain("accuracy 73.0% · confidence 80.0% · n = 100");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks, figure 1}
 *
 * @param series One to seven models with different names; up to three stand in a row.
 * @param options Title, seed, temperature and width of the figure.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind.
 * @throws {RangeError} When there is no series or too many, a model has no predictions, or a number is out of range.
 */
export function confidenceHistogram(
  series: readonly ReliabilitySeries[],
  options: ConfidenceHistogramOptions = {},
): string {
  checkFigureOptions(ACTION, options);
  checkBins(ACTION, series);
  const { columns, panelWidth } = binColumns(series.length, options.width);
  const summaries = series.map(({ bins }) => summariseBins(bins));
  const texts = summaries.map(({ accuracy, confidence, n }) => describeBins({ accuracy, confidence }, n));
  const headings = panelHeadings(
    series.map(({ name }, i) => ({ name, summary: texts[i]! })),
    panelWidth,
  );
  const most = Math.max(...series.flatMap(({ bins }) => bins.map((bin) => bin.count)));
  const models = series.map(({ bins }, i): Panel[] => {
    const filled = filledBins(bins);
    const { accuracy, confidence } = summaries[i]!;
    return [
      {
        width: panelWidth,
        height: 200 + headings.height,
        options: {
          ...MARGINS,
          marginTop: headings.height,
          x: { domain: [0, 1] },
          y: { domain: [0, most], nice: 4 },
          marks: [
            ...axes({ x: "confidence (%)", y: "count" }, { xTicks: FIFTHS, yTicks: 4, xFormat: percentTick }),
            rectY(filled, { ...BAR, y: (bin) => bin.count * bin.accuracy, fill: RIGHT }),
            rectY(filled, { ...BAR, y1: (bin) => bin.count * bin.accuracy, y2: "count", fill: WRONG }),
            ruleX([accuracy], { stroke: INK, strokeWidth: 2 }),
            ruleX([confidence], { stroke: INK, strokeWidth: 1.5, strokeDasharray: "4,3" }),
            ...headings.marks[i]!,
          ],
        },
      },
    ];
  });
  return drawFigure({
    title: options.title ?? "Confidence of right and wrong predictions",
    description: describeSeries(series, texts),
    facts: factsOf(options),
    legend: [
      { label: "right", kind: "square", colour: RIGHT },
      { label: "wrong", kind: "square", colour: WRONG },
      { label: "accuracy", kind: "line", colour: INK },
      { label: "mean confidence", kind: "dashes", colour: INK },
    ],
    rows: arrange(models, columns),
  });
}
