import { type RobustnessCurve, robustAccuracy } from "@jem-js/attacks";
import { batchTensor, type Dataset } from "@jem-js/data";
import type { EnergyHead } from "@jem-js/energy";
import {
  accuracy,
  auroc,
  expectedCalibrationError,
  negativeLogLikelihood,
  type ReliabilityBin,
  reliabilityBins,
} from "@jem-js/metrics";
import { foldIn } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";
import type { Datasets } from "./datasets.ts";
import type { Config } from "./options.ts";
import { keysOf } from "./training.ts";

/** The scores of a set of images; all are larger for what the model finds more typical. */
interface Scores {
  readonly probabilities: { readonly data: Float32Array; readonly shape: readonly [number, number] };
  readonly logDensity: Float32Array;
  readonly maxProbability: Float32Array;
  readonly approximateMass: Float32Array;
}

/** What is measured of a model. */
export interface Evaluation {
  readonly accuracy: number;
  readonly calibrationError: number;
  readonly negativeLogLikelihood: number;
  readonly bins: ReliabilityBin[];
  readonly inScores: Scores;
  readonly outScores: Scores;
  readonly auroc: Readonly<Record<"logDensity" | "maxProbability" | "approximateMass", number>>;
  readonly robustness: Readonly<Record<"linf" | "l2", RobustnessCurve>>;
}

/** Measures a model: accuracy and calibration on MNIST, detection of Fashion-MNIST, accuracy under attack. */
export async function evaluate(head: EnergyHead, { test, fashion }: Datasets, config: Config): Promise<Evaluation> {
  const { images, bins } = config.evaluation;
  const inScores = await scoresOf(head, test, images);
  const outScores = await scoresOf(head, fashion, images);
  const labels = test.labels.subarray(0, images);
  const { probabilities } = inScores;
  return {
    accuracy: accuracy(probabilities, labels),
    calibrationError: expectedCalibrationError(probabilities, labels, { bins }),
    negativeLogLikelihood: negativeLogLikelihood(probabilities, labels, { epsilon: 1e-12 }),
    bins: reliabilityBins(probabilities, labels, { bins }),
    inScores,
    outScores,
    auroc: {
      logDensity: auroc(inScores.logDensity, outScores.logDensity),
      maxProbability: auroc(inScores.maxProbability, outScores.maxProbability),
      approximateMass: auroc(inScores.approximateMass, outScores.approximateMass),
    },
    robustness: { linf: await attack(head, test, config, "linf"), l2: await attack(head, test, config, "l2") },
  };
}

async function scoresOf(head: EnergyHead, dataset: Dataset, count: number): Promise<Scores> {
  const probabilities = new Float32Array(count * 10);
  const logDensity = new Float32Array(count);
  const maxProbability = new Float32Array(count);
  const approximateMass = new Float32Array(count);
  const batchSize = 500;
  for (let start = 0; start < count; start += batchSize) {
    const { x, labels } = batchTensor(dataset, range(start, Math.min(start + batchSize, count)));
    const results = tf.tidy(() => {
      const p = head.probabilities(x);
      return [p, tf.max(p, 1), head.logDensity(x), head.approximateMass(x)];
    });
    const [p, max, density, mass] = await Promise.all(results.map((result) => result.data()));
    probabilities.set(p!, start * 10);
    maxProbability.set(max!, start);
    logDensity.set(density!, start);
    approximateMass.set(mass!, start);
    tf.dispose([x, labels, results]);
  }
  return { probabilities: { data: probabilities, shape: [count, 10] }, logDensity, maxProbability, approximateMass };
}

/** PGD in the space of pixels in [0, 1]; the network's own scale is part of the model. */
async function attack(head: EnergyHead, test: Dataset, config: Config, norm: "linf" | "l2"): Promise<RobustnessCurve> {
  const { attacked, attackSteps, epsilons } = config.evaluation;
  const { x, labels } = batchTensor(test, range(0, attacked));
  const pixels = tf.tidy(() => tf.clipByValue(tf.mul(tf.add(x, 1), 0.5), 0, 1));
  const model = (input: tf.Tensor): tf.Tensor2D => head.logits(tf.sub(tf.mul(input, 2), 1));
  const curve = await robustAccuracy(model, pixels, labels, {
    norm,
    epsilons: epsilons[norm],
    steps: attackSteps,
    key: foldIn(keysOf(config).evaluation, norm === "linf" ? 0 : 1),
    batchSize: 64,
  });
  tf.dispose([x, labels, pixels]);
  return curve;
}

function range(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, i) => start + i);
}
