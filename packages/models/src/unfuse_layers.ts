import { add, conv2d, matMul, type Tensor, type Tensor2D, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Layer, replaceCall, runAsChain } from "./_chain.ts";

/**
 * Makes the convolution and dense layers of a model call plain operations in place of TensorFlow.js's fused ones, which
 * halves the time of a gradient with respect to the input.
 *
 * The fused operations, which `tf.layers.conv2d` and `tf.layers.dense` call, compute the gradients of their input, kernel
 * and bias whenever one of the three is asked for. A score (sampling, attacks, detection) asks for the input's alone, and
 * the kernel's costs as much. Values and gradients stay the same to rounding. {@linkcode convNet} and {@linkcode mlp} do it to what they
 * build; call it on a model of yours, or on one that was loaded.
 *
 * Where no gradient is computed, `apply` of a model that is a chain of common layers runs them by itself, convolutions with their biases and ReLUs in one
 * operation: TensorFlow.js looks up each tensor, which takes longer than a small layer.
 *
 * Changed are the layers `Conv2D` (channels last) and `Dense` (on `[batch, features]`), at any depth of nesting; all others stay.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { unfuseLayers } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], activation: "tanh" })] });
 * const x = tf.ones([1, 3]);
 * const before = await (model.apply(x) as tf.Tensor).data();
 * unfuseLayers(model);
 * expect(await (model.apply(x) as tf.Tensor).data()).toEqual(before);
 * ```
 *
 * @param model The model; its layers are changed in place, and a model saved from it loads as any other.
 * @returns `model` itself. Tensors of any shape go through it as before.
 */
export function unfuseLayers(model: LayersModel): LayersModel {
  for (const layer of model.layers) {
    const kind = layer.getClassName();
    const parts = layer as unknown as Layer;
    if ("layers" in layer) unfuseLayers(layer as unknown as LayersModel);
    else if (kind === "Conv2D" && parts.dataFormat === "channelsLast") unfuse(parts, convolve);
    else if (kind === "Dense") unfuse(parts, multiply);
  }
  runAsChain(model);
  return model;
}

function unfuse(layer: Layer, product: (layer: Layer, x: Tensor) => Tensor | undefined): void {
  const fused = layer.call;
  replaceCall(layer, (inputs, options) =>
    tidy(() => {
      const y = product(layer, Array.isArray(inputs) ? inputs[0]! : inputs);
      if (y === undefined) return fused.call(layer, inputs, options);
      const biased = layer.bias ? add(y, layer.bias.read()) : y;
      return layer.activation ? layer.activation.apply(biased) : biased;
    }),
  );
}

function convolve({ kernel, strides, padding, dilationRate }: Layer, x: Tensor): Tensor {
  return conv2d(x as Tensor4D, kernel.read() as Tensor4D, strides, padding, "NHWC", dilationRate);
}

/** Undefined for more than one axis of features, where the layer has rules of its own. */
function multiply({ kernel }: Layer, x: Tensor): Tensor | undefined {
  return x.rank === 2 ? matMul(x as Tensor2D, kernel.read() as Tensor2D) : undefined;
}
