import { type Interval, wilsonInterval } from "@jem-js/metrics";
import { checkBetween, checkFinite, checkLength, checkLists, checkSeries, format } from "./_check.ts";
import { checkFigureOptions, describeSeries, drawFigure, factsOf } from "./_figure.ts";
import { checkAscending, checkShareIntervals, sharePanel } from "./_share_panel.ts";
import { percent, shortNumber } from "./_style.ts";
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
      const y = accuracies[i]!;
      const interval = intervals?.[i] ?? (n === undefined ? undefined : wilsonInterval(Math.round(y * n), n));
      return { x: epsilon * multiple, y, ...interval };
    }),
  );
  const names = series.map(({ name }) => name);
  const largest = Math.max(...curves.flat().map(({ x }) => x));
  const isOwn = series.some(({ intervals }) => intervals !== undefined);
  const { panel, legend } = sharePanel(names, curves, {
    width,
    labels: { x: `ε${multiple === 1 ? "" : ` × ${multiple}`} (${normName} norm)`, y: "accuracy (%)" },
    x: { domain: [0, largest > 0 ? largest : 1] },
    y: [0, 1],
    chance,
    band: isOwn ? "interval" : "95% interval (Wilson)",
  });
  const described = curves.map((points) => points.map(({ x, y }) => `${percent(y)} at ε ${shortNumber(x)}`).join(", "));
  return drawFigure({
    title,
    description: describeSeries(series, described),
    facts: factsOf(options),
    legend,
    rows: [[panel]],
  });
}

function checkCurve(owner: string, { epsilons, accuracies, intervals }: RobustnessSeries): void {
  checkLists(ACTION, owner, { epsilons, accuracies });
  if (intervals !== undefined) {
    checkLength(ACTION, `${owner}.intervals`, intervals.length, "epsilons", epsilons.length);
    checkShareIntervals(ACTION, owner, intervals);
  }
  for (let i = 0; i < epsilons.length; i++) {
    const epsilon = epsilons[i]!;
    if (epsilon < 0) {
      throw new RangeError(`Cannot ${ACTION}: ${owner}.epsilons[${i}] must be at least 0 but found ${epsilon}`);
    }
    checkBetween(ACTION, `${owner}.accuracies[${i}]`, accuracies[i], 0, 1);
  }
  checkAscending(ACTION, `${owner}.epsilons`, epsilons);
}
