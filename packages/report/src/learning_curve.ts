import type { Interval } from "@jem-js/metrics";
import { checkBetween, checkInteger, checkLength, checkLists, checkPair, checkSeries, checkText } from "./_check.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf } from "./_figure.ts";
import { checkAscending, checkShareIntervals, sharePanel } from "./_share_panel.ts";
import { percent, thousands } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** A share that one model reaches with training sets of several sizes. */
export interface LearningSeries {
  /** The name of the model. */
  readonly name: string;
  /** How many examples there are, ascending integers of at least 1. */
  readonly sizes: ArrayLike<number>;
  /** The share at each size, in `[0, 1]`: the mean over seeds, as many as there are sizes. */
  readonly values: ArrayLike<number>;
  /** The interval at each size, in `[0, 1]`, drawn as a band. @default {none} */
  readonly intervals?: readonly Interval[];
}

/** Options of {@linkcode learningCurve}. */
export interface LearningCurveOptions extends FigureOptions {
  /** What the share is, named at the axis. @default {"accuracy"} */
  readonly metric?: string;
  /** What is counted, named at the axis. @default {"labels"} */
  readonly examples?: string;
  /** The lowest and the highest share of the axis, from 0 to 1. @default {[0, 1]} */
  readonly domain?: readonly [lowest: number, highest: number];
  /** The share of guessing, in `[0, 1]`, drawn as a dashed line. @default {not drawn} */
  readonly chance?: number;
}

const ACTION = "draw learning curve";

/**
 * Draws a share, such as the accuracy, against the number of examples that one or several models learned from, on a logarithmic axis: one line a
 * model, with bands for the intervals over seeds.
 *
 * @example Usage
 * ```ts
 * import { learningCurve } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = learningCurve(
 *   [
 *     { name: "with log p(x)", sizes: [100, 1000], values: [0.8, 0.9] },
 *     { name: "labels alone", sizes: [100, 1000], values: [0.75, 0.91] },
 *   ],
 *   { domain: [0.5, 1], seed: [0, 1, 2] },
 * );
 * expect(svg).toContain("number of labels");
 * ```
 *
 * @param series One to seven models with different names.
 * @param options What the axes are; title, n, seed, temperature and width; the share of guessing.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind, or a model has not as many values or intervals as sizes.
 * @throws {RangeError} When there is no series or too many, a list is empty, sizes do not ascend, or a number is out of range.
 */
export function learningCurve(series: readonly LearningSeries[], options: LearningCurveOptions = {}): string {
  checkFigureOptions(ACTION, options);
  const { metric = "accuracy", examples = "labels", title = "Learning curve" } = options;
  const { domain = [0, 1], chance, width = 560 } = options;
  checkText(ACTION, "metric", metric);
  checkText(ACTION, "examples", examples);
  checkPair(ACTION, "domain", "[lowest, highest]", domain);
  for (const bound of domain) checkBetween(ACTION, "domain", bound, 0, 1);
  if (chance !== undefined) checkBetween(ACTION, "chance", chance, 0, 1);
  checkSeries(ACTION, series);
  for (const [i, item] of series.entries()) checkCurve(`series[${i}]`, item);

  const curves = series.map(({ sizes, values, intervals }) =>
    Array.from(sizes, (x, i) => ({ x, y: values[i]!, ...intervals?.[i] })),
  );
  const sizes = [...new Set(curves.flat().map(({ x }) => x))].sort((a, b) => a - b);
  const [least, most] = [sizes[0]!, sizes.at(-1)!];
  const { panel, legend } = sharePanel(
    series.map(({ name }) => name),
    curves,
    {
      width,
      labels: { x: `number of ${examples}`, y: `${metric} (%)` },
      // One size alone stands in the middle.
      x: { type: "log", domain: least === most ? [least / 2, most * 2] : [least, most] },
      xTicks: sizes,
      xFormat: thousands,
      y: domain,
      chance,
      band: "interval",
    },
  );
  const described = curves.map((points) => points.map(({ x, y }) => `${percent(y)} with ${thousands(x)}`).join(", "));
  return drawFigure({
    title,
    description: describeSeries(series, described),
    facts: factsOf(options),
    legend,
    rows: [[panel]],
  });
}

function checkCurve(owner: string, { sizes, values, intervals }: LearningSeries): void {
  checkLists(ACTION, owner, { sizes, values });
  for (let i = 0; i < sizes.length; i++) {
    checkInteger(ACTION, `${owner}.sizes[${i}]`, sizes[i], 1);
    checkBetween(ACTION, `${owner}.values[${i}]`, values[i], 0, 1);
  }
  checkAscending(ACTION, `${owner}.sizes`, sizes);
  if (intervals === undefined) return;
  checkLength(ACTION, `${owner}.intervals`, intervals.length, "sizes", sizes.length);
  checkShareIntervals(ACTION, owner, intervals);
}
