import { reliabilityIntervals } from "@jem-js/metrics";
import { dot, identity, line, type Markish, rectY, ruleX } from "@observablehq/plot";
import { arrange, BAR, binColumns, checkBins, describeBins, filledBins, summariseBins } from "./_bins.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type Panel } from "./_figure.ts";
import { axes, FIFTHS, MARGINS, panelHeadings, percentTick } from "./_marks.ts";
import { BAND, colour, INK, MUTED } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** One bin of predictions, by their confidence. */
export interface ReliabilityBin {
  /** The lower end of the bin, in `[0, 1]`. */
  readonly lower: number;
  /** The upper end of the bin, in `[0, 1]`, above `lower`. */
  readonly upper: number;
  /** How many predictions fall in the bin. */
  readonly count: number;
  /** The mean confidence of these predictions, in `[0, 1]`; not read when `count` is 0. */
  readonly meanConfidence: number;
  /** The share of these predictions that are right, in `[0, 1]`; not read when `count` is 0. */
  readonly accuracy: number;
}

/** The bins of one model. */
export interface ReliabilitySeries {
  /** The name of the model. */
  readonly name: string;
  /** Its bins, in any order. */
  readonly bins: readonly ReliabilityBin[];
}

/** Options of {@linkcode reliabilityDiagram}. */
export type ReliabilityDiagramOptions = Omit<FigureOptions, "n">;

const ACTION = "draw reliability diagram";

/**
 * Draws the calibration of one or several models, side by side: a bar for the accuracy of each bin, a dot at its mean
 * confidence with Wilson's 95 % interval, the diagonal of perfect calibration, and below the count of predictions in each bin.
 * Where an interval does not reach the diagonal, the gap is more than chance explains. Above each panel stand expected
 * calibration error, accuracy and number of predictions, all computed from the bins:
 * `ECE = sum_b count_b / n |accuracy_b - meanConfidence_b|`.
 *
 * @example Usage
 * ```ts
 * import { reliabilityDiagram } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const bins = [
 *   { lower: 0, upper: 0.5, count: 20, meanConfidence: 0.4, accuracy: 0.45 },
 *   { lower: 0.5, upper: 1, count: 80, meanConfidence: 0.9, accuracy: 0.8 },
 * ];
 * const svg = reliabilityDiagram([{ name: "JEM", bins }], { seed: 0 });
 * expect(svg).toContain("ECE 9.0%"); // 0.2 · 0.05 + 0.8 · 0.1
 * ```
 *
 * @see {@link https://arxiv.org/abs/1706.04599 | Guo et al., On calibration of modern neural networks, §2}
 *
 * @param series One to seven models with different names; up to three stand in a row.
 * @param options Title, seed, temperature and width of the figure.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind.
 * @throws {RangeError} When there is no series or too many, a model has no predictions, or a number is out of range.
 */
export function reliabilityDiagram(
  series: readonly ReliabilitySeries[],
  options: ReliabilityDiagramOptions = {},
): string {
  checkFigureOptions(ACTION, options);
  checkBins(ACTION, series);
  const { columns, panelWidth } = binColumns(series.length, options.width);
  const summaries = series.map(({ bins }) => {
    const { error, accuracy, n } = summariseBins(bins);
    return describeBins({ ECE: error, accuracy }, n);
  });
  const headings = panelHeadings(
    series.map(({ name }, i) => ({ name, summary: summaries[i]! })),
    panelWidth,
  );
  const most = Math.max(...series.flatMap(({ bins }) => bins.map((bin) => bin.count)));
  const models = series.map(({ bins }, i) => [
    accuracyPanel(panelWidth, bins, i, headings.marks[i]!, headings.height),
    countPanel(panelWidth, bins, colour(i), most),
  ]);
  return drawFigure({
    title: options.title ?? "Reliability diagram",
    description: describeSeries(series, summaries),
    facts: factsOf(options),
    legend: [
      { label: "accuracy of the bin", kind: "square", colour: BAND },
      { label: "its 95% interval (Wilson)", kind: "line", colour: INK, symbol: "circle" },
      { label: "perfect calibration", kind: "dashes", colour: MUTED },
    ],
    rows: arrange(models, columns),
  });
}

function accuracyPanel(
  width: number,
  bins: readonly ReliabilityBin[],
  series: number,
  heading: readonly Markish[],
  marginTop: number,
): Panel {
  const filled = filledBins(bins);
  const intervals = reliabilityIntervals(filled);
  const points = filled.map((bin, i) => ({ ...bin, interval: intervals[i]! }));
  const fill = colour(series);
  return {
    width,
    height: width - MARGINS.marginLeft - MARGINS.marginRight + marginTop + 12,
    options: {
      ...MARGINS,
      marginTop,
      marginBottom: 12,
      x: { domain: [0, 1] },
      y: { domain: [0, 1] },
      marks: [
        ...axes({ y: "accuracy (%)" }, { xTicks: FIFTHS, yTicks: FIFTHS, yFormat: percentTick }),
        rectY(points, { ...BAR, y: "accuracy", fill, fillOpacity: 0.35 }),
        line([0, 1], { x: identity, y: identity, stroke: MUTED, strokeWidth: 1.25, strokeDasharray: "4,3" }),
        ruleX(points, {
          x: "meanConfidence",
          y1: (point) => point.interval.lower,
          y2: (point) => point.interval.upper,
          stroke: fill,
          strokeWidth: 2,
        }),
        dot(points, { x: "meanConfidence", y: "accuracy", fill, r: 3.5 }),
        ...heading,
      ],
    },
  };
}

function countPanel(width: number, bins: readonly ReliabilityBin[], fill: string, most: number): Panel {
  return {
    width,
    height: 114,
    options: {
      ...MARGINS,
      marginTop: 8,
      x: { domain: [0, 1] },
      y: { domain: [0, most], nice: 2 },
      marks: [
        ...axes({ x: "confidence (%)", y: "count" }, { xTicks: FIFTHS, yTicks: 2, xFormat: percentTick }),
        rectY(bins, { ...BAR, y: "count", fill }),
      ],
    },
  };
}
