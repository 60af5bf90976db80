import type { Benchmark } from "@jem-js/ood";

/** The benchmark of each network. */
export type Results = Readonly<Record<string, Benchmark>>;

/** The AUROC in percent of each detector on each set: of all networks, in their order. */
export function comparisonTable(results: Results): string {
  const names = Object.keys(results);
  const rows = Object.values(results).flatMap((benchmark) => benchmark.rows);
  const sets = setsOf(results);
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

/** The same of networks that were trained for a detector of their own, with their accuracies. */
export function trainedTable(results: Results): string {
  const sets = setsOf(results);
  const lines = Object.entries(results).flatMap(([network, benchmark]) =>
    [...new Map(benchmark.rows.map((row) => [row.detector, row.tunedWithOutOfDistribution]))].map(
      ([detector, isTuned]) => [
        network,
        ...Object.values(benchmark.accuracies).map(percent),
        isTuned ? `${detector} †` : detector,
        ...sets.map(([set]) =>
          percent(benchmark.rows.find((row) => row.detector === detector && row.outSet === set)?.auroc),
        ),
      ],
    ),
  );
  const head = ["network", "accuracy", "detector", ...sets.map(([set, distance]) => `${set} (${distance})`)];
  return `AUROC in % of networks that were trained for a detector of their own, beside MSP on the same network:\n\n${markdownTable(head, lines)}`;
}

/** The accuracies of the networks and the AUROCs by name, for `expected.json`. */
export function figuresOf(results: Results): Record<string, number> {
  const entries = Object.entries(results).flatMap(([name, { rows, accuracies }]) => [
    ...Object.entries(accuracies).map(([set, accuracy]) => [`${name}, accuracy on ${set}`, accuracy] as const),
    ...rows.map((row) => [`${name}, ${row.detector}, ${row.outSet}`, row.auroc] as const),
  ]);
  return Object.fromEntries(entries);
}

/** The out-of-distribution sets and how far they are. */
function setsOf(results: Results): [set: string, distance: string][] {
  const rows = Object.values(results).flatMap((benchmark) => benchmark.rows);
  return [...new Map(rows.map(({ outSet, distance }) => [outSet, distance]))];
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
