import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compare } from "./acceptance.ts";
import { startBackend } from "./backend.ts";
import { writeConfig } from "./config.ts";
import { type Context, openContext, writeFigure } from "./context.ts";
import { Interrupted } from "./networks.ts";
import { type Options, readOptions, type Script, usage } from "./options.ts";
import { type Figures, pivotTable, type Summary, summarizeAll } from "./summary.ts";

/** A claim of the paper, and how it is looked into. */
export interface Experiment extends Script {
  /** Measures a seed and writes its figures. Of a name `JEM: x` and a name `control: x` the difference is taken. */
  measure(context: Context): Promise<Figures>;
  /** Draws figures of all seeds, SVG by name. */
  draw?(measured: readonly Figures[], options: Options): Readonly<Record<string, string>>;
}

/** Runs a script of the command line; its result is the exit code of the process: 1 when a figure is not as expected. */
export async function experiment(experiment: Experiment): Promise<void> {
  try {
    process.exitCode = await runExperiment(experiment, process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof Interrupted ? 130 : 1;
  }
}

/** Runs a script with arguments of the command line; returns the exit code. */
export async function runExperiment(experiment: Experiment, args: readonly string[]): Promise<number> {
  const options = readOptions(experiment, args);
  if (!options) {
    console.log(usage(experiment));
    return 0;
  }
  const { name } = experiment;
  const { seeds, scale, settings, effort, out } = options;
  mkdirSync(out, { recursive: true });
  writeConfig(out, { settings, effort }, `${name} was run with`);
  const backend = await startBackend(options.backend);
  console.log(
    `${experiment.claim}\n${name} at the scale "${scale}" with seeds ${seeds.join(", ")}, on the ${backend} backend.`,
  );
  const signal = abortOnInterrupt();
  const measured: Measured[] = [];
  for (const seed of seeds) measured.push(await measureOnce(experiment, options, seed, backend, signal));

  const summaries = summarizeAll(measured.map(({ figures }) => figures));
  const minutes = measured.map(({ minutes }) => minutes);
  const results = { name, scale, seeds, settings, effort, backends: measured.map(({ backend }) => backend), minutes };
  for (const [figure, svg] of Object.entries(
    experiment.draw?.(
      measured.map(({ figures }) => figures),
      options,
    ) ?? {},
  )) {
    writeFigure(out, figure, svg);
  }
  writeFileSync(join(out, "results.json"), `${JSON.stringify({ ...results, figures: summaries }, undefined, 2)}\n`);
  const table = pivotTable(summaries);
  writeFileSync(join(out, "table.md"), `${table}\n`);
  console.log(`\n${table}\n\nEverything is in ${out}.`);
  const isJudged = scale === "small" && Object.keys(options.changed).length === 0;
  return isJudged ? judge(name, summaries) : 0;
}

/** What is kept of a seed. */
interface Measured {
  readonly backend: string;
  /** How long it took, with the training of networks that were not there. */
  readonly minutes: number;
  readonly figures: Figures;
}

/** Measures a seed, or reads what was measured before. */
async function measureOnce(
  { measure }: Experiment,
  options: Options,
  seed: number,
  backend: string,
  signal: AbortSignal,
): Promise<Measured> {
  const path = join(options.out, `seed-${seed}`, "measured.json");
  if (existsSync(path)) {
    console.log(`Seed ${seed} was measured before.`);
    return JSON.parse(readFileSync(path, "utf8"));
  }
  const start = performance.now();
  const { context, dispose } = await openContext(options, seed, signal);
  const figures = await measure(context);
  dispose();
  const wrong = Object.entries(figures).find(([, value]) => !Number.isFinite(value));
  if (wrong) throw new Error(`With seed ${seed}, ${wrong[0]} is ${wrong[1]}`);
  const minutes = Number(((performance.now() - start) / 60_000).toFixed(2));
  writeFileSync(path, `${JSON.stringify({ backend, minutes, figures }, undefined, 2)}\n`);
  return { backend, minutes, figures };
}

/** Holds the means against their bounds; returns the exit code. */
function judge(name: string, summaries: Readonly<Record<string, Summary>>): number {
  const path = new URL(`../${name}.expected.json`, import.meta.url);
  if (!existsSync(path)) return 0;
  const means = Object.fromEntries(Object.entries(summaries).map(([figure, { mean }]) => [figure, mean]));
  const rows = compare(means, JSON.parse(readFileSync(path, "utf8")));
  console.table(rows.map((row) => ({ ...row, got: Number(row.got.toFixed(4)) })));
  const failed = rows.filter(({ passes }) => !passes).length;
  console.log(failed === 0 ? "All figures are as expected." : `${failed} figures are not as expected.`);
  return failed === 0 ? 0 : 1;
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
