import { batches, batchTensor, dequantize } from "@jem-js/data";
import { type Glow, glow } from "@jem-js/models";
import { foldIn, type Key, key, split } from "@jem-js/random";
import { cosineDecay, fit } from "@jem-js/trainer";
import { progressBar } from "@jem-js/trainer/node";
import * as tf from "@tensorflow/tfjs";
import type { Context } from "./context.ts";
import { Interrupted } from "./networks.ts";

/** How far apart the values of a pixel are, of which there are 256 on [-1, 1]. */
export const levelWidth: number = 2 / 256;

/** Adam's learning rate at the start: the nets' own is too high for a flow. */
const LEARNING_RATE = 1e-3;

/**
 * Trains a Glow by maximum likelihood, log p(x|y) of all training images: it needs the labels of all, since its density given a class
 * has no part that other images could teach. It is owned by the caller.
 */
export async function trainFlow({ data, settings, seed, signal }: Context): Promise<Glow> {
  const [weights, order, noise, training] = split(foldIn(key(seed), 200), 4) as [Key, Key, Key, Key];
  const { iterations, batchSize } = settings;
  const flow = glow(weights, { inputShape: data.shape, classes: data.classes, steps: 4, filters: 32 });
  initialize(flow, data, noise);
  const optimizer = tf.train.adam(LEARNING_RATE);
  try {
    const { reason } = await fit(
      ({ x, labels, index }) => {
        const spread = dequantize(foldIn(noise, index), x);
        return {
          loss: () => ({ loss: tf.neg(tf.mean(flow.logDensity(spread, labels))) as tf.Scalar }),
          dispose: () => spread.dispose(),
        };
      },
      batches(data.train, { key: order, batchSize }),
      {
        optimizer,
        variables: [...flow.variables],
        iterations,
        key: training,
        learningRate: cosineDecay({ learningRate: LEARNING_RATE, iterations }),
        listeners: [progressBar({ label: `seed ${seed}, Glow`, terms: { loss: "loss" } })],
        signal,
      },
    );
    if (reason !== "completed") throw new Interrupted("The training of the Glow was interrupted.");
  } finally {
    optimizer.dispose();
  }
  return flow;
}

/** Sets the normalisations by the first images. */
function initialize(flow: Glow, { train }: Context["data"], noise: Key): void {
  tf.tidy(() => {
    const { x, labels } = batchTensor(
      train,
      Int32Array.from({ length: 128 }, (_, i) => i),
    );
    flow.initialize(dequantize(noise, x), labels);
  });
}
