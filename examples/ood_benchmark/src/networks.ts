import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { batches, type Dataset } from "@jem-js/data";
import { energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { type Key, key, split } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { classifierProcedure, fit, jemProcedure } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import type { Options } from "./options.ts";

/** The two networks that are compared. */
export interface Networks {
  /** Where they come from. */
  readonly source: string;
  readonly models: Readonly<Record<"JEM" | "control", tf.LayersModel>>;
  /** The Langevin steps with which the JEM was trained. */
  readonly sgld: { readonly stepSize: number; readonly noiseScale: number };
}

/** The networks of the run that the options name, or of a few iterations. */
export async function networksOf(options: Options, train: Dataset): Promise<Networks> {
  return options.smoke ? trainBriefly(options.seed, train) : readRun(options.run ?? newestRun());
}

const advice =
  "Make one with npm start (about five minutes), name another with --run, or see how it goes with --smoke.";

async function readRun(folder: string): Promise<Networks> {
  const files = ["config.json", ...["jem", "control"].flatMap((name) => [`${name}/model.json`, `${name}/weights.bin`])];
  const missing = files.find((file) => !existsSync(join(folder, file)));
  if (missing) throw new Error(`${folder} is no finished run of the main job: it has no ${missing}. ${advice}`);
  const { sgld } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const models = { JEM: await readModel(join(folder, "jem")), control: await readModel(join(folder, "control")) };
  return { source: folder, models, sgld };
}

/** The finished run in the `runs/` of the repository whose results are newest. */
function newestRun(): string {
  const runs = join(import.meta.dirname, "../../../runs");
  const finished = (existsSync(runs) ? readdirSync(runs) : [])
    .map((name) => join(runs, name))
    .filter((run) => existsSync(join(run, "results.json")) && existsSync(join(run, "jem", "model.json")));
  const changed = (run: string): number => statSync(join(run, "results.json")).mtimeMs;
  const [newest] = finished.sort((a, b) => changed(b) - changed(a));
  if (!newest) throw new Error(`There is no finished run of the main job in runs/. ${advice}`);
  return newest;
}

async function readModel(folder: string): Promise<tf.LayersModel> {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const weightData = Uint8Array.from(readFileSync(join(folder, "weights.bin"))).buffer;
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }));
}

/** Forty iterations of small networks: enough to see that everything works, and for nothing else. */
async function trainBriefly(seed: number, data: Dataset): Promise<Networks> {
  const [weights, chains, order, training] = split(key(seed), 4) as [Key, Key, Key, Key];
  const steps = { stepSize: 10, noiseScale: 0.01 };
  const networkOf = () => convNet(weights, { ...convNetPresets.small, inputShape: [28, 28, 1], classes: 10 });
  const models = { JEM: networkOf(), control: networkOf() };
  const heads = { JEM: energyHead(models.JEM), control: energyHead(models.control) };
  const buffer = replayBuffer({ key: chains, shape: [28, 28, 1], size: 200 });
  const kernel = sgld(heads.JEM, { ...steps, clamp: [-1, 1] });
  const procedures = {
    JEM: jemProcedure(heads.JEM, { kernel, buffer, steps: 2, inputNoise: 0.03, energyL2: 0.1 }),
    control: classifierProcedure(heads.control, { inputNoise: 0.03 }),
  };
  for (const name of ["JEM", "control"] as const) {
    const optimizer = tf.train.adam(0.004);
    await fit(procedures[name], (start) => batches(data, { key: order, batchSize: 64, start }), {
      optimizer,
      variables: models[name].trainableWeights.map((weight) => weight.read() as tf.Variable),
      iterations: 40,
      key: training,
    });
    optimizer.dispose();
  }
  buffer.dispose();
  return { source: "40 iterations of small networks", models, sgld: steps };
}
