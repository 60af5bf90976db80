import { type Interval, wilsonInterval } from "@jem-js/metrics";
import { areaY, dot, line, type PlotOptions, ruleY } from "@observablehq/plot";
import { checkBetween, checkFinite, checkLength, checkLists, checkSeries, format } from "./_check.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf, type LegendItem } from "./_figure.ts";
import { axes, MARGINS, percentTick } from "./_marks.ts";
import { BAND, BAND_OPACITY, colour, MUTED, percent, shortNumber, symbol } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** The accuracy of one model under attack. */
export interface RobustnessSeries {
  /** The name of the model. */
  readonly name: string;
  /** The radii of the attack, ascending, at least 0; 0 is the clean accuracy. */
  readonly epsilons: ArrayLike<number>;
  /** The accuracy at each radius, in `[0, 1]`, as many as there are radii. */
  readonly accuracies: ArrayLike<number>;
  /**
   * The interval of confidence at each radius, in `[0, 1]`, drawn as a band.
   * @default {Wilson's 95 % intervals where `n` is given, otherwise none}
   */
  readonly intervals?: readonly Interval[];
}

/** Options of {@linkcode robustnessCurve}. */
export interface RobustnessCurveOptions extends FigureOptions {
  /** The norm that bounds the perturbation, named at the axis. */
  readonly norm: "l0" | "l1" | "l2" | "linf";
  /** Radii are shown times this number: 255 shows pixels in `[0, 1]` in steps of 8-bit images. @default {1} */
  readonly multiple?: number;
  /** The accuracy of guessing, in `[0, 1]`, drawn as a dashed line. @default {not drawn} */
  readonly chance?: number;
}

const ACTION = "draw robustness curve";
const NORMS: Readonly<Record<string, string>> = { l0: "L₀", l1: "L₁", l2: "L₂", linf: "L∞" };

/**
 * Draws the accuracy of one or several models against the radius of an adversarial attack, one line a model, with bands for
 * the intervals of confidence.
 *
 * @example Usage
 * ```ts
 * import { robustnessCurve } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = robustnessCurve(
 *   [
 *     { name: "JEM", epsilons: [0, 4 / 255, 8 / 255], accuracies: [0.92, 0.7, 0.4] },
 *     { name: "cross-entropy", epsilons: [0, 4 / 255, 8 / 255], accuracies: [0.95, 0.2, 0] },
 *   ],
 *   { norm: "linf", multiple: 255, n: 1000, seed: 0 },
 * );
 * expect(svg).toContain("ε × 255 (L∞ norm)");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model, §5.4}
 *
 * @param series One to seven models with different names.
 * @param options The norm; title, n, seed, temperature and width; how radii are shown; the accuracy of guessing.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name, a number or the norm is of another kind, or a model has not as many accuracies
 * or intervals as radii.
 * @throws {RangeError} When there is no series or too many, a list is empty, radii do not ascend, or a number is out of
 * range.
 */
export function robustnessCurve(series: readonly RobustnessSeries[], options: RobustnessCurveOptions): string {
  checkFigureOptions(ACTION, options);
  const { norm, title = "Accuracy under attack", n, width = 560, multiple = 1, chance } = options;
  const normName = NORMS[norm];
  if (normName === undefined) {
    throw new TypeError(`Cannot ${ACTION}: norm must be "l0", "l1", "l2" or "linf" but found ${format(norm)}`);
  }
  checkFinite(ACTION, "multiple", multiple);
  if (multiple <= 0) throw new RangeError(`Cannot ${ACTION}: multiple must be greater than 0 but found ${multiple}`);
  if (chance !== undefined) checkBetween(ACTION, "chance", chance, 0, 1);
  checkSeries(ACTION, series);
  for (const [i, item] of series.entries()) checkCurve(`series[${i}]`, item);

  const curves = series.map(({ epsilons, accuracies, intervals }) =>
    Array.from(epsilons, (epsilon, i) => {
      const accuracy = accuracies[i]!;
      const interval = intervals?.[i] ?? (n === undefined ? undefined : wilsonInterval(Math.round(accuracy * n), n));
      return { epsilon: epsilon * multiple, accuracy, ...interval };
    }),
  );
  const banded = curves.map((points) => points.every(({ lower }) => lower !== undefined));
  const legend: LegendItem[] = series.map(({ name }, i) => ({
    label: name,
    kind: "line",
    colour: colour(i),
    symbol: symbol(i),
  }));
  if (banded.includes(true)) {
    const isOwn = series.some(({ intervals }) => intervals !== undefined);
    legend.push({ label: isOwn ? "interval" : "95% interval (Wilson)", kind: "square", colour: BAND });
  }
  if (chance !== undefined) {
    legend.push({ label: `chance (${percentTick(chance)}%)`, kind: "dashes", colour: MUTED });
  }
  const largest = Math.max(...curves.flat().map(({ epsilon }) => epsilon));
  const at = { x: "epsilon", y: "accuracy" } as const;
  const plotOptions: PlotOptions = {
    ...MARGINS,
    x: { domain: [0, largest > 0 ? largest : 1] },
    y: { domain: [0, 1] },
    symbol: { type: "identity" },
    marks: [
      ...axes(
        { x: `ε${multiple === 1 ? "" : ` × ${multiple}`} (${normName} norm)`, y: "accuracy (%)" },
        { yFormat: percentTick },
      ),
      ...(chance === undefined ? [] : [ruleY([chance], { stroke: MUTED, strokeWidth: 1.25, strokeDasharray: "4,3" })]),
      ...curves.flatMap((points, i) =>
        banded[i]
          ? [areaY(points, { x: "epsilon", y1: "lower", y2: "upper", fill: colour(i), fillOpacity: BAND_OPACITY })]
          : [],
      ),
      ...curves.map((points, i) => line(points, { ...at, stroke: colour(i), strokeWidth: 2 })),
      ...curves.map((points, i) => dot(points, { ...at, fill: colour(i), symbol: symbol(i), r: 4 })),
    ],
  };
  return drawFigure({
    title,
    description: describeSeries(
      series,
      curves.map((points) =>
        points.map(({ epsilon, accuracy }) => `${percent(accuracy)} at ε ${shortNumber(epsilon)}`).join(", "),
      ),
    ),
    facts: factsOf(options),
    legend,
    rows: [[{ width, height: Math.round(0.58 * width), options: plotOptions }]],
  });
}

function checkCurve(owner: string, { epsilons, accuracies, intervals }: RobustnessSeries): void {
  checkLists(ACTION, owner, { epsilons, accuracies });
  if (intervals !== undefined) {
    checkLength(ACTION, `${owner}.intervals`, intervals.length, "epsilons", epsilons.length);
    for (const [i, { lower, upper }] of intervals.entries()) {
      checkBetween(ACTION, `${owner}.intervals[${i}].lower`, lower, 0, 1);
      checkBetween(ACTION, `${owner}.intervals[${i}].upper`, upper, lower, 1);
    }
  }
  for (let i = 0; i < epsilons.length; i++) {
    const epsilon = epsilons[i]!;
    const before = epsilons[i - 1];
    if (epsilon < 0) {
      throw new RangeError(`Cannot ${ACTION}: ${owner}.epsilons[${i}] must be at least 0 but found ${epsilon}`);
    }
    checkBetween(ACTION, `${owner}.accuracies[${i}]`, accuracies[i], 0, 1);
    if (before !== undefined && epsilon <= before) {
      throw new RangeError(
        `Cannot ${ACTION}: ${owner}.epsilons[${i}] must be above the one before, ${before}, but found ${epsilon}`,
      );
    }
  }
}
