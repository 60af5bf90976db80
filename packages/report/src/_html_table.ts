import { checkArray, checkFinite, checkText, format } from "./_check.ts";
import { escapeXml } from "./_escape.ts";
import type { ReportTable } from "./html_report.ts";

/** A table with its caption, and a button that holds it as CSV. The `number` makes the name of its region no other's. */
export function renderTable(action: string, name: string, table: ReportTable, number: string): string {
  const { caption, columns, rows } = table;
  checkText(action, `${name}.caption`, caption);
  checkArray(action, `${name}.columns`, columns);
  checkArray(action, `${name}.rows`, rows);
  if (columns.length === 0) throw new RangeError(`Cannot ${action}: ${name}.columns must not be empty`);
  for (const [i, column] of columns.entries()) checkText(action, `${name}.columns[${i}]`, column);
  for (const [i, row] of rows.entries()) checkRow(action, `${name}.rows[${i}]`, row, columns.length);
  const isNumeric = columns.map((_, j) => {
    const cells = rows.map((row) => row[j]).filter((cell) => cell !== null);
    return cells.length > 0 && cells.every((cell) => typeof cell === "number");
  });
  const head = columns.map((column, j) => `<th scope="col"${numberClass(isNumeric[j]!)}>${escapeXml(column)}</th>`);
  const body = rows.map((row) => `<tr>${row.map((cell, j) => renderCell(cell, j, isNumeric[j]!)).join("")}</tr>`);
  return [
    '<div class="table">',
    `<div class="scroll" role="region" tabindex="0" aria-label="${escapeXml(`Table ${number}: ${caption}`)}"><table>`,
    `<caption>${escapeXml(caption)}</caption>`,
    `<thead><tr>${head.join("")}</tr></thead>`,
    `<tbody>\n${body.join("\n")}\n</tbody>`,
    "</table></div>",
    `<button type="button" hidden aria-live="polite" data-csv="${escapeXml(toCsv([columns, ...rows]))}">Copy as CSV</button>`,
    "</div>",
  ].join("\n");
}

function checkRow(action: string, name: string, row: ReportTable["rows"][number], columns: number): void {
  checkArray(action, name, row);
  if (row.length !== columns) {
    throw new TypeError(`Cannot ${action}: ${name} must have ${columns} cells, one a column, but found ${row.length}`);
  }
  for (const [j, cell] of row.entries()) {
    if (typeof cell === "number") checkFinite(action, `${name}[${j}]`, cell);
    else if (typeof cell !== "string" && cell !== null) {
      throw new TypeError(`Cannot ${action}: ${name}[${j}] must be text, a number or null but found ${format(cell)}`);
    }
  }
}

function renderCell(cell: string | number | null, column: number, isNumeric: boolean): string {
  if (column === 0 && typeof cell === "string") return `<th scope="row">${escapeXml(cell)}</th>`;
  const shown = typeof cell === "number" ? numberText(cell) : (cell ?? "");
  return `<td${numberClass(isNumeric)}>${escapeXml(shown)}</td>`;
}

/** Whole numbers, such as seeds, with all digits. */
function numberText(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

function numberClass(isNumeric: boolean): string {
  return isNumeric ? ' class="number"' : "";
}

/** Rows as CSV (RFC 4180), with line feeds. */
function toCsv(rows: readonly (readonly (string | number | null)[])[]): string {
  const field = (cell: string | number | null): string => {
    const text = String(cell ?? "");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(field).join(",")}\n`).join("");
}
