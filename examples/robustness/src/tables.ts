import type { RobustnessCurve } from "@jem-js/attacks";
import type { Finding, Plan } from "./comparison.ts";

/** What the norms are called in texts. */
export const normNames = { linf: "L∞", l2: "L2", l1: "L1", l0: "L0" } as const;

/** Of each network the accuracy at each radius, by attack and in the worst case, and the smallest perturbations. */
export function tablesOf({ norm, epsilons }: Plan, findings: readonly Finding[]): string[] {
  const accuracies = ({ accuracies, intervals }: RobustnessCurve, isWorst: boolean): string[] =>
    accuracies.map((accuracy, i) => percent(accuracy, isWorst ? intervals[i] : undefined));
  const byRadius = findings.flatMap(({ name, alone, worst }) => [
    ...Object.entries(alone).map(([attack, curve]) => [name, attack, ...accuracies(curve, false)]),
    [name, "**worst case**", ...accuracies(worst, true)],
  ]);
  const byDistance = findings.flatMap(({ name, distances }) =>
    distances.map(({ attack, successRate, median, mean, queries, gradients }) => [
      name,
      attack === "worst case" ? `**${attack}**` : attack,
      percent(successRate),
      ...[median, mean, queries, gradients].map(short),
    ]),
  );
  return [
    `Accuracy in % at ${normNames[norm]} radii, with intervals of 95 %:`,
    markdownTable(["network", "attack", ...epsilons.map((epsilon) => `ε = ${epsilon}`)], byRadius),
    `Smallest perturbations in ${normNames[norm]} of what was classified correctly:`,
    markdownTable(["network", "attack", "success %", "median", "mean", "queries", "gradients"], byDistance),
  ];
}

/** The figures of the worst case by name, for `expected.json`. */
export function figuresOf({ norm, epsilons }: Plan, findings: readonly Finding[]): Record<string, number> {
  return Object.fromEntries(
    findings.flatMap(({ name, worst, distances }) => [
      ...epsilons.map((epsilon, i) => [`${name}, accuracy at ${norm} ${epsilon}`, worst.accuracies[i]!]),
      [`${name}, median ${norm}`, distances.at(-1)!.median],
    ]),
  );
}

/** A table as Markdown: a head, and rows of as many cells. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A share in percent, with its interval where there is one: `31 (24–38)`; a dash for NaN. */
export function percent(share: number, interval?: { readonly lower: number; readonly upper: number }): string {
  const text = Number.isNaN(share) ? "–" : String(Number((100 * share).toFixed(1)));
  return interval ? `${text} (${(100 * interval.lower).toFixed(0)}–${(100 * interval.upper).toFixed(0)})` : text;
}

/** A number with three significant digits; a dash for NaN. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "∞";
}
