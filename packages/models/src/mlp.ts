import type { Key } from "@jem-js/random";
import { input, type LayersModel, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { checkChoice, checkInteger, checkIntegers, checkKey } from "./_check.ts";
import { ACTIVATIONS, activate, INITIALIZERS, initializeWeights, UNSET } from "./_network.ts";
import type { Activation } from "./activation.ts";
import { doubleDifferentiable } from "./double_differentiable.ts";
import type { Initializer } from "./initializer.ts";

/** Options of {@linkcode mlp}. */
export interface MlpOptions {
  /** The shape of one example, without the batch; of more than one dimension it is flattened. */
  readonly inputShape: readonly number[];
  /** How many units each hidden layer has; none gives a linear classifier. */
  readonly units: readonly number[];
  /** How many classes there are, at least 2. */
  readonly classes: number;
  /** What follows each hidden layer. @default {"leakyRelu"} */
  readonly activation?: Activation;
  /** How the weights are drawn. @default {"pytorch"} */
  readonly initializer?: Initializer;
  /** The name of the model. @default {"mlp"} */
  readonly name?: string;
}

/**
 * Builds a multilayer perceptron whose weights are a function of `key`: dense layers with bias and an activation after
 * each but the last, which gives the logits, without a softmax.
 *
 * Weight `i` in the order of `model.getWeights()` is drawn from `foldIn(key, i)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mlp } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = mlp(key(0), { inputShape: [2], units: [32, 32], classes: 3, activation: "swish" });
 * const logits = model.apply(tf.zeros([5, 2])) as tf.Tensor2D;
 * expect(logits.shape).toEqual([5, 3]);
 * logits.dispose();
 * model.dispose();
 * ```
 *
 * @param key The key of the weights.
 * @param options The architecture.
 * @returns A model from float32 `[batch, ...inputShape]` to logits `[batch, classes]`, owned by the caller:
 * `model.dispose()` frees it.
 * @throws {TypeError} When `key` is not a key or an option has a value of another kind.
 * @throws {RangeError} When `classes` is below 2, `inputShape` is empty, or a size is not a positive integer.
 */
export function mlp(key: Key, options: MlpOptions): LayersModel {
  const action = "create mlp";
  const { inputShape, units, classes } = options;
  const { activation = "leakyRelu", initializer = "pytorch", name = "mlp" } = options;
  checkIntegers(action, "inputShape", inputShape, 1);
  checkIntegers(action, "units", units, 0);
  checkInteger(action, "classes", classes, 2);
  checkChoice(action, "activation", activation, ACTIVATIONS);
  checkChoice(action, "initializer", initializer, INITIALIZERS);

  checkKey(key);

  const example = input({ shape: [...inputShape], name: "input" });
  let x: SymbolicTensor = example;
  if (inputShape.length > 1) x = layers.flatten({ name: "flatten" }).apply(x) as SymbolicTensor;
  units.forEach((count, i) => {
    const dense = layers.dense({ units: count, name: `dense_${i + 1}`, ...UNSET });
    x = activate(dense.apply(x) as SymbolicTensor, activation, `activation_${i + 1}`);
  });
  x = layers.dense({ units: classes, name: "logits", ...UNSET }).apply(x) as SymbolicTensor;
  const network = doubleDifferentiable(model({ inputs: example, outputs: x, name }));
  initializeWeights(network, key, initializer);
  return network;
}
