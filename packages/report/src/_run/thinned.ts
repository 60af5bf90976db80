import type { JsonRow } from "./json_lines.ts";

/** Some of the rows of a long file, evenly. */
export interface Thinned {
  /** Their finite numbers; objects without a prototype, for fields may have any name. */
  readonly rows: readonly Readonly<Record<string, number>>[];
  /** The last row of all. */
  readonly last: Readonly<Record<string, number>> | undefined;
  /** Of how many rows one is kept. */
  readonly every: number;
  /** How many rows there were. */
  readonly total: number;
  /** How many numbers of all rows were not finite; JSON has `null` for them. */
  readonly nonFinite: number;
}

const MOST = 2000;
const MOST_FIELDS = 64;

/** Collects up to 2,000 of any number of rows: whenever there are more, every other is dropped. */
export function thinned(): { add(row: JsonRow): void; end(): Thinned } {
  let rows: Readonly<Record<string, number>>[] = [];
  let last: Readonly<Record<string, number>> | undefined;
  let every = 1;
  let total = 0;
  let nonFinite = 0;
  return {
    add: (row) => {
      const numbers: Record<string, number> = Object.create(null);
      for (const [name, value] of Object.entries(row).slice(0, MOST_FIELDS)) {
        if (typeof value === "number" && Number.isFinite(value)) numbers[name] = value;
        else if (value === null || typeof value === "number") nonFinite++;
      }
      last = numbers;
      if (total++ % every !== 0) return;
      rows.push(numbers);
      if (rows.length <= MOST) return;
      rows = rows.filter((_, i) => i % 2 === 0);
      every *= 2;
    },
    end: () => ({ rows, last, every, total, nonFinite }),
  };
}
