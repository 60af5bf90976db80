/** Options of {@linkcode readCsv}. */
export interface ReadCsvOptions {
  /** Whether the first line holds the names of the columns. @default {true} */
  readonly header?: boolean;
  /** What separates the fields of a line: one character, neither a quote nor the end of a line. @default {","} */
  readonly delimiter?: string;
}

/** A table of numbers. */
export interface Table {
  /** The name of each column; `"0"`, `"1"`, ... without a header. */
  readonly columns: readonly string[];
  /** `[rows, columns]`. */
  readonly shape: readonly [rows: number, columns: number];
  /** The values, row after row. A field that is empty is NaN. */
  readonly data: Float64Array;
}

/**
 * Reads a table of numbers from text of separated values (RFC 4180): fields may be in double quotes, lines end in LF or CRLF,
 * empty lines are passed over.
 *
 * @example Usage
 * ```ts
 * import { readCsv } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const table = readCsv("height,weight\n1.8,75\n1.6,\n");
 * expect(table.columns).toEqual(["height", "weight"]);
 * expect(table.data).toEqual(Float64Array.of(1.8, 75, 1.6, Number.NaN));
 * ```
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc4180 | RFC 4180}
 *
 * @param text The whole file.
 * @param options How it is laid out.
 * @returns The table, of shape `[rows, columns]`, owned by the caller.
 * @throws {TypeError} When `text` is not a string, a field is not a number, or `delimiter` is not a character that can be one.
 * @throws {RangeError} When there is no row, a row is longer or shorter than the first, a name occurs twice, or a quote is not
 * closed.
 */
export function readCsv(text: string, options: ReadCsvOptions = {}): Table {
  const action = "read CSV";
  const { header = true, delimiter = "," } = options;
  if (typeof text !== "string") throw new TypeError(`Cannot ${action}: text must be a string but found ${typeof text}`);
  if (delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
    throw new TypeError(`Cannot ${action}: delimiter must be one character but found ${JSON.stringify(delimiter)}`);
  }
  const lines = splitFields(action, text.replace(/^\ufeff/, ""), delimiter);
  const width = lines[0]?.length ?? 0;
  const columns = header
    ? (lines.shift() ?? []).map((name) => name.trim())
    : Array.from({ length: width }, (_, i) => `${i}`);
  if (lines.length === 0) throw new RangeError(`Cannot ${action}: expected at least 1 row but found 0`);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new RangeError(`Cannot ${action}: names must differ but found ${JSON.stringify(twice)} twice`);
  }
  const data = new Float64Array(lines.length * width);
  lines.forEach((fields, row) => {
    if (fields.length !== width) {
      throw new RangeError(`Cannot ${action}: row ${row} must have ${width} fields but found ${fields.length}`);
    }
    fields.forEach((field, column) => {
      const value = parseNumber(field.trim());
      if (value === undefined) {
        const shown = JSON.stringify(field.slice(0, 40));
        throw new TypeError(
          `Cannot ${action}: expected a number in column ${columns[column]}, row ${row} but found ${shown}`,
        );
      }
      data[row * width + column] = value;
    });
  });
  return { columns, shape: [lines.length, width], data };
}

/** A number as programs write it; nothing is NaN. `Number` alone would also take "0x10" and "0b1". */
function parseNumber(text: string): number | undefined {
  if (text === "") return Number.NaN;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  return infinite ? (infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : undefined;
}

/** The fields of each line that is not empty. */
function splitFields(action: string, text: string, delimiter: string): string[][] {
  const lines: string[][] = [];
  let fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    let field = "";
    if (text[at] === '"') {
      // Two quotes stand for one, a single one is the end.
      let close = text.indexOf('"', at + 1);
      while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
      if (close < 0)
        throw new RangeError(
          `Cannot ${action}: expected a closing quote for that in line ${lines.length} but found the end`,
        );
      field = text.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
    }
    let end = at;
    while (end < text.length && text[end] !== delimiter && text[end] !== "\n") end++;
    field += text.slice(at, end);
    at = end + 1;
    if (text[end] === delimiter) {
      fields.push(field);
      // A delimiter at the very end is followed by an empty field.
      if (at === text.length) fields.push("");
    } else {
      fields.push(field.replace(/\r$/, ""));
    }
    if (text[end] !== delimiter || at === text.length) {
      if (fields.length > 1 || fields[0] !== "") lines.push(fields);
      fields = [];
    }
  }
  return lines;
}
