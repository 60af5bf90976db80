import type { Benchmark } from "@jem-js/ood";

/** The benchmark of each network. */
export type Results = Readonly<Record<string, Benchmark>>;

/** The AUROC in percent of each detector on each set: of all networks, in their order. */
export function comparisonTable(results: Results): string {
  const names = Object.keys(results);
  const rows = Object.values(results).flatMap((benchmark) => benchmark.rows);
  const sets = [...new Map(rows.map(({ outSet, distance }) => [outSet, distance]))];
  const found = new Map(
    Object.entries(results).flatMap(([name, benchmark]) =>
      benchmark.rows.map((row) => [`${row.detector}\n${row.outSet}\n${name}`, row.auroc] as const),
    ),
  );
  const detectors = new Map(rows.map((row) => [row.detector, row.tunedWithOutOfDistribution]));
  const head = ["detector", ...sets.map(([set, distance]) => `${set} (${distance})`)];
  const lines = [...detectors].map(([detector, isTuned]) => [
    isTuned ? `${detector} †` : detector,
    ...sets.map(([set]) => names.map((name) => percent(found.get(`${detector}\n${set}\n${name}`))).join(" / ")),
  ]);
  const table = markdownTable(head, lines);
  return `AUROC in %, ${names.join(" / ")}; † tuned with out-of-distribution examples, of Fashion-MNIST:\n\n${table}`;
}

/** The accuracies of the networks and the AUROCs by name, for `expected.json`. */
export function figuresOf(results: Results): Record<string, number> {
  const entries = Object.entries(results).flatMap(([name, { rows, accuracies }]) => [
    ...Object.entries(accuracies).map(([set, accuracy]) => [`${name}, accuracy on ${set}`, accuracy] as const),
    ...rows.map((row) => [`${name}, ${row.detector}, ${row.outSet}`, row.auroc] as const),
  ]);
  return Object.fromEntries(entries);
}

/** A table as Markdown: a head, and rows of as many cells. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function percent(share: number | undefined): string {
  return share === undefined ? "–" : (100 * share).toFixed(1);
}
