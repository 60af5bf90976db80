import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** A line of `metrics.jsonl` or `timing.jsonl`. */
export type JsonRow = Readonly<Record<string, unknown>>;

/** What is wrong with a file of JSON lines. */
export interface LinesCondition {
  /** How many whole lines are no JSON objects. */
  readonly damaged: number;
  /** Whether the last line has no end: it is being written, or its writer was killed. */
  readonly isTorn: boolean;
}

/** A longer line is damaged, whatever is in it. */
const LONGEST_LINE = 1 << 20;

/** Gives each JSON object of a file to `visit`, without ever holding more than a line of it, as far as it is long now. */
export async function readJsonLines(path: string, visit: (row: JsonRow) => void): Promise<LinesCondition> {
  const { size } = await stat(path);
  if (size === 0) return { damaged: 0, isTorn: false };
  let damaged = 0;
  let pieces: Buffer[] = [];
  let length = 0;
  const take = (piece: Buffer): void => {
    length += piece.length;
    if (length <= LONGEST_LINE) pieces.push(piece);
  };
  const end = (): JsonRow | undefined => {
    const row = length <= LONGEST_LINE ? parseRow(Buffer.concat(pieces).toString("utf8")) : undefined;
    pieces = [];
    length = 0;
    return row;
  };
  for await (const chunk of createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(10); to !== -1; to = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, to));
      from = to + 1;
      const isBlank = length === 0;
      const row = end();
      if (row) visit(row);
      else if (!isBlank) damaged++;
    }
    take(chunk.subarray(from));
  }
  if (length === 0) return { damaged, isTorn: false };
  const last = end();
  if (last) visit(last);
  return { damaged, isTorn: !last };
}

function parseRow(line: string): JsonRow | undefined {
  try {
    const row: unknown = JSON.parse(line);
    return isRecord(row) ? row : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is JsonRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
