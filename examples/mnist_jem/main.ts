/** Trains a joint energy-based model on MNIST beside a cross-entropy control and writes a report. See README.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DivergenceError, type FitResult, type TrainingEvent } from "@jem-js/trainer";
import { imageFiles, incidentReports, jsonlMetrics, progressBar } from "@jem-js/trainer/node";
import { startBackend } from "./src/backend.ts";
import { type Datasets, readDatasets } from "./src/datasets.ts";
import { evaluate } from "./src/evaluation.ts";
import { type Config, configFor, readOptions, readResume, usage } from "./src/options.ts";
import { command, comparison, writeFigures, writeReport } from "./src/report_page.ts";
import { makeRunFolder, readRunFolder, saveModel } from "./src/run_folder.ts";
import { bufferGrid } from "./src/samples.ts";
import { controlTrainee, jemTrainee, type Trainee } from "./src/training.ts";

/** How the training of a model ended. */
type Outcome = FitResult | DivergenceError;

async function main(): Promise<number> {
  const config = await configOf(process.argv.slice(2));
  if (!config) {
    console.log(usage);
    return 0;
  }
  const data = await readDatasets(config.evaluation.images / 10);
  const jem = jemTrainee(config);
  const control = controlTrainee(config);
  console.log(
    `Training a ${config.preset} convNet (${jem.model.countParams()} parameters) on the ${config.backend} backend.\n` +
      `Its chains sample at temperature T = ${config.temperature}: exp(f / T), not exp(f).\n` +
      `Everything goes to ${config.out}. Ctrl-C ends the training; what is there is kept and can be gone on with.`,
  );
  const signal = abortOnInterrupt();

  for (const trainee of [jem, control]) {
    const outcome = await train(trainee, config, data, signal);
    if (trainee === jem)
      writeFileSync(join(config.out, "samples", "final.png"), await bufferGrid(jem.head, jem.buffer!));
    if (outcome instanceof DivergenceError || outcome.reason !== "completed") {
      return endEarly(config, trainee.name, outcome);
    }
  }

  console.log(
    `Evaluating on ${config.evaluation.images} test images and attacking ${config.evaluation.attacked} of them.`,
  );
  const results = { jem: await evaluate(jem.head, data, config), control: await evaluate(control.head, data, config) };
  writeFigures(config, results);
  const table = comparison(results);
  writeFileSync(join(config.out, "results.json"), `${JSON.stringify(table, undefined, 2)}\n`);
  const page = await writeReport(config);
  console.table(
    Object.fromEntries(
      table.map(({ figure, jem, control, verdict }) => [
        figure,
        { JEM: jem.toFixed(4), control: control.toFixed(4), verdict },
      ]),
    ),
  );
  console.log(`Command: ${command(config)}\nReport:  ${page}`);
  return 0;
}

/** The options of a new run, in a new folder, or those of the run to go on with; starts the backend. */
async function configOf(args: readonly string[]): Promise<Config | undefined> {
  const folder = readResume(args);
  if (folder !== undefined) {
    const former = readRunFolder(folder);
    return configFor(former, await startBackend(former));
  }
  const options = readOptions(args);
  if (!options) return undefined;
  const config = configFor(options, await startBackend(options));
  makeRunFolder(config);
  return config;
}

async function train(trainee: Trainee, config: Config, data: Datasets, signal: AbortSignal): Promise<Outcome> {
  const { name, folder, head, buffer } = trainee;
  const terms = { loss: "loss", ...(buffer && { energyGap: "energy gap", accuracy: "accuracy" }) };
  const listeners = [
    progressBar({ label: name.padEnd(7), terms }),
    jsonlMetrics(join(folder, "metrics.jsonl"), { timing: join(folder, "timing.jsonl") }),
    incidentReports(join(folder, "incidents")),
    warn,
    ...(buffer ? [imageFiles(join(config.out, "samples"), { every: 200, draw: () => bufferGrid(head, buffer) })] : []),
  ];
  try {
    return await trainee.train(data.train, listeners, signal);
  } catch (error) {
    if (error instanceof DivergenceError) return error;
    throw error;
  } finally {
    await saveModel(trainee.model, folder);
  }
}

/** Says what should not go unnoticed. */
function warn(event: TrainingEvent): void {
  if (event.type === "begin")
    for (const { message } of event.refused) console.warn(`A damaged checkpoint is passed over: ${message}`);
  if (event.type === "checkpoint" && event.error)
    console.warn(`\nTraining goes on without a checkpoint: ${event.error.message}`);
  if (event.type !== "recovery") return;
  const { divergence, resumedFrom } = event.incident;
  console.warn(
    `\nIteration ${divergence.iteration}: ${divergence.reason}. It goes on from iteration ${resumedFrom}; see incidents/.`,
  );
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
async function endEarly(config: Config, name: Trainee["name"], outcome: Outcome): Promise<number> {
  const diverged = outcome instanceof DivergenceError;
  const ended = diverged
    ? `${outcome.message}. The weights of the ${name} are those before that iteration; nothing was evaluated. ` +
      "Try another seed, a lower learning rate or a stronger energy penalty."
    : `The training of the ${name} was interrupted after ${outcome.iterations} of ${config.iterations} iterations; ` +
      `nothing was evaluated. To go on with it: npm start -- --resume ${config.out}`;
  console.error(`${ended}\nReport: ${await writeReport(config, ended)}`);
  return diverged ? 1 : 130;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
