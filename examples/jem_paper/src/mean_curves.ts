import { robustnessCurve } from "@jem-js/report";
import { type Figures, summarize } from "./summary.ts";

/** The name of the figure of a network under attack at a radius. */
export function curveFigure(name: string, norm: string, epsilon: number): string {
  return `${name}: accuracy, ${norm} ${Number(epsilon.toFixed(3))}`;
}

/** Draws accuracy against radius, means over the seeds with their intervals where there are more than one. */
export function meanCurve(
  measured: readonly Figures[],
  norm: "linf" | "l2",
  { names, seeds, n }: { readonly names: readonly string[]; readonly seeds: readonly number[]; readonly n: number },
): string {
  const radii = Object.keys(measured[0]!).flatMap((figure) => {
    const [, radius] = figure.split(`${names[0]}: accuracy, ${norm} `);
    return radius === undefined ? [] : [Number(radius)];
  });
  const series = names.map((name) => {
    const summaries = radii.map((radius) =>
      summarize(measured.map((figures) => figures[curveFigure(name, norm, radius)]!)),
    );
    const intervals = summaries.map(({ mean, margin = 0 }) => ({
      lower: Math.max(0, mean - margin),
      upper: Math.min(1, mean + margin),
    }));
    const accuracies = summaries.map(({ mean }) => mean);
    return { name, epsilons: radii, accuracies, ...(measured.length > 1 && { intervals }) };
  });
  return robustnessCurve(series, { norm, n, seed: seeds, chance: 0.1 });
}
