/** Trains a joint energy-based model on MNIST beside a cross-entropy control and writes a report. See README.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DivergenceError, type FitResult, type Listener } from "@jem-js/trainer";
import { jsonlMetrics, progressBar } from "@jem-js/trainer/node";
import { startBackend } from "./src/backend.ts";
import { type Datasets, readDatasets } from "./src/datasets.ts";
import { evaluate } from "./src/evaluation.ts";
import { type Config, configFor, readOptions, usage } from "./src/options.ts";
import { command, comparison, type ReportInput, verdict, writeReport } from "./src/report_page.ts";
import { makeRunFolder, saveModel } from "./src/run_folder.ts";
import { bufferGrid } from "./src/samples.ts";
import { controlTrainee, jemTrainee, type Trainee } from "./src/training.ts";

/** How the training of a model ended. */
type Outcome = FitResult["reason"] | DivergenceError;

/** What the metrics files hold, for the report. */
const rows: Record<Trainee["name"], Record<string, number>[]> = { JEM: [], control: [] };

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(usage);
    return 0;
  }
  const config = configFor(options, await startBackend(options));
  makeRunFolder(config);
  const data = await readDatasets(config.evaluation.images / 10);
  const jem = jemTrainee(config);
  const control = controlTrainee(config);
  console.log(
    `Training a ${config.preset} convNet (${jem.model.countParams()} parameters) on the ${config.backend} backend.\n` +
      `Everything goes to ${config.out}. Ctrl-C ends the training and keeps what is there.`,
  );
  const signal = abortOnInterrupt();

  let outcome = await train(jem, config, data, signal);
  if (outcome === "completed") outcome = await train(control, config, data, signal);
  const report = {
    config,
    iterations: rows.JEM.length,
    rows,
    samples: await bufferGrid(jem.head, jem.buffer!),
  };
  writeFileSync(join(config.out, "samples", "final.png"), report.samples);
  if (outcome !== "completed") return endEarly(report, outcome);

  console.log(
    `Evaluating on ${config.evaluation.images} test images and attacking ${config.evaluation.attacked} of them.`,
  );
  const results = { jem: await evaluate(jem.head, data, config), control: await evaluate(control.head, data, config) };
  writeReport({ ...report, results });
  const table = comparison(results);
  writeFileSync(join(config.out, "results.json"), `${JSON.stringify(table, undefined, 2)}\n`);
  console.table(
    Object.fromEntries(
      table.map((row) => [
        row.figure,
        { JEM: row.jem.toFixed(4), control: row.control.toFixed(4), verdict: verdict(row) },
      ]),
    ),
  );
  console.log(`Command: ${command(config)}\nReport:  ${join(config.out, "report.html")}`);
  return 0;
}

async function train(trainee: Trainee, config: Config, data: Datasets, signal: AbortSignal): Promise<Outcome> {
  const folder = join(config.out, trainee.name.toLowerCase());
  const terms = { loss: "loss", ...(trainee.buffer && { energyGap: "energy gap", accuracy: "accuracy" }) };
  const keepRow: Listener = (event) => {
    if (event.type === "iteration") rows[trainee.name].push({ iteration: event.iteration, ...event.terms });
  };
  const showSamples: Listener = async (event) => {
    if (event.type !== "iteration" || !trainee.buffer || (event.iteration + 1) % 200 !== 0) return;
    const name = `${String(event.iteration + 1).padStart(6, "0")}.png`;
    writeFileSync(join(config.out, "samples", name), await bufferGrid(trainee.head, trainee.buffer));
  };
  const metrics = jsonlMetrics(join(folder, "metrics.jsonl"), { timing: join(folder, "timing.jsonl") });
  const listeners = [progressBar({ label: trainee.name.padEnd(7), terms }), metrics, keepRow, showSamples];
  try {
    const { reason } = await trainee.train(data.train, listeners, signal);
    return reason;
  } catch (error) {
    if (error instanceof DivergenceError) return error;
    throw error;
  } finally {
    await saveModel(trainee.model, folder);
  }
}

/** Aborts at the first Ctrl-C and exits at the next. npm passes on a Ctrl-C that came here too: both are one. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  process.on("SIGINT", () => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
    } else if (performance.now() - first > 1000) process.exit(130);
  });
  return controller.signal;
}

/** Leaves a readable run folder behind when there is nothing to evaluate; returns the exit code. */
function endEarly(report: ReportInput, outcome: Outcome): number {
  const diverged = outcome instanceof DivergenceError;
  const ended = diverged
    ? `${outcome.message}. The weights are those before that iteration; nothing was evaluated. ` +
      "Try another seed, a lower learning rate or a stronger energy penalty."
    : `The run was interrupted after ${report.iterations} of ${report.config.iterations} iterations; nothing was evaluated.`;
  writeReport({ ...report, ended });
  console.error(`${ended}\nReport: ${join(report.config.out, "report.html")}`);
  return diverged ? 1 : 130;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
