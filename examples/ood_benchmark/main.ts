/** Compares all detectors of out-of-distribution inputs on a JEM and a cross-entropy control. See README.md. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Benchmark, benchmark, benchmarkTable, fitMany } from "@jem-js/ood";
import { foldIn, key } from "@jem-js/random";
import { compare } from "./src/acceptance.ts";
import { startBackend } from "./src/backend.ts";
import { readSets } from "./src/datasets.ts";
import { detectorsOf } from "./src/detectors.ts";
import { drawFigures } from "./src/figures.ts";
import { networksOf } from "./src/networks.ts";
import { readOptions, usage } from "./src/options.ts";
import { comparisonTable, figuresOf } from "./src/tables.ts";

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(usage);
    return 0;
  }
  const { images, fitted, out, seed, smoke } = options;
  const backend = await startBackend(options.backend);
  const sets = await readSets(options, key(seed));
  const networks = await networksOf(options, sets.train);
  console.log(`Detectors on the networks of ${networks.source}, ${images} images a set, on the ${backend} backend.`);

  mkdirSync(out, { recursive: true });
  const results: Record<string, Benchmark> = {};
  const notes: Record<string, Record<string, readonly string[]>> = {};
  for (const [name, model] of Object.entries(networks.models)) {
    const detectors = detectorsOf(model, networks, foldIn(key(seed), 10));
    const start = performance.now();
    const auxiliary = { validation: sets.validation, outOfDistribution: sets.tuning };
    await fitMany(Object.values(detectors), model, sets.fitted, auxiliary);
    const middle = performance.now();
    results[name] = await benchmark(detectors, { MNIST: sets.test }, sets.out);
    const end = performance.now();
    console.log(`${name}: fitted in ${inSeconds(middle - start)}, scored in ${inSeconds(end - middle)}.`);
    notes[name] = Object.fromEntries(Object.entries(detectors).map(([of, detector]) => [of, detector.notes]));
  }

  drawFigures(options, results);
  const tables = Object.entries(results).map(([name, result]) => `## ${name}\n\n${benchmarkTable(result)}`);
  const text = [comparisonTable(results), ...tables].join("\n\n");
  writeFileSync(join(out, "tables.md"), `${text}\n`);
  const details = { source: networks.source, backend, images, fitted, seed };
  const rows = Object.entries(results).flatMap(([network, result]) => result.rows.map((row) => ({ network, ...row })));
  const seconds = Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.seconds]));
  writeFileSync(join(out, "results.json"), `${JSON.stringify({ ...details, rows, seconds, notes }, undefined, 2)}\n`);
  console.log(`\n${comparisonTable(results)}\n\nEverything is in ${out}.`);
  return smoke ? 0 : judge(figuresOf(results));
}

/** Holds the figures against what is expected; returns the exit code. */
function judge(figures: Readonly<Record<string, number>>): number {
  const rows = compare(figures, JSON.parse(readFileSync(new URL("expected.json", import.meta.url), "utf8")));
  console.table(rows.map((row) => ({ ...row, got: Number(row.got.toFixed(4)) })));
  const failed = rows.filter(({ passes }) => !passes).length;
  console.log(failed === 0 ? "All figures are as expected." : `${failed} figures are not as expected.`);
  return failed === 0 ? 0 : 1;
}

function inSeconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
