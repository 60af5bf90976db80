import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AttackModel, attackModel } from "@jem-js/attacks";
import { batches } from "@jem-js/data";
import { type EnergyHead, energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { type Key, key, split } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { classifierProcedure, fit, jemProcedure } from "@jem-js/trainer";
import * as tf from "@tensorflow/tfjs";
import { readMnist } from "./digits.ts";
import type { Options } from "./options.ts";

/** A network that is attacked. */
export interface Subject {
  readonly name: "JEM" | "control";
  /** On `[-1, 1]`, what the network was trained on. */
  readonly head: EnergyHead;
  /** On `[0, 1]`, where it is attacked. */
  readonly model: AttackModel;
}

/** The two networks of a run of the main job. */
export interface Subjects {
  /** Where they come from. */
  readonly source: string;
  readonly subjects: readonly Subject[];
  /** The Langevin steps with which the JEM was trained, on `[-1, 1]`. */
  readonly sgld: { readonly stepSize: number; readonly noiseScale: number };
}

/** The scale of the networks, `[-1, 1]`, in terms of that of the attacks, `[0, 1]`. */
export const scaling = { bounds: [0, 1], preprocessing: { mean: 0.5, std: 0.5 } } as const;

/** The networks of the run that the options name, or of a few iterations. */
export async function subjectsOf(options: Options): Promise<Subjects> {
  return options.smoke ? trainBriefly(options.seed) : readRun(options.run ?? newestRun());
}

async function readRun(folder: string): Promise<Subjects> {
  const files = ["config.json", ...["jem", "control"].flatMap((name) => [`${name}/model.json`, `${name}/weights.bin`])];
  const missing = files.find((file) => !existsSync(join(folder, file)));
  if (missing) throw new Error(`${folder} is no finished run of the main job: it has no ${missing}. ${advice}`);
  const { sgld } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  const subjects = [
    subject("JEM", await readModel(join(folder, "jem"))),
    subject("control", await readModel(join(folder, "control"))),
  ];
  return { source: folder, subjects, sgld };
}

const advice =
  "Make one with npm start (about five minutes), name another with --run, or see how it goes with --smoke.";

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

/** Sixty iterations of small networks: enough to see that everything works, and for nothing else. */
async function trainBriefly(seed: number): Promise<Subjects> {
  const [weights, chains, order, training] = split(key(seed), 4) as [Key, Key, Key, Key];
  const data = await readMnist("train");
  const steps = { stepSize: 10, noiseScale: 0.01 };
  const networkOf = () => convNet(weights, { ...convNetPresets.small, inputShape: [28, 28, 1], classes: 10 });
  const [jem, control] = [subject("JEM", networkOf()), subject("control", networkOf())];
  const buffer = replayBuffer({ key: chains, shape: [28, 28, 1], size: 200 });
  const kernel = sgld(jem.head, { ...steps, clamp: [-1, 1] });
  const procedures = [
    jemProcedure(jem.head, { kernel, buffer, steps: 2, inputNoise: 0.03, energyL2: 0.1 }),
    classifierProcedure(control.head, { inputNoise: 0.03 }),
  ];
  for (const [i, { variables }] of [jem, control].entries()) {
    const optimizer = tf.train.adam(0.004);
    await fit(procedures[i]!, (start) => batches(data, { key: order, batchSize: 64, start }), {
      optimizer,
      variables,
      iterations: 60,
      key: training,
    });
    optimizer.dispose();
  }
  buffer.dispose();
  return { source: "60 iterations of small networks", subjects: [jem, control], sgld: steps };
}

function subject(name: Subject["name"], network: tf.LayersModel): Subject & { readonly variables: tf.Variable[] } {
  const head = energyHead(network, { numClasses: 10 });
  const variables = network.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return { name, head, model: attackModel(head, scaling), variables };
}
