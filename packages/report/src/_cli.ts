#!/usr/bin/env node
import { parseArgs } from "node:util";
import { report } from "./report.ts";

const usage = `Writes the report of a run from its folder, or a comparison of several runs.

Usage: npx @jem-js/report FOLDER... [options]

  --out FILE     where the page goes (default: report.html in the folder of a run, comparison.html beside the first of several)
  --title TEXT   the title of the page
  --help         this text
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: "string" }, title: { type: "string" }, help: { type: "boolean", default: false } },
  });
  const { help, ...options } = values;
  if (help) return void process.stdout.write(usage);
  if (positionals.length === 0) throw new RangeError(`Cannot report run: no folder is given\n\n${usage}`);
  const { path, problems } = await report(positionals, options);
  for (const { file, problem } of problems) process.stderr.write(`${file} ${problem}\n`);
  process.stdout.write(`${path}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
