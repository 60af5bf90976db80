/** Compares MC batch normalisation, MC dropout and multiplicative normalizing flows on real tables. See README.md. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toPng, uncertaintyErrorPlot } from "@jem-js/report";
import { startBackend } from "./src/backend.ts";
import { type Budget, type Run, runSplit } from "./src/experiment.ts";
import { methods } from "./src/methods.ts";
import { resultTables } from "./src/report.ts";
import { installedNames, loadTables, uciNames } from "./src/tables.ts";

const usage = `Compares MC batch normalisation, MC dropout and multiplicative normalizing flows on real tables.

Usage: npm start --workspace @jem-js-examples/mcbn_regression -- [options]

  --tables LIST    ${installedNames.join(",")} (default), or of the paper ${uciNames.join(",")}
  --data FOLDER    where the tables of the paper are, or are downloaded to (default data)
  --methods LIST   ${Object.keys(methods).join(",")} (default: all)
  --splits N       splits into training and test rows (default 5)
  --seeds N        networks for each split (default 5)
  --folds N        folds of the cross-validation of the precision (default 5)
  --epochs N       (default 120)
  --samples N      samples of a prediction (default 100)
  --backend NAME   native, wasm or cpu (default: native where it is installed, else wasm)
  --out FOLDER     where results.json, tables.md and the figures go (default runs/mcbn_regression-<time>)
  --smoke          in seconds, to see that everything works`;

function readArguments() {
  return parseArgs({
    options: {
      tables: { type: "string" },
      data: { type: "string", default: "data" },
      methods: { type: "string", default: Object.keys(methods).join(",") },
      splits: { type: "string" },
      seeds: { type: "string" },
      folds: { type: "string" },
      epochs: { type: "string" },
      samples: { type: "string" },
      backend: { type: "string" },
      out: { type: "string" },
      smoke: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }).values;
}

function count(name: string, text: string | undefined, standard: number, least: number = 1): number {
  const value = text === undefined ? standard : Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`--${name} must be an integer of at least ${least} but is ${text}`);
  }
  return value;
}

async function main(): Promise<void> {
  const values = readArguments();
  if (values.help) return console.log(usage);
  const { smoke } = values;
  const budget: Budget = {
    splits: count("splits", values.splits, smoke ? 2 : 5),
    seeds: count("seeds", values.seeds, smoke ? 1 : 5),
    folds: count("folds", values.folds, smoke ? 2 : 5, 2),
    samples: count("samples", values.samples, smoke ? 8 : 100),
    recipe: {
      epochs: count("epochs", values.epochs, smoke ? 2 : 120),
      batchSize: 32,
      learningRate: 0.003,
      weightDecay: 1e-4,
      dropout: 0.05,
    },
  };
  const names = values.methods.split(",");
  const unknown = names.find((name) => !(name in methods));
  if (unknown !== undefined) throw new RangeError(`--methods must be of ${Object.keys(methods)} but has ${unknown}`);
  const tables = await loadTables(
    (values.tables ?? (smoke ? "boston" : installedNames.join(","))).split(","),
    values.data,
  );
  const backend = await startBackend(values.backend);
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  const out = values.out ?? join("runs", `mcbn_regression-${time}`);
  mkdirSync(out, { recursive: true });
  console.log(`${backend} backend; everything goes to ${out}`);

  const runs: Run[] = [];
  for (const table of tables) {
    const [rows, features] = table.table.shape;
    console.log(`${table.name}: ${rows} rows, ${features} features, ${table.table.dropped} incomplete rows left out`);
    for (let split = 0; split < budget.splits; split++) {
      for (const name of names) {
        const start = performance.now();
        const own = await runSplit(table, [name, methods[name]!], split, budget);
        runs.push(...own);
        const seconds = ((performance.now() - start) / 1000).toFixed(1);
        const scores = own.map(
          ({ scores }) => `${scores.crps.normalized.toFixed(1)}/${scores.pll.normalized.toFixed(1)}`,
        );
        console.log(`  split ${split}, ${name}: normalised CRPS/PLL ${scores.join(", ")} (${seconds} s)`);
      }
    }
    writeFigure(out, table.name, runs, names);
    // After each table: a run takes long enough to be ended before the last.
    writeFileSync(join(out, "tables.md"), `${resultTables(runs, names)}\n`);
    const results = runs.map(({ scores: { errors: _, stds: __, ...scores }, ...run }) => ({ ...run, ...scores }));
    writeFileSync(join(out, "results.json"), `${JSON.stringify({ backend, budget, results }, undefined, 2)}\n`);
  }
  console.log(`\n${resultTables(runs, names)}\n\nEverything is in ${out}.`);
}

/** Draws the errors of all test rows in the order of their uncertainty. */
function writeFigure(out: string, table: string, runs: readonly Run[], names: readonly string[]): void {
  const series = names.map((name) => {
    const own = runs.filter((run) => run.table === table && run.method === name);
    return {
      name,
      uncertainties: own.flatMap(({ scores }) => [...scores.stds]),
      errors: own.flatMap(({ scores }) => [...scores.errors]),
    };
  });
  const svg = uncertaintyErrorPlot(series, {
    title: `Uncertainty and error: ${table}`,
    uncertaintyLabel: "predicted std",
  });
  const path = join(out, `uncertainty_error_${table.replace(":", "_")}`);
  writeFileSync(`${path}.svg`, svg);
  writeFileSync(`${path}.png`, toPng(svg));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
