/** The values of a figure over the seeds. */
export interface Summary {
  readonly values: readonly number[];
  readonly mean: number;
  /** Half of the interval of 95 % for the mean by Student's t; none for a single value. */
  readonly margin?: number;
}

/** What one seed yields: figures by name. A name `network: figure` belongs to a network. */
export type Figures = Readonly<Record<string, number>>;

/** Quantiles 0.975 of Student's t with 1 to 10 degrees of freedom. */
const QUANTILES = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** The mean of values and its interval. */
export function summarize(values: readonly number[]): Summary {
  const n = values.length;
  const [first = Number.NaN] = values;
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / n; // exact when all are equal
  if (n < 2) return { values, mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return { values, mean, margin: quantile(n - 1) * Math.sqrt(variance / n) };
}

function quantile(freedom: number): number {
  const z = 1.959964;
  return (
    QUANTILES[freedom - 1] ??
    z + (z ** 3 + z) / (4 * freedom) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2)
  );
}

/** Summarises the figures of all seeds, with the differences of JEM and control seed by seed. */
export function summarizeAll(seeds: readonly Figures[]): Record<string, Summary> {
  const all = seeds.map((figures) => ({ ...figures, ...differencesOf(figures) }));
  const names = [...new Set(all.flatMap((figures) => Object.keys(figures)))];
  return Object.fromEntries(
    names.map((name) => [name, summarize(all.flatMap((figures: Figures) => figures[name] ?? []))]),
  );
}

/** `JEM - control: figure` of each figure that both have. */
function differencesOf(figures: Figures): Figures {
  const shared = Object.keys(figures).flatMap((name) => {
    const figure = name.startsWith("JEM: ") ? name.slice(5) : "";
    return figure && `control: ${figure}` in figures ? [figure] : [];
  });
  return Object.fromEntries(
    shared.map((figure) => [`JEM - control: ${figure}`, figures[`JEM: ${figure}`]! - figures[`control: ${figure}`]!]),
  );
}

/** A table with a row for each figure and a column for each network: means, and the margins of their intervals. */
export function pivotTable(summaries: Readonly<Record<string, Summary>>): string {
  const cells = Object.entries(summaries).map(([name, summary]) => {
    const at = name.indexOf(": ");
    return { column: at < 0 ? "" : name.slice(0, at), row: name.slice(at < 0 ? 0 : at + 2), text: asText(summary) };
  });
  const columns = [...new Set(cells.map(({ column }) => column))];
  const rows = [...new Set(cells.map(({ row }) => row))];
  const cellAt = (row: string, column: string): string =>
    cells.find((cell) => cell.row === row && cell.column === column)?.text ?? "";
  return markdownTable(
    ["", ...columns],
    rows.map((row) => [row, ...columns.map((column) => cellAt(row, column))]),
  );
}

/** A mean and its margin: `0.871 ± 0.012`. */
export function asText({ mean, margin }: Summary): string {
  return margin === undefined ? short(mean) : `${short(mean)} ± ${Number(margin.toPrecision(2))}`;
}

/** A number with three significant digits, or four where it is between 0.1 and 1 or above 10; a dash for NaN. */
function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(1) : String(Number(value.toPrecision(Math.abs(value) < 0.1 ? 3 : 4)));
}

/** A table as Markdown: a head, and rows of as many cells. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
