import { auroc } from "@jem-js/metrics";
import type { PlotOptions } from "@observablehq/plot";
import { checkInteger, checkPair, checkScores } from "./_check.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type Panel } from "./_figure.ts";
import { beyondLabel, extent, histogram } from "./_histogram.ts";
import { axes, MARGINS, panelHeadings, percentTick, tickCount } from "./_marks.ts";
import { countScores } from "./_scores.ts";
import { colour } from "./_style.ts";
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
  checkScores(ACTION, series);
  for (const [i, { domain }] of series.entries()) {
    if (domain !== undefined) checkPair(ACTION, `series[${i}].domain`, "[lowest, highest]", domain);
  }
  const columns = Math.min(series.length, 2);
  const { title = "Scores in and out of distribution", width = columns === 1 ? 520 : 760 } = options;
  const panelWidth = Math.floor(width / columns);
  const summaries = series.map(({ inScores, outScores }) => summarise(inScores, outScores));
  const headings = panelHeadings(
    series.map(({ name }, i) => ({ name, summary: summaries[i]! })),
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
    description: describeSeries(series, summaries),
    facts: factsOf(options),
    legend: [
      { label: inLabel, kind: "square", colour: colour(0) },
      { label: outLabel, kind: "square", colour: colour(1) },
    ],
    rows,
  });
}

function summarise(inScores: ArrayLike<number>, outScores: ArrayLike<number>): string {
  const area = auroc(inScores, outScores).toFixed(3);
  return `AUROC ${area} · ${countScores({ inScores, outScores })}`;
}

function scorePlot(series: ScoreSeries, bins: number, scoreLabel: string, width: number): PlotOptions {
  const sets = [series.inScores, series.outScores];
  const domain = series.domain ?? extent(sets);
  const { highest, beyond, marks } = histogram(sets, domain, bins, colour);
  return {
    x: { domain: [...domain] },
    y: { domain: [0, highest], nice: true },
    marks: [
      ...axes(
        { x: beyondLabel(scoreLabel, beyond), y: "share of the set (%)" },
        { xTicks: tickCount(width), yTicks: 4, yFormat: percentTick },
      ),
      ...marks,
    ],
  };
}
