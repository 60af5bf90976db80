import type { Key } from "@jem-js/random";
import { input, type LayersModel, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { checkChoice, checkImageShape, checkInteger, checkKey } from "./_check.ts";
import { ActNormalization } from "./_layers/act_normalization.ts";
import { GroupNormalization } from "./_layers/group_normalization.ts";
import { ACTIVATIONS, activate, INITIALIZERS, initializeWeights, pool, UNSET } from "./_network.ts";
import type { Activation } from "./activation.ts";
import { doubleDifferentiable } from "./double_differentiable.ts";
import type { Initializer } from "./initializer.ts";
import type { Normalization } from "./normalization.ts";
import { registerLayers } from "./register_layers.ts";

/** Options of {@linkcode wideResNet}. */
export interface WideResNetOptions {
  /** The shape of one image: `[height, width, channels]`. */
  readonly inputShape: readonly number[];
  /** How many classes there are, at least 2. */
  readonly classes: number;
  /** How many layers there are on the longest way: `6 n + 4` for `n` blocks in each of the three stages. @default {28} */
  readonly depth?: number;
  /** The stages have `16 width`, `32 width` and `64 width` channels. @default {10} */
  readonly width?: number;
  /** What stands before each activation. @default {"none"} */
  readonly normalization?: Normalization;
  /** What stands before each convolution but the first and those of shortcuts. @default {"leakyRelu"} */
  readonly activation?: Activation;
  /** How the last feature maps become one vector: their mean or their sum over all positions. @default {"average"} */
  readonly pooling?: "average" | "sum";
  /** How the weights are drawn. @default {"pytorch"} */
  readonly initializer?: Initializer;
  /** The name of the model. @default {"wide_res_net"} */
  readonly name?: string;
}

/**
 * Builds the wide residual network of JEM; its weights are a function of `key`.
 *
 * A 3x3 convolution to 16 channels, then three stages of `(depth - 4) / 6` blocks `shortcut(x) + conv2(act(conv1(act(x))))`,
 * the second and third with a stride of 2 in their first `conv2`, an activation, pooling, and a dense layer to the logits. Convolutions have
 * biases and, as in PyTorch, equal padding on all sides; shortcuts are 1x1 convolutions where size or channels change. With depth
 * 28, width 10 and ten classes it has 36,471,338 parameters and needs 5.95 billion multiplications for an image of 32x32.
 *
 * The layers are named after the modules of JEM's code (`layer1.0.conv1`), but for `pooling`, whose output are the
 * features, and `logits`; {@linkcode loadStateDict} reads JEM's own weights. Weight `i` in the order of `model.getWeights()` is
 * drawn from `foldIn(key, i)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { key } from "@jem-js/random";
 * import { wideResNet } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = wideResNet(key(0), { inputShape: [8, 8, 3], classes: 10, depth: 10, width: 1 });
 * const head = energyHead(model, { features: "pooling" });
 * const x = tf.zeros([2, 8, 8, 3]);
 * expect(head.logits(x).shape).toEqual([2, 10]);
 * expect(head.features!(x).shape).toEqual([2, 64]);
 * model.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., Your classifier is secretly an energy based model and you should treat it like one, appendix A}
 * @see {@link https://arxiv.org/abs/1605.07146 | Zagoruyko and Komodakis, Wide residual networks}
 *
 * @param key The key of the weights.
 * @param options The architecture.
 * @returns A model from float32 `[batch, height, width, channels]` to logits `[batch, classes]`, owned by the caller:
 * `model.dispose()` frees it.
 * @throws {TypeError} When `key` is not a key, `inputShape` is not of length 3, or an option has a value of another kind.
 * @throws {RangeError} When `classes` is below 2, `depth` is not `6 n + 4` with `n` of at least 1, or a size is not a positive integer.
 */
export function wideResNet(key: Key, options: WideResNetOptions): LayersModel {
  const action = "create wideResNet";
  const { inputShape, classes, depth = 28, width = 10, normalization = "none", activation = "leakyRelu" } = options;
  const { pooling = "average", initializer = "pytorch", name = "wide_res_net" } = options;
  checkImageShape(action, inputShape);
  checkInteger(action, "classes", classes, 2);
  checkInteger(action, "depth", depth, 10);
  if (depth % 6 !== 4) throw new RangeError(`Cannot ${action}: depth must be 6 n + 4 but found ${depth}`);
  checkInteger(action, "width", width, 1);
  checkChoice(action, "normalization", normalization, ["none", "batch", "instance", "layer", "act"]);
  checkChoice(action, "activation", activation, ACTIVATIONS);
  checkChoice(action, "pooling", pooling, ["average", "sum"]);
  checkChoice(action, "initializer", initializer, INITIALIZERS);
  checkKey(key);
  registerLayers();

  const activated = (x: SymbolicTensor, before: string, i: string): SymbolicTensor =>
    activate(normalize(x, normalization, `${before}bn${i}`), activation, `${before}activation${i}`);

  const image = input({ shape: [...inputShape], name: "image" });
  let x = convolve(image, "conv1", 16, 3, 1);
  let channels = 16;
  [16 * width, 32 * width, 64 * width].forEach((filters, stage) => {
    for (let block = 0; block < (depth - 4) / 6; block++) {
      const path = `layer${stage + 1}.${block}.`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const inner = convolve(activated(x, path, "1"), `${path}conv1`, filters, 3, 1);
      const residual = convolve(activated(inner, path, "2"), `${path}conv2`, filters, 3, stride);
      const same = stride === 1 && channels === filters;
      const shortcut = same ? x : convolve(x, `${path}shortcut.0`, filters, 1, stride);
      x = layers.add({ name: `${path}add` }).apply([residual, shortcut]) as SymbolicTensor;
      channels = filters;
    }
  });
  x = pool(activated(x, "", "1"), pooling);
  x = layers.dense({ units: classes, name: "logits", ...UNSET }).apply(x) as SymbolicTensor;
  const network = doubleDifferentiable(model({ inputs: image, outputs: x, name }));
  initializeWeights(network, key, initializer);
  return network;
}

/** A convolution with `kernelSize >> 1` zeros on every side. */
function convolve(
  x: SymbolicTensor,
  name: string,
  filters: number,
  kernelSize: number,
  strides: number,
): SymbolicTensor {
  // "same" pads an even side for a stride of 2 on the right and below only.
  const padded = strides > 1 && kernelSize > 1;
  const input = padded ? (layers.zeroPadding2d({ name: `${name}.padding` }).apply(x) as SymbolicTensor) : x;
  const padding = strides > 1 ? "valid" : "same";
  return layers.conv2d({ filters, kernelSize, strides, padding, name, ...UNSET }).apply(input) as SymbolicTensor;
}

function normalize(x: SymbolicTensor, kind: Normalization, name: string): SymbolicTensor {
  const layer = {
    none: () => undefined,
    // PyTorch's momentum of 0.9 is the weight of the new value, that of TensorFlow.js of the old.
    batch: () => layers.batchNormalization({ momentum: 0.1, epsilon: 1e-5, name }),
    instance: () => new GroupNormalization({ groups: 0, name }),
    layer: () => new GroupNormalization({ groups: 1, name }),
    act: () => new ActNormalization({ name }),
  }[kind]();
  return layer === undefined ? x : (layer.apply(x) as SymbolicTensor);
}
