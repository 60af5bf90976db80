import type { ReportTable } from "../html_report.ts";
import { isSeed } from "./seeds.ts";

/** The numbers of tables of the same caption, one a run, row by row. */
export interface Aligned {
  readonly caption: string;
  /** The columns that have numbers. */
  readonly columns: readonly string[];
  readonly rows: readonly AlignedRow[];
}

/** The numbers of a row in each run. */
interface AlignedRow {
  readonly label: string;
  /** The number of run `run` in column `column`, undefined when it has none. */
  at(run: number, column: string): number | undefined;
}

/** Brings together the rows of the same label, the text in their first column of text; the `tables` of a run are a list. */
export function align(tables: readonly (readonly ReportTable[])[]): Aligned[] {
  const captions = [...new Set(tables.flatMap((list) => list.map(({ caption }) => caption)))];
  return captions.flatMap((caption) => {
    const columns = new Set<string>();
    const rows = new Map<string, Map<string, number>[]>();
    for (const [run, list] of tables.entries()) {
      const table = list.find((one) => one.caption === caption);
      for (const [label, cells] of table ? labelled(table) : []) {
        const perRun = rows.get(label) ?? tables.map(() => new Map());
        rows.set(label, perRun);
        for (const [column, value] of cells) {
          columns.add(column);
          perRun[run]!.set(column, value);
        }
      }
    }
    if (columns.size === 0) return [];
    const aligned = [...rows]
      .filter(([, perRun]) => perRun.some((cells) => cells.size > 0))
      .map(([label, perRun]) => ({ label, at: (run: number, column: string) => perRun[run]!.get(column) }));
    return [{ caption, columns: [...columns], rows: aligned }];
  });
}

/** The numbers of each row by column, with its label, which is no other's. */
function labelled({ columns, rows }: ReportTable): [label: string, cells: [string, number][]][] {
  const labels = columns.findIndex((_, j) => rows.some((row) => typeof row[j] === "string"));
  const counts = new Map<string, number>();
  return rows.map((row, i) => {
    const text = labels === -1 ? `row ${i + 1}` : String(row[labels] ?? "");
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    const cells = columns.flatMap((column, j): [string, number][] => {
      const cell = row[j];
      return typeof cell === "number" && !isSeed(column) ? [[column, cell]] : [];
    });
    return [count === 1 ? text : `${text} (${count})`, cells];
  });
}
