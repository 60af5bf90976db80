import { checkInteger, checkNumbers, checkPair, checkSeries, checkText } from "./_check.ts";
import { checkFigureOptions, drawFigure, factsOf } from "./_figure.ts";
import { beyondLabel, extent, histogram } from "./_histogram.ts";
import { axes, MARGINS, percentTick, tickCount } from "./_marks.ts";
import { colour, shortNumber, thousands } from "./_style.ts";
import type { FigureOptions } from "./figure_options.ts";

/** The energies of one set of inputs. */
export interface EnergySeries {
  /** What the inputs are, such as data, buffer or noise. */
  readonly name: string;
  /** The energy of each input; lower is more typical. */
  readonly energies: ArrayLike<number>;
}

/** Options of {@linkcode energyHistogram}. */
export interface EnergyHistogramOptions extends Omit<FigureOptions, "n"> {
  /** How many bins of equal width there are, from 2 to 500. @default {50} */
  readonly bins?: number;
  /** The part of the axis that is drawn; energies beyond it are counted in a note. @default {from the lowest to the highest} */
  readonly domain?: readonly [lowest: number, highest: number];
  /** The label of the horizontal axis. @default {"energy"} */
  readonly energyLabel?: string;
}

const ACTION = "draw energy histogram";

/**
 * Draws the energies of several sets over one another, each as shares of itself: of data, of the chains of a replay buffer
 * and of noise, say. Chains that follow the model have the energies of the data; noise has higher ones.
 *
 * @example Usage
 * ```ts
 * import { energyHistogram } from "@jem-js/report";
 * import { expect } from "vitest";
 *
 * const svg = energyHistogram([
 *   { name: "data", energies: [-3.1, -2.7, -2.9] },
 *   { name: "buffer", energies: Float32Array.of(-3, -2.5) },
 *   { name: "noise", energies: [1.5, 0.7] },
 * ]);
 * expect(svg).toContain("data (n = 3)");
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.12370 | Nijkamp et al., On the anatomy of MCMC-based maximum likelihood learning of energy-based models}
 *
 * @param series One to seven sets with different names.
 * @param options Title, seed, temperature, width; bins, domain and label of the axis.
 * @returns A standalone SVG; equal arguments give equal strings.
 * @throws {TypeError} When a list, a name or a number is of another kind.
 * @throws {RangeError} When there is no set or too many, one is empty, or a number is out of range.
 */
export function energyHistogram(series: readonly EnergySeries[], options: EnergyHistogramOptions = {}): string {
  checkFigureOptions(ACTION, options);
  const { title = "Energies", width = 560, bins = 50, energyLabel = "energy" } = options;
  checkInteger(ACTION, "bins", bins, 2, 500);
  checkText(ACTION, "energyLabel", energyLabel);
  if (options.domain !== undefined) checkPair(ACTION, "domain", "[lowest, highest]", options.domain);
  checkSeries(ACTION, series);
  for (const [i, { energies }] of series.entries()) checkNumbers(ACTION, `series[${i}].energies`, energies);
  const sets = series.map(({ energies }) => energies);
  const domain = options.domain ?? extent(sets);
  const { highest, beyond, marks } = histogram(sets, domain, bins, colour);
  const means = series.map(
    ({ name, energies }) => `${name} ${shortNumber(meanOf(energies))} (n = ${thousands(energies.length)})`,
  );
  return drawFigure({
    title,
    description: `Mean energy: ${means.join(", ")}.`,
    facts: factsOf(options),
    legend: series.map(({ name, energies }, i) => ({
      label: `${name} (n = ${thousands(energies.length)})`,
      kind: "square",
      colour: colour(i),
    })),
    rows: [
      [
        {
          width,
          height: 280,
          options: {
            ...MARGINS,
            x: { domain: [...domain] },
            y: { domain: [0, highest], nice: true },
            marks: [
              ...axes(
                { x: beyondLabel(energyLabel, beyond), y: "share of the set (%)" },
                { xTicks: tickCount(width), yTicks: 4, yFormat: percentTick },
              ),
              ...marks,
            ],
          },
        },
      ],
    ],
  });
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
