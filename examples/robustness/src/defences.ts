import { join } from "node:path";
import { attackModel, eotModel, noisyModel, pgd } from "@jem-js/attacks";
import { batches } from "@jem-js/data";
import { type EnergyHead, energyHead } from "@jem-js/energy";
import { convNet, convNetPresets } from "@jem-js/models";
import { adversarialTraining } from "@jem-js/objectives";
import { foldIn, type Key, normal, split } from "@jem-js/random";
import { fit, type Procedure } from "@jem-js/trainer";
import { fileCheckpoints, progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import { readMnist } from "./digits.ts";
import { type Subject, scaling } from "./models.ts";

/** How the defended networks are trained. Lengths are of pixels in `[0, 1]`. */
export interface Training {
  readonly preset: keyof typeof convNetPresets;
  readonly iterations: number;
  /** The L∞ radius of adversarial training, and the L2 radius of SmoothAdv. */
  readonly epsilons: { readonly linf: number; readonly l2: number };
  /** How many steps the attacks of the training take. */
  readonly attackSteps: number;
  /** The standard deviation of the noise of the smoothed networks. */
  readonly noiseScale: number;
}

/** Digits and their labels, as tensors. */
type Batch = { readonly x: tf.Tensor; readonly labels: tf.Tensor1D };
/** What a network is shown in the place of a batch, on `[-1, 1]`. */
type Perturbation = (head: EnergyHead, x: tf.Tensor, labels: tf.Tensor1D, key: Key) => tf.Tensor;

/** The defences: adversarial training (Madry et al.), noise (Cohen et al.) and the attack on what noise makes of the network (Salman et al.). */
function defencesOf({ epsilons, attackSteps: steps, noiseScale }: Training): Record<string, Perturbation> {
  // The scale of the networks is twice that of pixels.
  const noise = (x: tf.Tensor, key: Key): tf.Tensor => tf.add(x, tf.mul(normal(key, x.shape), 2 * noiseScale));
  const bounds = [-1, 1] as const;
  return {
    "PGD training": (head, x, labels, key) =>
      pgd(head, x, labels, { norm: "linf", epsilon: 2 * epsilons.linf, steps, bounds, key }),
    smoothed: (_head, x, _labels, key) => noise(x, key),
    SmoothAdv: (head, x, labels, key) => {
      const smooth = noisyModel(head, { noiseScale: 2 * noiseScale });
      const model = eotModel(smooth, { key: foldIn(key, 0), draws: 2, average: "probabilities" });
      const adversarial = pgd(model, x, labels, { norm: "l2", epsilon: 2 * epsilons.l2, steps, bounds });
      return noise(adversarial, foldIn(key, 1));
    },
  };
}

/**
 * Trains a network with each defence, all from the same weights and on the same batches. Checkpoints go to the folder: a training that
 * was cut off is gone on with, and one that is complete is read.
 */
export async function trainDefended(
  training: Training,
  key: Key,
  folder: string,
): Promise<(Omit<Subject, "name"> & { name: string })[]> {
  const data = await readMnist("train");
  const [weights, order, noise] = split(key, 3) as [Key, Key, Key];
  const subjects = [];
  for (const [name, perturbation] of Object.entries(defencesOf(training))) {
    const start = performance.now();
    const network = convNet(weights, { ...convNetPresets[training.preset], inputShape: [28, 28, 1], classes: 10 });
    const head = energyHead(network, { numClasses: 10 });
    const procedure: Procedure<Batch> = (batch, { key }) => ({
      loss: () => ({
        loss: adversarialTraining(head, batch, { perturb: (_, x) => perturbation(head, x, batch.labels, key) }),
      }),
      dispose: () => undefined,
    });
    const optimizer = tf.train.adam(0.004);
    await fit(procedure, (start) => batches(data, { key: order, batchSize: 64, start }), {
      optimizer,
      variables: network.trainableWeights.map((weight) => weight.read() as tf.Variable),
      iterations: training.iterations,
      key: noise,
      model: network,
      listeners: [progressBar({ label: name.padEnd(12), terms: { loss: "loss" } })],
      checkpoints: { store: fileCheckpoints(join(folder, name.replaceAll(" ", "_"))), every: 100, keep: 1 },
    });
    optimizer.dispose();
    console.log(`${name}: training, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    subjects.push({ name, head, model: attackModel(head, scaling) });
  }
  return subjects;
}
