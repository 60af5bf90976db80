import { type Key, randintValues } from "@jem-js/random";
import * as tf from "@tensorflow/tfjs";

/** A classifier as anybody writes one in plain TensorFlow.js: its last layer gives the logits. */
export function userNet(key: Key, inputShape: readonly number[], classes: number): tf.LayersModel {
  const seeds = randintValues(key, 4, { min: 1, max: 2 ** 31 }); // the initialisers take 0 for none
  const kernel = (i: number) => tf.initializers.heNormal({ seed: seeds[i]! });
  const conv = (i: number, filters: number, more: { inputShape?: number[] } = {}) =>
    tf.layers.conv2d({
      name: `conv${i}`,
      filters,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      activation: "relu",
      kernelInitializer: kernel(i),
      ...more,
    });
  return tf.sequential({
    layers: [
      conv(0, 16, { inputShape: [...inputShape] }),
      conv(1, 32),
      conv(2, 64),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({ name: "logits", units: classes, kernelInitializer: kernel(3) }),
    ],
  });
}
