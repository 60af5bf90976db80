import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { ActNormalization } from "./_layers/act_normalization.ts";

/**
 * Sets the activation normalisation of a model from data: with these inputs, what leaves each such layer has mean 0 and
 * standard deviation 1 in every channel. Do it once, before training, with one batch of it.
 *
 * `scale = 1 / (std(x) + 1e-6)` and `loc = -mean(x)` over batch and positions, in one pass from the first layer to the last.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key, normal } from "@jem-js/random";
 * import { initializeActNormalization, wideResNet } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const shape = { inputShape: [8, 8, 3], classes: 3, depth: 10, width: 1 };
 * const model = wideResNet(key(0), { ...shape, normalization: "act" });
 * initializeActNormalization(model, normal(key(1), [16, 8, 8, 3]));
 * const [first] = await model.getLayer("layer1.0.bn1").getWeights()[1]!.data();
 * expect(first).toBeGreaterThan(1); // activations are small in a new network
 * model.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1807.03039 | Kingma and Dhariwal, Glow: generative flow with invertible 1x1 convolutions, §3.1}
 *
 * @param model A model with activation normalisation; its weights are changed.
 * @param x The inputs, `[batch, ...input]`, borrowed.
 * @throws {TypeError} When the model has no such layer.
 */
export function initializeActNormalization(model: LayersModel, x: Tensor): void {
  const found = model.layers.filter((layer): layer is ActNormalization => layer instanceof ActNormalization);
  if (found.length === 0) {
    throw new TypeError("Cannot initialize activation normalization: the model has no such layer");
  }
  for (const layer of found) layer.initializing = true;
  try {
    dispose(model.apply(x) as Tensor);
  } finally {
    for (const layer of found) layer.initializing = false;
  }
}
