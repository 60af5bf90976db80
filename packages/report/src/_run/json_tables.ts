import type { ReportTable } from "../html_report.ts";
import { isRecord, type JsonRow } from "./json_lines.ts";

/** A cell of a table. */
export type Cell = string | number | null;

const MOST_ROWS = 1000;
const MOST_COLUMNS = 40;
const LONGEST_TEXT = 400;
const DEEPEST = 8;

/** Any text as one that is seen and not too long: files and options may have any name. */
export function shown(text: string): string {
  if (text.trim() === "") return "(empty)";
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** A JSON value as tables: a list of objects has a row for each, other objects a row for each value in them. */
export function tablesOf(caption: string, value: unknown): ReportTable[] {
  if (isList(value)) return [recordsTable(caption, value)];
  if (!isRecord(value)) return [valuesTable(caption, flatten(value))];
  const entries = Object.entries(value);
  const values = entries.filter(([, item]) => !isList(item));
  return [
    ...(values.length > 0 ? [valuesTable(caption, flatten(Object.fromEntries(values)))] : []),
    ...entries.flatMap(([name, item]) => (isList(item) ? [recordsTable(`${caption}: ${shown(name)}`, item)] : [])),
  ];
}

/** The values in a JSON value with their paths, such as `["sgld.steps", 10]`. A list of plain values is one text. */
export function flatten(value: unknown, path = "", depth = 0): [path: string, cell: Cell][] {
  const isNested = isRecord(value) || (Array.isArray(value) && value.some(isRecord));
  const entries = isNested && depth < DEEPEST ? Object.entries(value as object) : [];
  if (entries.length === 0) return [[path, toCell(value)]];
  return entries.flatMap(([name, item]) => flatten(item, path === "" ? name : `${path}.${name}`, depth + 1));
}

/** The cell of a JSON value, whole. */
export function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  return typeof value === "number" && Number.isFinite(value) ? value : toText(value);
}

/** A cell that is not too long. */
export function shownCell(cell: Cell): Cell {
  return typeof cell === "string" && cell !== "" ? shown(cell) : cell;
}

function toText(value: unknown): string {
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) return value.join(", ");
  if (typeof value !== "object") return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return "(nested too deeply)";
  }
}

function isList(value: unknown): value is readonly JsonRow[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}

function valuesTable(caption: string, entries: readonly [string, Cell][]): ReportTable {
  return limited(
    caption,
    ["name", "value"],
    entries.map(([path, cell]) => [shown(path), cell]),
  );
}

function recordsTable(caption: string, records: readonly JsonRow[]): ReportTable {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))].slice(0, MOST_COLUMNS);
  return limited(
    caption,
    columns.length > 0 ? columns.map(shown) : ["(empty)"],
    records.map((record) =>
      columns.length > 0 ? columns.map((name) => toCell(Object.hasOwn(record, name) ? record[name] : null)) : [null],
    ),
  );
}

function limited(caption: string, columns: readonly string[], rows: readonly Cell[][]): ReportTable {
  const isLong = rows.length > MOST_ROWS;
  return {
    caption: isLong ? `${caption} (the first ${MOST_ROWS} of ${rows.length} rows)` : caption,
    columns,
    rows: rows.slice(0, MOST_ROWS).map((row) => row.map(shownCell)),
  };
}
