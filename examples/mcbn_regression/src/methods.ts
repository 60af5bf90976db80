import { foldIn, type Key, normalValues, permutationValues } from "@jem-js/random";
import {
  mcBatchNorm,
  mcDropout,
  mnfDense,
  mnfNetwork,
  type StochasticNetwork,
  variationalLoss,
} from "@jem-js/uncertainty";
import * as tf from "@tensorflow/tfjs";

/** How networks are trained: two hidden layers of 50 units with ReLU, for every method. */
export interface Recipe {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly dropout: number;
}

/** Inputs and targets, standardised. */
interface TrainingData {
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor2D;
}

/** Trains a network and returns what predicts by it; `dispose()` of the result frees the network. */
export type Method = (key: Key, data: TrainingData, recipe: Recipe) => StochasticNetwork;

const UNITS = 50;

/** The methods that the paper compares. */
export const methods: Readonly<Record<string, Method>> = {
  MCBN: (key, data, recipe) => {
    const model = trainModel(key, data, recipe, () => tf.layers.batchNormalization({ epsilon: 1e-10, momentum: 0.9 }));
    const batchSize = Math.min(recipe.batchSize, data.x.shape[0]);
    return owning(mcBatchNorm(model, data.x, { batchSize }), () => model.dispose());
  },
  MCDO: (key, data, recipe) => {
    const model = trainModel(key, data, recipe, () => tf.layers.dropout({ rate: recipe.dropout }));
    return owning(mcDropout(model), () => model.dispose());
  },
  MNF: trainMnf,
};

/** Trains a network with a layer of a kind before each hidden activation, and for dropout on the inputs too. */
function trainModel(key: Key, data: TrainingData, recipe: Recipe, layer: () => tf.layers.Layer): tf.LayersModel {
  const features = data.x.shape[1];
  const isDropout = layer().getClassName() === "Dropout";
  const model = tf.sequential();
  model.add(tf.layers.activation({ activation: "linear", inputShape: [features] }));
  for (let i = 0; i < 2; i++) {
    if (isDropout) model.add(layer());
    model.add(tf.layers.dense({ units: UNITS, useBias: isDropout }));
    if (!isDropout) model.add(layer());
    model.add(tf.layers.reLU());
  }
  if (isDropout) model.add(layer());
  model.add(tf.layers.dense({ units: 1 }));
  const kernels: tf.Variable[] = [];
  model.layers.forEach((part, i) => {
    if (part.getClassName() !== "Dense") return;
    const [kernel] = part.trainableWeights;
    const [inputs, units] = kernel!.shape as [number, number];
    const values = normalValues(foldIn(key, i), inputs * units).map((value) => value * Math.sqrt(2 / inputs));
    setWeight(kernel!, tf.tensor(values, [inputs, units]));
    kernels.push(kernel!.read() as tf.Variable);
  });
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  // Dropout by keys: a layer's own masks would not be reproducible.
  const dropping = isDropout ? mcDropout(model) : undefined;
  train(foldIn(key, 100), data, recipe, variables, (x, y, step) => {
    const outputs = dropping
      ? dropping.sample(x, { key: step, samples: 1 }).squeeze([0])
      : (model.apply(x, { training: true }) as tf.Tensor);
    const decay = tf.addN(kernels.map((kernel) => kernel.square().sum())).mul(recipe.weightDecay);
    return outputs.sub(y).square().mean().add(decay) as tf.Scalar;
  });
  return model;
}

function trainMnf(key: Key, data: TrainingData, { batchSize: _, ...others }: Recipe): StochasticNetwork {
  // Larger batches, as in the paper of MNF: a step costs several times as much as that of the others.
  const recipe = { ...others, batchSize: Math.min(100, data.x.shape[0]) };
  const sizes = [data.x.shape[1], UNITS, UNITS, 1];
  const network = mnfNetwork(
    sizes.slice(1).flatMap((units, i) => {
      const layer = mnfDense(foldIn(key, i), { inputs: sizes[i]!, units });
      return i < 2 ? [layer, tf.relu] : [layer];
    }),
  );
  const steps = recipe.epochs * Math.max(1, Math.floor(data.x.shape[0] / recipe.batchSize));
  let step = 0;
  train(foldIn(key, 100), data, recipe, network.variables, (x, targets, stepKey) => {
    // The divergence counts more and more over the first half.
    const weight = Math.min(1, (2 * ++step) / steps);
    return variationalLoss(network, x, { key: stepKey, size: data.x.shape[0], targets, precision: 10, weight });
  });
  return network;
}

/** Minimises a cost over epochs of full batches, in orders of the key, by Adam whose learning rate falls along a cosine. */
function train(
  key: Key,
  { x, y }: TrainingData,
  { epochs, batchSize, learningRate }: Recipe,
  variables: readonly tf.Variable[],
  cost: (x: tf.Tensor2D, y: tf.Tensor2D, step: Key) => tf.Scalar,
): void {
  const optimizer = tf.train.adam(learningRate);
  const [n] = x.shape;
  const size = Math.min(batchSize, n);
  const perEpoch = Math.floor(n / size);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutationValues(foldIn(key, epoch), n);
    Object.assign(optimizer, { learningRate: (learningRate * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2 });
    for (let i = 0; i < perEpoch; i++) {
      tf.tidy(() => {
        const rows = tf.tensor1d(order.slice(i * size, (i + 1) * size), "int32");
        const [batchX, batchY] = [tf.gather(x, rows), tf.gather(y, rows)];
        optimizer.minimize(() => cost(batchX, batchY, foldIn(foldIn(key, 1_000_000 + epoch), i)), false, [
          ...variables,
        ]);
      });
    }
  }
  optimizer.dispose();
}

/** Copies a value into a weight and frees it. */
function setWeight(weight: tf.LayerVariable, value: tf.Tensor): void {
  weight.write(value);
  value.dispose();
}

/** A network that frees something else with itself. */
function owning(network: StochasticNetwork, free: () => void): StochasticNetwork {
  return {
    ...network,
    dispose() {
      network.dispose();
      free();
    },
  };
}
