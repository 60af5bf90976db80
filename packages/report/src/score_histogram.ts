import { auroc } from "@jem-js/metrics";
import { areaY, line, type PlotOptions } from "@observablehq/plot";
import { checkArray, checkInteger, checkNumbers, checkSeries, format } from "./_check.ts";
import { checkFigureOptions, drawFigure, factsOf, type Panel } from "./_figure.ts";
import { axes, MARGINS, panelHeadings, percentTick } from "./_marks.ts";
import { colour, thousands } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** The scores of one panel: one model, one kind of score, or one out-of-distribution set. */
export interface ScoreSeries {
  /** What is scored, the heading of the panel. */
  readonly name: string;
  /** Scores of in-distribution inputs; larger is more typical. */
  readonly inScores: ArrayLike<number>;
  /** Scores of out-of-distribution inputs. */
  readonly outScores: ArrayLike<number>;
  /**
   * The part of the axis that is drawn, lowest and highest score; scores beyond it are counted in a note, and in the
   * shares and the AUROC. @default {from the lowest to the highest score}
   */
  readonly domain?: readonly [lowest: number, highest: number];
}

/** Options of {@linkcode scoreHistogram}. */
export interface ScoreHistogramOptions extends Omit<FigureOptions, "n"> {
  /** How many bins of equal width span each panel, from 2 to 500. @default {40} */
  readonly bins?: number;
  /** The name of the in-distribution inputs in the legend. @default {"in-distribution"} */
  readonly inLabel?: string;
  /** The name of the out-of-distribution inputs in the legend. @default {"out-of-distribution"} */
  readonly outLabel?: string;
  /** The label of the horizontal axes. @default {"score"} */
  readonly scoreLabel?: string;
}

/** A corner of the outline of a histogram. */
interface Corner {
  readonly x: number;
  readonly y: number;
}

const ACTION = "draw score histogram";

/**
 * Draws the scores of in-distribution and out-of-distribution inputs over one another, one panel a model or a score, each
 * with axes of its own. Both are shares of their own set, so that sets of different sizes compare. Above each panel stand
 * the AUROC, the probability that an in-distribution input scores higher, and the sizes of both sets.
 *
 * Scores are density-like (log-density, approximate mass, largest probability): larger is more typical. Negate the score of
 * a detector, for which larger is more anomalous.
 *
 * @example Usage
 * ```ts
 * import { scoreHistogram } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = scoreHistogram([{ name: "log-density", inScores: [2, 3, 4, 5], outScores: [0, 1, 2.5] }]);
 * expect(svg).toContain("AUROC 0.917"); // 11 of 12 pairs
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model, §5.3}
 *
 * @param series One to seven panels with different names; two stand in a row.
 * @param options Title, seed, width, number of bins and labels.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind.
 * @throws {RangeError} When there is no series or too many, a set of scores is empty, or a number is out of range.
 */
export function scoreHistogram(series: readonly ScoreSeries[], options: ScoreHistogramOptions = {}): string {
  const { bins = 40, inLabel = "in-distribution", outLabel = "out-of-distribution", scoreLabel = "score" } = options;
  checkFigureOptions(ACTION, options);
  checkInteger(ACTION, "bins", bins, 2, 500);
  checkSeries(ACTION, series);
  for (const [i, item] of series.entries()) {
    checkNumbers(ACTION, `series[${i}].inScores`, item.inScores);
    checkNumbers(ACTION, `series[${i}].outScores`, item.outScores);
    if (item.domain !== undefined) checkDomain(`series[${i}].domain`, item.domain);
  }
  const columns = Math.min(series.length, 2);
  const { title = "Scores in and out of distribution", width = columns === 1 ? 520 : 760, seed } = options;
  const panelWidth = Math.floor(width / columns);
  const headings = panelHeadings(
    series.map(({ name, inScores, outScores }) => ({ name, summary: describe(inScores, outScores) })),
    panelWidth,
  );
  const rows: Panel[][] = [];
  for (const [i, item] of series.entries()) {
    const content = scorePlot(item, bins, scoreLabel, panelWidth);
    const marks = [...(content.marks ?? []), ...headings.marks[i]!];
    if (i % columns === 0) rows.push([]);
    rows.at(-1)!.push({
      width: panelWidth,
      height: 220 + headings.height,
      options: { ...MARGINS, marginTop: headings.height, ...content, marks },
    });
  }
  return drawFigure({
    title,
    facts: factsOf(undefined, seed),
    legend: [
      { label: inLabel, kind: "square", colour: colour(0) },
      { label: outLabel, kind: "square", colour: colour(1) },
    ],
    rows,
  });
}

function checkDomain(name: string, domain: readonly [number, number]): void {
  checkArray(ACTION, name, domain);
  const [lowest, highest] = domain;
  if (domain.length !== 2 || !Number.isFinite(lowest) || !Number.isFinite(highest) || lowest >= highest) {
    throw new RangeError(`Cannot ${ACTION}: ${name} must be [lowest, highest] but found ${format(domain)}`);
  }
}

function describe(inScores: ArrayLike<number>, outScores: ArrayLike<number>): string {
  const area = auroc(inScores, outScores).toFixed(3);
  return `AUROC ${area} · n = ${thousands(inScores.length)} in, ${thousands(outScores.length)} out`;
}

function scorePlot(series: ScoreSeries, bins: number, scoreLabel: string, width: number): PlotOptions {
  const sets = [Array.from(series.inScores), Array.from(series.outScores)];
  const domain = series.domain ?? extent(sets);
  const outlines = sets.map((scores) => outline(scores, domain, bins));
  const highest = Math.max(...outlines.flat().map((corner) => corner.y));
  const beyond = sets.flat().filter((score) => score < domain[0] || score > domain[1]).length;
  const label = beyond === 0 ? scoreLabel : `${scoreLabel} (${thousands(beyond)} beyond the axis)`;
  // Plot may draw 1.6 times as many ticks as it is asked for: none is nearer than 55 pixels to the next.
  const xTicks = Math.max(2, Math.floor((width - MARGINS.marginLeft - MARGINS.marginRight) / 88));
  return {
    x: { domain },
    y: { domain: [0, highest > 0 ? highest : 1], nice: true },
    marks: [
      ...axes({ x: label, y: "share of the set (%)" }, { xTicks, yTicks: 4, yFormat: percentTick }),
      ...outlines.flatMap((corners, i) => [
        areaY(corners, { x: "x", y1: 0, y2: "y", fill: colour(i), fillOpacity: 0.3 }),
        line(corners, { x: "x", y: "y", stroke: colour(i), strokeWidth: 1.5, strokeLinejoin: "miter" }),
      ]),
    ],
  };
}

/** The lowest and the highest of all scores, apart even when they are equal. */
function extent(sets: readonly (readonly number[])[]): [number, number] {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of sets.flat()) {
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
  }
  const apart = lowest < highest ? 0 : Math.max(1, Math.abs(lowest)) / 2;
  return [lowest - apart, highest + apart];
}

/**
 * The corners of the histogram of `scores` in shares of all of them, from 0 to 0. Bins are `[from, to)`; the last has its
 * upper end too.
 */
function outline(scores: readonly number[], [lowest, highest]: readonly [number, number], bins: number): Corner[] {
  const edge = (i: number): number => (i === bins ? highest : lowest + (i / bins) * (highest - lowest));
  const counts = new Array<number>(bins).fill(0);
  for (const score of scores) {
    if (score < lowest || score > highest) continue;
    counts[Math.min(bins - 1, Math.floor(((score - lowest) / (highest - lowest)) * bins))]! += 1;
  }
  const corners = counts.flatMap((count, i) => [
    { x: edge(i), y: count / scores.length },
    { x: edge(i + 1), y: count / scores.length },
  ]);
  return [{ x: lowest, y: 0 }, ...corners, { x: highest, y: 0 }];
}
