import { foldIn, type Key, normalValues, uniformValues } from "@jem-js/random";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { input, type LayersModel, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { checkChoice, checkImageShape, checkInteger, checkIntegers, checkKey } from "./_check.ts";
import { SpectralConv2D } from "./_layers/spectral_conv2d.ts";
import { ACTIVATIONS, activate, pool, product, UNSET } from "./_network.ts";
import type { Activation } from "./activation.ts";
import { advanceSpectralNorms } from "./advance_spectral_norms.ts";
import { doubleDifferentiable } from "./double_differentiable.ts";
import { registerLayers } from "./register_layers.ts";

/** Options of {@linkcode igebmNet}. */
export interface IgebmNetOptions {
  /** The shape of one image: `[height, width, channels]`; each stage halves height and width. */
  readonly inputShape: readonly number[];
  /** How many logits there are; 1 gives IGEBM's unconditional energy, as its negative. */
  readonly classes: number;
  /** How many channels each stage has. @default {[128, 256, 512]} */
  readonly filters?: readonly number[];
  /** How many residual blocks each stage has. @default {3} */
  readonly blocks?: number;
  /** What follows the first convolution, and stands inside and behind each block. @default {"leakyRelu"} */
  readonly activation?: Activation;
  /** The name of the model. @default {"igebm_net"} */
  readonly name?: string;
}

/**
 * Builds the residual network of IGEBM with spectral normalisation; its weights are a function of `key`.
 *
 * A 3x3 convolution to the first number of channels and an activation, then the stages. A block computes
 * `act(shortcut(x) + scale * conv2(act(conv1(x + b1)) + b2))` with 3x3 convolutions; the first of a stage halves the sides by
 * averaging 2x2 pixels before its last activation, and has a convolution for a shortcut where the number of channels changes. A ReLU, the sum over
 * all positions (the layer `pooling`) and a dense layer give the logits. The defaults are the larger network for CIFAR-10.
 *
 * Kernels are divided by their spectral norm, and those of each `conv2` only when it is above 1: they start near zero, and each block
 * as its shortcut. The norm is found by power iteration; its state moves when the model is called in training mode, or by
 * {@linkcode advanceSpectralNorms}, which should follow each step of training. Weight `i` in the order of `model.getWeights()` is drawn from `foldIn(key, i)`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { igebmNet } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = igebmNet(key(0), { inputShape: [8, 8, 3], classes: 10, filters: [4, 8], blocks: 2 });
 * const logits = model.apply(tf.zeros([5, 8, 8, 3])) as tf.Tensor2D;
 * expect(logits.shape).toEqual([5, 10]);
 * logits.dispose();
 * model.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.08689 | Du and Mordatch, Implicit generation and generalization in energy-based models, appendix A.8}
 * @see {@link https://arxiv.org/abs/1802.05957 | Miyato et al., Spectral normalization for generative adversarial networks}
 *
 * @param key The key of the weights.
 * @param options The architecture.
 * @returns A model from float32 `[batch, height, width, channels]` to logits `[batch, classes]`, owned by the caller:
 * `model.dispose()` frees it.
 * @throws {TypeError} When `key` is not a key, `inputShape` is not of length 3, or an option has a value of another kind.
 * @throws {RangeError} When `filters` is empty, a size is not a positive integer, or height or width is below
 * `2 ** filters.length`.
 */
export function igebmNet(key: Key, options: IgebmNetOptions): LayersModel {
  const action = "create igebmNet";
  const { inputShape, classes, filters = [128, 256, 512], blocks = 3 } = options;
  const { activation = "leakyRelu", name = "igebm_net" } = options;
  checkImageShape(action, inputShape);
  checkInteger(action, "classes", classes, 1);
  checkIntegers(action, "filters", filters, 1);
  checkInteger(action, "blocks", blocks, 1);
  checkChoice(action, "activation", activation, ACTIVATIONS);
  checkKey(key);
  const side = Math.min(inputShape[0]!, inputShape[1]!);
  if (side < 2 ** filters.length) {
    throw new RangeError(
      `Cannot ${action}: height and width must be at least ${2 ** filters.length} to be halved ${filters.length} times but found ${side}`,
    );
  }
  registerLayers();

  const image = input({ shape: [...inputShape], name: "image" });
  let x = activate(convolve(image, "conv1", filters[0]!), activation, "activation1");
  let channels = filters[0]!;
  filters.forEach((count, stage) => {
    for (let block = 0; block < blocks; block++) {
      const path = `stage${stage + 1}.${block}.`;
      const inner = convolve(x, `${path}conv1`, count, { inputBias: true });
      const residual = convolve(activate(inner, activation, `${path}activation1`), `${path}conv2`, count, SECOND);
      const shortcut = count === channels ? x : convolve(x, `${path}shortcut`, count);
      x = layers.add({ name: `${path}add` }).apply([residual, shortcut]) as SymbolicTensor;
      if (block === 0) x = layers.averagePooling2d({ poolSize: 2, name: `${path}pool` }).apply(x) as SymbolicTensor;
      x = activate(x, activation, `${path}activation2`);
      channels = count;
    }
  });
  x = pool(activate(x, "relu", "activation2"), "sum");
  x = layers.dense({ units: classes, name: "logits", ...UNSET }).apply(x) as SymbolicTensor;
  const network = doubleDifferentiable(model({ inputs: image, outputs: x, name }));
  drawWeights(network, key);
  // The ratio of the two largest singular values of a random matrix is near 1.
  advanceSpectralNorms(network, { iterations: 20 });
  return network;
}

/** The second convolution of a block. */
const SECOND = { inputBias: true, scale: true, upperBound: true };

function convolve(x: SymbolicTensor, name: string, filters: number, options: object = {}): SymbolicTensor {
  return new SpectralConv2D({ name, filters, kernelSize: 3, ...options }).apply(x) as SymbolicTensor;
}

/** Kernels of deviation 1, which the normalisation takes out; near 0 where it does not; the last layer as Glorot. */
function drawWeights(network: LayersModel, key: Key): void {
  network.weights.forEach((weight, i) => {
    const shape = weight.shape as number[];
    const [layer, part] = weight.originalName.split("/") as [string, string];
    if (part !== "kernel" && part !== "u") return;
    const weightKey = foldIn(key, i);
    const bound = Math.sqrt(6 / (shape[0]! + shape.at(-1)!));
    const deviation = layer.endsWith("conv2") ? 1e-10 : 1;
    const values =
      layer === "logits"
        ? uniformValues(weightKey, product(shape), { min: -bound, max: bound })
        : normalValues(weightKey, product(shape)).map((value) => deviation * value);
    tidy(() => {
      weight.write(tensor(values, shape, "float32"));
    });
  });
}
