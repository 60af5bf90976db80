import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { Config } from "./options.ts";

const require = createRequire(import.meta.url);

/** Makes the folder of a run and writes its `config.json`. Refuses a folder that holds something. */
export function makeRunFolder(config: Config): void {
  const { out } = config;
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new Error(`--out ${out} is not empty: choose a new folder, so that no run is lost`);
  }
  for (const part of ["samples", "figures", "jem", "control"]) mkdirSync(join(out, part), { recursive: true });
  writeFileSync(
    join(out, "config.json"),
    `${JSON.stringify({ ...config, environment: environment() }, undefined, 2)}\n`,
  );
}

/** The interrupted run in `folder`, or the newest in `runs/`. */
export function readRunFolder(folder: string): Config {
  const out = folder || newestInterrupted("runs");
  const path = join(out, "config.json");
  if (!existsSync(path)) throw new Error(`Cannot resume ${out}: it has no config.json`);
  if (existsSync(join(out, "results.json"))) throw new Error(`Cannot resume ${out}: it is complete, see report.html`);
  const { environment: former, ...config } = JSON.parse(readFileSync(path, "utf8"));
  const changed = Object.entries(environment()).filter(([name, value]) => former?.[name] !== value);
  for (const [name, value] of changed) {
    console.warn(`${name} was ${former?.[name]} and is ${value}: the run may not end as it would have.`);
  }
  // The folder may have been moved.
  return { ...config, out };
}

function newestInterrupted(runs: string): string {
  const candidates = (existsSync(runs) ? readdirSync(runs) : [])
    .map((name) => join(runs, name))
    .filter((run) => existsSync(join(run, "config.json")) && !existsSync(join(run, "results.json")))
    .sort((a, b) => statSync(join(b, "config.json")).mtimeMs - statSync(join(a, "config.json")).mtimeMs);
  if (!candidates[0]) throw new Error(`Cannot resume: there is no interrupted run in ${runs}/`);
  return candidates[0];
}

/** Writes a model as `model.json` and `weights.bin`, the format that `tf.loadLayersModel` reads. */
export async function saveModel(model: tf.LayersModel, folder: string): Promise<void> {
  const handler = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
    writeFileSync(join(folder, "weights.bin"), Buffer.from(tf.io.CompositeArrayBuffer.join(weightData)));
    writeFileSync(
      join(folder, "model.json"),
      JSON.stringify({ format: "layers-model", modelTopology, weightsManifest }),
    );
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  });
  await model.save(handler);
}

/** What a run depends on beside its options. */
function environment(): Record<string, string | number | undefined> {
  const names = ["energy", "samplers", "trainer", "models", "data", "random", "native"];
  const versions = names.map((name) => [`@jem-js/${name}`, require(`@jem-js/${name}/package.json`).version]);
  return {
    node: process.version,
    tensorflow: tf.version_core,
    ...Object.fromEntries(versions),
    commit: gitCommit(),
    threads: Number(process.env.JEM_NATIVE_THREADS ?? availableParallelism()),
  };
}

function gitCommit(): string | undefined {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}
