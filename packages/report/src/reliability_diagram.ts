import { dot, identity, line, type Markish, rectY, ruleX } from "@observablehq/plot";
import { checkArray, checkBetween, checkFinite, checkInteger, checkSeries } from "./_check.ts";
import { checkFigureOptions, drawFigure, factsOf, type Panel } from "./_figure.ts";
import { axes, MARGINS, panelHeadings, percentTick } from "./_marks.ts";
import { colour, INK, MUTED, percent, thousands } from "./_style.ts";
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
const FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/**
 * Draws the calibration of one or several models, side by side: a bar for the accuracy of each bin, a dot at its mean
 * confidence, the gap from the dot to the diagonal of perfect calibration, and below the share of predictions in each
 * bin. Above each panel stand accuracy, expected calibration error and number of predictions, all computed from the bins:
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
 * @param options Title, seed and width of the figure.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind.
 * @throws {RangeError} When there is no series or too many, a model has no predictions, or a number is out of range.
 */
export function reliabilityDiagram(
  series: readonly ReliabilitySeries[],
  options: ReliabilityDiagramOptions = {},
): string {
  checkFigureOptions(ACTION, options);
  checkSeries(ACTION, series);
  for (const [i, { bins }] of series.entries()) checkBins(`series[${i}]`, bins);
  const columns = series.length === 4 ? 2 : Math.min(series.length, 3);
  const { title = "Reliability diagram", width = columns === 1 ? 400 : 320 * columns, seed } = options;
  const panelWidth = Math.floor(width / columns);
  const summaries = series.map(({ bins }) => summarise(bins));
  const headings = panelHeadings(
    series.map(({ name }, i) => ({ name, summary: describe(summaries[i]!) })),
    panelWidth,
  );
  const tallest = Math.max(...series.flatMap(({ bins }, i) => bins.map((bin) => bin.count / summaries[i]!.n)));
  const panels = series.map(({ bins }, i) => ({
    accuracy: accuracyPanel(panelWidth, bins, colour(i), headings.marks[i]!, headings.height),
    share: sharePanel(panelWidth, bins, colour(i), summaries[i]!.n, tallest),
  }));
  const rows: Panel[][] = [];
  for (let start = 0; start < panels.length; start += columns) {
    const models = panels.slice(start, start + columns);
    rows.push(
      models.map((model) => model.accuracy),
      models.map((model) => model.share),
    );
  }
  return drawFigure({
    title,
    facts: factsOf(undefined, seed),
    legend: [
      { label: "accuracy of the bin", kind: "square", colour: "#c8d0d9" },
      { label: "gap to the diagonal", kind: "line", colour: INK, symbol: "circle" },
      { label: "perfect calibration", kind: "dashes", colour: MUTED },
    ],
    rows,
  });
}

function checkBins(owner: string, bins: readonly ReliabilityBin[]): void {
  checkArray(ACTION, `${owner}.bins`, bins);
  for (const [i, bin] of bins.entries()) {
    const name = `${owner}.bins[${i}]`;
    checkBetween(ACTION, `${name}.lower`, bin.lower, 0, 1);
    checkFinite(ACTION, `${name}.upper`, bin.upper);
    if (bin.upper <= bin.lower || bin.upper > 1) {
      throw new RangeError(
        `Cannot ${ACTION}: ${name}.upper must be above lower ${bin.lower} and at most 1 but found ${bin.upper}`,
      );
    }
    checkInteger(ACTION, `${name}.count`, bin.count, 0);
    if (bin.count === 0) continue;
    checkBetween(ACTION, `${name}.meanConfidence`, bin.meanConfidence, 0, 1);
    checkBetween(ACTION, `${name}.accuracy`, bin.accuracy, 0, 1);
  }
  if (!bins.some((bin) => bin.count > 0)) {
    throw new RangeError(`Cannot ${ACTION}: ${owner}.bins must hold at least one prediction but found none`);
  }
}

function summarise(bins: readonly ReliabilityBin[]): { n: number; accuracy: number; error: number } {
  const filled = bins.filter((bin) => bin.count > 0);
  const n = filled.reduce((sum, bin) => sum + bin.count, 0);
  const mean = (of: (bin: ReliabilityBin) => number): number =>
    filled.reduce((sum, bin) => sum + (bin.count / n) * of(bin), 0);
  return {
    n,
    accuracy: mean((bin) => bin.accuracy),
    error: mean((bin) => Math.abs(bin.accuracy - bin.meanConfidence)),
  };
}

function describe({ n, accuracy, error }: { n: number; accuracy: number; error: number }): string {
  return `ECE ${percent(error)} · accuracy ${percent(accuracy)} · n = ${thousands(n)}`;
}

function accuracyPanel(
  width: number,
  bins: readonly ReliabilityBin[],
  fill: string,
  heading: readonly Markish[],
  marginTop: number,
): Panel {
  const filled = bins.filter((bin) => bin.count > 0);
  const gap = { x: "meanConfidence", y1: "accuracy", y2: "meanConfidence" };
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
        rectY(filled, {
          x1: "lower",
          x2: "upper",
          y: "accuracy",
          fill,
          fillOpacity: 0.35,
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        line([0, 1], { x: identity, y: identity, stroke: MUTED, strokeWidth: 1.25, strokeDasharray: "4,3" }),
        ruleX(filled, { ...gap, stroke: fill, strokeWidth: 2 }),
        dot(filled, { x: "meanConfidence", y: "accuracy", fill, r: 3.5 }),
        ...heading,
      ],
    },
  };
}

function sharePanel(width: number, bins: readonly ReliabilityBin[], fill: string, n: number, tallest: number): Panel {
  const share = (bin: ReliabilityBin): number => bin.count / n;
  return {
    width,
    height: 114,
    options: {
      ...MARGINS,
      marginTop: 8,
      x: { domain: [0, 1] },
      y: { domain: [0, tallest], nice: 2 },
      marks: [
        ...axes(
          { x: "confidence (%)", y: "share (%)" },
          { xTicks: FIFTHS, yTicks: 2, xFormat: percentTick, yFormat: percentTick },
        ),
        rectY(bins, { x1: "lower", x2: "upper", y: share, fill, insetLeft: 0.5, insetRight: 0.5 }),
      ],
    },
  };
}
