import type { Key } from "@jem-js/random";
import { input, type LayersModel, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { checkChoice, checkImageShape, checkInteger, checkIntegers, checkKey } from "./_check.ts";
import { ACTIVATIONS, activate, INITIALIZERS, initializeWeights, UNSET } from "./_network.ts";
import type { Activation } from "./activation.ts";
import { doubleDifferentiable } from "./double_differentiable.ts";
import type { Initializer } from "./initializer.ts";

/** Options of {@linkcode convNet}. */
export interface ConvNetOptions {
  /** The shape of one image: `[height, width, channels]`. */
  readonly inputShape: readonly number[];
  /** How many filters each convolution has, one entry a layer. */
  readonly filters: readonly number[];
  /** The stride of each convolution, or one for all. */
  readonly strides: number | readonly number[];
  /** How many classes there are, at least 2. */
  readonly classes: number;
  /** The side of the square kernels. @default {3} */
  readonly kernelSize?: number;
  /** What follows each convolution. @default {"leakyRelu"} */
  readonly activation?: Activation;
  /** How the last feature maps become one vector: their mean over all positions, or all their values. @default {"average"} */
  readonly pooling?: "average" | "flatten";
  /** How the weights are drawn. @default {"pytorch"} */
  readonly initializer?: Initializer;
  /** The name of the model. @default {"conv_net"} */
  readonly name?: string;
}

/**
 * Builds a convolutional classifier whose weights are a function of `key`.
 *
 * Each convolution has padding `"same"`, a bias and an activation after it; pooling and one dense layer give the logits,
 * without a softmax. There is no normalisation layer: batch statistics would tie the energies of a batch together. Weight
 * `i` in the order of `model.getWeights()` is drawn from `foldIn(key, i)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { convNet } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = convNet(key(0), { inputShape: [8, 8, 1], filters: [4, 8], strides: 2, classes: 3 });
 * const logits = model.apply(tf.zeros([5, 8, 8, 1])) as tf.Tensor2D;
 * expect(logits.shape).toEqual([5, 3]);
 * logits.dispose();
 * model.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one} (no normalisation layers, leaky ReLU of slope 0.2)
 *
 * @param key The key of the weights.
 * @param options The architecture.
 * @returns A model from float32 `[batch, height, width, channels]` to logits `[batch, classes]`, owned by the caller:
 * `model.dispose()` frees it.
 * @throws {TypeError} When `key` is not a key, `inputShape` is not of length 3, or an option has a value of another kind.
 * @throws {RangeError} When `classes` is below 2, `filters` is empty, a size is not a positive integer, or `strides` has
 * another length than `filters`.
 */
export function convNet(key: Key, options: ConvNetOptions): LayersModel {
  const action = "create convNet";
  const { inputShape, filters, strides, classes, kernelSize = 3 } = options;
  const { activation = "leakyRelu", pooling = "average", initializer = "pytorch", name = "conv_net" } = options;
  checkImageShape(action, inputShape);
  checkIntegers(action, "filters", filters, 1);
  const strideOf = typeof strides === "number" ? filters.map(() => strides) : strides;
  checkIntegers(action, "strides", strideOf, 1);
  if (strideOf.length !== filters.length) {
    throw new RangeError(
      `Cannot ${action}: strides must have one entry for each of the ${filters.length} filters but found ${strideOf.length}`,
    );
  }
  checkInteger(action, "classes", classes, 2);
  checkInteger(action, "kernelSize", kernelSize, 1);
  checkChoice(action, "activation", activation, ACTIVATIONS);
  checkChoice(action, "pooling", pooling, ["average", "flatten"]);
  checkChoice(action, "initializer", initializer, INITIALIZERS);

  checkKey(key);

  const image = input({ shape: [...inputShape], name: "image" });
  let x: SymbolicTensor = image;
  filters.forEach((count, i) => {
    const convolution = layers.conv2d({
      filters: count,
      kernelSize,
      strides: strideOf[i]!,
      padding: "same",
      name: `conv_${i + 1}`,
      ...UNSET,
    });
    x = activate(convolution.apply(x) as SymbolicTensor, activation, `activation_${i + 1}`);
  });
  const pool =
    pooling === "average" ? layers.globalAveragePooling2d({ name: "pooling" }) : layers.flatten({ name: "pooling" });
  x = pool.apply(x) as SymbolicTensor;
  x = layers.dense({ units: classes, name: "logits", ...UNSET }).apply(x) as SymbolicTensor;
  const network = doubleDifferentiable(model({ inputs: image, outputs: x, name }));
  initializeWeights(network, key, initializer);
  return network;
}
