import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bounds, compare } from "./acceptance.ts";
import type { Script } from "./options.ts";

/** What a script ends with. */
export interface Ending {
  readonly script: Script;
  readonly out: string;
  readonly smoke: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly tables: readonly string[];
  readonly details: Readonly<Record<string, string | number>>;
}

/** Writes results.json and tables.md, and prints the tables and, but for a smoke run, what was expected, if anything was; returns the exit code. */
export function finish({ script, out, smoke, figures, tables, details }: Ending): number {
  writeFileSync(join(out, "results.json"), `${JSON.stringify({ ...details, figures }, undefined, 2)}\n`);
  const text = tables.join("\n\n");
  writeFileSync(join(out, "tables.md"), `${text}\n`);
  console.log(`\n${text}\n`);
  console.log(`Everything is in ${out}.`);
  if (smoke) return 0;
  const path = new URL("../expected.json", import.meta.url);
  const expected: Record<string, Record<string, Bounds>> = JSON.parse(readFileSync(path, "utf8"));
  const rows = compare(figures, expected[script.name]!);
  if (rows.length === 0) return 0;
  console.table(rows.map((row) => ({ ...row, got: Number(row.got.toFixed(4)) })));
  const failed = rows.filter(({ passes }) => !passes).length;
  console.log(failed === 0 ? "All figures are as expected." : `${failed} figures are not as expected.`);
  return failed === 0 ? 0 : 1;
}

/** Runs a script: its result is the exit code, and of an error only the message is printed. */
export async function exitWith(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
