import { batches, type Dataset } from "@jem-js/data";
import { convNet, convNetPresets } from "@jem-js/models";
import {
  type ClassifierFunction,
  classGaussianHead,
  type Detector,
  decomposedConfidence,
  generalizedOdin,
  maxProbability,
  mcdd,
  ufel,
  ufelNetwork,
} from "@jem-js/ood";
import { foldIn, type Key, normalValues } from "@jem-js/random";
import { type GaussianStage, layerwiseNetwork } from "@jem-js/uncertainty";
import * as tf from "@tensorflow/tfjs";

/** A network that was trained for the sake of a detector, and its detectors by name. */
export interface Trained {
  readonly classifier: ClassifierFunction;
  readonly detectors: Readonly<Record<string, Detector>>;
}

/** A network to be trained by its loss on a batch. */
interface Trainee extends Trained {
  readonly variables: tf.Variable[];
  loss(x: tf.Tensor, labels: tf.Tensor1D, step: number): tf.Scalar;
}

/** How networks are trained. */
export interface Training {
  readonly iterations: number;
  /** How often the convolutional head of UFEL goes through its examples. */
  readonly epochs: number;
  readonly key: Key;
}

const CLASSES = 10;
const FEATURES = 64;

/** Trains a network for each method whose score needs a head of its own, all of the `small` size. */
export async function trainAll(data: Dataset, training: Training): Promise<Record<string, Trained>> {
  const trainees: Record<string, () => Trainee> = {
    "Generalized ODIN, inner": () => decomposed("inner", training.key),
    "Generalized ODIN, Euclidean": () => decomposed("euclidean", training.key),
    "Generalized ODIN, cosine": () => decomposed("cosine", training.key),
    "deep generative": () => generative(training.key),
    "layerwise uncertainty": () => layerwise(training),
  };
  const trained: Record<string, Trained> = {};
  for (const [name, make] of Object.entries(trainees)) {
    const trainee = make();
    await train(trainee, data, training);
    trained[name] = trainee;
  }
  return trained;
}

async function train({ variables, loss }: Trainee, data: Dataset, { iterations, key }: Training): Promise<void> {
  const optimizer = tf.train.adam(0.002);
  let step = 0;
  for (const { x, labels } of batches(data, { key: foldIn(key, 1), batchSize: 64 })) {
    const value = optimizer.minimize(() => loss(x, labels as tf.Tensor1D, step), true, variables)!;
    if (step % 100 === 0 && !Number.isFinite((await value.data())[0]!))
      throw new Error(`The loss is NaN at step ${step}`);
    tf.dispose([x, labels, value]);
    step += 1;
    if (step === iterations) break;
  }
  optimizer.dispose();
}

/** The part that all share but the last: features, `[batch, 64]`, of which the last activation is linear. */
function body(key: Key): { featuresOf: (x: tf.Tensor) => tf.Tensor2D; variables: tf.Variable[] } {
  const model = convNet(key, { ...convNetPresets.small, inputShape: [28, 28, 1], classes: FEATURES });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  return { featuresOf: (x) => model.apply(x) as tf.Tensor2D, variables };
}

function decomposed(similarity: "inner" | "euclidean" | "cosine", key: Key): Trainee {
  const { featuresOf, variables } = body(foldIn(key, 2));
  const head = decomposedConfidence({ features: FEATURES, classes: CLASSES, similarity, key: foldIn(key, 3) });
  return {
    variables: [...variables, ...head.variables],
    loss: (x, labels) => crossEntropy(head.logits(featuresOf(x), true), labels),
    classifier(x) {
      const f = featuresOf(x);
      return { logits: head.logits(f), features: { numerator: head.numerator(f) } };
    },
    detectors: { MSP: maxProbability(), "its own": generalizedOdin() },
  };
}

function generative(key: Key): Trainee {
  const { featuresOf, variables } = body(foldIn(key, 2));
  const head = classGaussianHead({ features: FEATURES, classes: CLASSES, key: foldIn(key, 3) });
  return {
    variables: [...variables, ...head.variables],
    loss: (x, labels) => head.loss(featuresOf(x), labels),
    classifier(x) {
      const f = featuresOf(x);
      return { logits: head.logits(f), features: { distances: head.distances(f) } };
    },
    detectors: { MSP: maxProbability(), "its own (MCDD)": mcdd() },
  };
}

function layerwise({ key, epochs }: Training): Trainee {
  const variables: tf.Variable[] = [];
  const layerOf = (layer: tf.layers.Layer, shape: number[]): ((x: tf.Tensor) => tf.Tensor) => {
    layer.build([null, ...shape]);
    const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const [kernel] = weights as [tf.Variable];
    // He initialisation of the kernel; the bias stays 0.
    const scale = Math.sqrt((2 * kernel.shape.at(-1)!) / kernel.size);
    const values = normalValues(foldIn(key, 4 + variables.length), kernel.size).map((value) => scale * value);
    tf.tidy(() => kernel.assign(tf.tensor(values, kernel.shape)));
    variables.push(...weights);
    return (x) => layer.apply(x) as tf.Tensor;
  };
  const convolution = (filters: number) =>
    tf.layers.conv2d({ filters, kernelSize: 3, strides: 2, padding: "same", kernelInitializer: "zeros" });
  const first = layerOf(convolution(2 * 8), [28, 28, 1]);
  const second = layerOf(convolution(2 * 16), [14, 14, 8]);
  const third = layerOf(convolution(64), [7, 7, 16]);
  const last = layerOf(tf.layers.dense({ units: 2 * CLASSES, kernelInitializer: "zeros" }), [64]);
  const stages: GaussianStage[] = [
    first,
    (h) => second(tf.leakyRelu(h)),
    (h) => last(tf.mean(tf.leakyRelu(third(tf.leakyRelu(h))), [1, 2])),
  ];
  const network = layerwiseNetwork(stages);
  const { logVariances } = network;
  return {
    variables,
    loss: (x, labels, step) => crossEntropy(network.draw(x, { key: foldIn(foldIn(key, 20), step) }), labels),
    classifier: (x) => network.outputs(x),
    detectors: {
      MSP: maxProbability(),
      "its own (UFEL, linear)": ufel({ logVariances }),
      "its own (UFEL, network)": ufelNetwork({ logVariances, key: foldIn(key, 21), epochs }),
    },
  };
}

function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.losses.softmaxCrossEntropy(tf.cast(tf.oneHot(labels, CLASSES), "float32"), logits) as tf.Scalar;
}
