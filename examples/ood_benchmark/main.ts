/** Compares all detectors of out-of-distribution inputs on a JEM and a cross-entropy control. See README.md. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Benchmark, benchmark, benchmarkTable, type Classifier, type Detector, fitMany } from "@jem-js/ood";
import { foldIn, key } from "@jem-js/random";
import { compare } from "./src/acceptance.ts";
import { startBackend } from "./src/backend.ts";
import { readSets, type Sets } from "./src/datasets.ts";
import { detectorsOf } from "./src/detectors.ts";
import { drawFigures } from "./src/figures.ts";
import { networksOf } from "./src/networks.ts";
import { readOptions, usage } from "./src/options.ts";
import { comparisonTable, figuresOf, type Results, trainedTable } from "./src/tables.ts";
import { trainAll } from "./src/trained.ts";

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(usage);
    return 0;
  }
  const { images, fitted, iterations, out, seed, smoke } = options;
  const backend = await startBackend(options.backend);
  const sets = await readSets(options, key(seed));
  const networks = await networksOf(options, sets.train);
  console.log(`Detectors on the networks of ${networks.source}, ${images} images a set, on the ${backend} backend.`);

  mkdirSync(out, { recursive: true });
  const results: Record<string, Benchmark> = {};
  const notes: Notes = {};
  for (const [name, model] of Object.entries(networks.models)) {
    const detectors = detectorsOf(model, networks, foldIn(key(seed), 10), smoke ? 3 : 30);
    results[name] = await measure(name, model, detectors, sets, notes);
  }
  const training = { iterations: smoke ? 20 : iterations, epochs: smoke ? 3 : 30, key: foldIn(key(seed), 11) };
  const trained: Record<string, Benchmark> = {};
  for (const [name, { classifier, detectors }] of Object.entries(await trainAll(sets.train, training))) {
    trained[name] = await measure(name, classifier, detectors, sets, notes);
  }

  drawFigures(options, results);
  const all: Results = { ...results, ...trained };
  const comparisons = `${comparisonTable(results)}\n\n${trainedTable(trained)}`;
  const tables = Object.entries(all).map(([name, result]) => `## ${name}\n\n${benchmarkTable(result)}`);
  writeFileSync(join(out, "tables.md"), `${[comparisons, ...tables].join("\n\n")}\n`);
  const details = { source: networks.source, backend, images, fitted, iterations: training.iterations, seed };
  const rows = Object.entries(all).flatMap(([network, result]) => result.rows.map((row) => ({ network, ...row })));
  const seconds = Object.fromEntries(Object.entries(all).map(([name, result]) => [name, result.seconds]));
  writeFileSync(join(out, "results.json"), `${JSON.stringify({ ...details, rows, seconds, notes }, undefined, 2)}\n`);
  console.log(`\n${comparisons}\n\nEverything is in ${out}.`);
  return smoke ? 0 : judge(figuresOf(all));
}

/** What the fit of each detector of each network had to do beside its method. */
type Notes = Record<string, Readonly<Record<string, readonly string[]>>>;

/** Fits the detectors on a network and compares them. */
async function measure(
  name: string,
  classifier: Classifier,
  detectors: Readonly<Record<string, Detector>>,
  { fitted, validation, tuning, test, out }: Sets,
  notes: Notes,
): Promise<Benchmark> {
  const start = performance.now();
  await fitMany(Object.values(detectors), classifier, fitted, { validation, outOfDistribution: tuning });
  const middle = performance.now();
  const result = await benchmark(detectors, { MNIST: test }, out);
  const end = performance.now();
  console.log(`${name}: fitted in ${inSeconds(middle - start)}, scored in ${inSeconds(end - middle)}.`);
  notes[name] = Object.fromEntries(Object.entries(detectors).map(([of, detector]) => [of, detector.notes]));
  return result;
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
