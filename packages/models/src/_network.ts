import { foldIn, type Key, normalValues, uniformValues } from "@jem-js/random";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { type LayersModel, layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Activation } from "./activation.ts";
import type { Initializer } from "./initializer.ts";

/** The values that an option of type `Activation` can have. */
export const ACTIVATIONS: readonly Activation[] = ["leakyRelu", "swish", "relu"];

/** The values that an option of type `Initializer` can have. */
export const INITIALIZERS: readonly Initializer[] = ["pytorch", "heNormal", "glorotUniform"];

/** Initialisers of layers whose weights are set afterwards: the others of tfjs-layers are not reliably seeded. */
export const UNSET = { kernelInitializer: "zeros", biasInitializer: "zeros" } as const;

/** Applies the activation layer `name` to `x`. */
export function activate(x: SymbolicTensor, activation: Activation, name: string): SymbolicTensor {
  // The formula of the activation is a string in the layer's configuration, so that the model survives JSON.
  const layer =
    activation === "leakyRelu" ? layers.leakyReLU({ alpha: 0.2, name }) : layers.activation({ activation, name });
  return layer.apply(x) as SymbolicTensor;
}

/**
 * Draws the kernels and biases of all layers; weight `i` in the order of `LayersModel.getWeights` comes from
 * `foldIn(key, i)`. Kernels are `[...area, in, out]`. All other weights keep the values that their layers gave them.
 */
export function initializeWeights(network: LayersModel, key: Key, initializer: Initializer): void {
  let fanIn = 1;
  network.trainableWeights.forEach((weight, i) => {
    const { shape } = weight as { shape: number[] };
    const size = product(shape);
    const weightKey = foldIn(key, i);
    let values: Float32Array;
    if (weight.originalName.endsWith("/kernel")) {
      const outputs = shape.at(-1)!;
      fanIn = size / outputs;
      values = drawKernel(weightKey, size, fanIn, product(shape.slice(0, -2)) * outputs, initializer);
    } else if (weight.originalName.endsWith("/bias") && initializer === "pytorch") {
      // The bias of a layer follows its kernel.
      values = between(weightKey, size, fanIn ** -0.5);
    } else {
      return;
    }
    tidy(() => {
      weight.write(tensor(values, shape, "float32"));
    });
  });
}

/** Weights in host memory. */
interface HostWeight {
  readonly shape: number[];
  readonly values: Float32Array;
}

/**
 * Draws the kernel `[...area, in, out]` and the bias of each layer; weight `i` comes from `foldIn(key, i)`. For what is no layers model.
 */
export function drawWeights(
  key: Key,
  kernels: readonly (readonly number[])[],
  initializer: Initializer,
): readonly HostWeight[] {
  return kernels.flatMap((kernel, i) => {
    const [size, outputs] = [product(kernel), kernel.at(-1)!];
    const fanIn = size / outputs;
    const values = drawKernel(foldIn(key, 2 * i), size, fanIn, product(kernel.slice(0, -2)) * outputs, initializer);
    const bias =
      initializer === "pytorch" ? between(foldIn(key, 2 * i + 1), outputs, fanIn ** -0.5) : new Float32Array(outputs);
    return [
      { shape: [...kernel], values },
      { shape: [outputs], values: bias },
    ];
  });
}

function drawKernel(key: Key, size: number, fanIn: number, fanOut: number, initializer: Initializer): Float32Array {
  switch (initializer) {
    case "pytorch":
      return between(key, size, fanIn ** -0.5);
    case "heNormal": {
      const deviation = Math.sqrt(2 / fanIn);
      return normalValues(key, size).map((value) => deviation * value);
    }
    case "glorotUniform":
      return between(key, size, Math.sqrt(6 / (fanIn + fanOut)));
  }
}

function between(key: Key, size: number, bound: number): Float32Array {
  return uniformValues(key, size, { min: -bound, max: bound });
}

/** The product of `values`, 1 for none. */
export function product(values: readonly number[]): number {
  return values.reduce((a, b) => a * b, 1);
}

/** The mean or the sum over all positions, in a layer named `pooling`. */
export function pool(x: SymbolicTensor, pooling: "average" | "sum"): SymbolicTensor {
  if (pooling === "average") return layers.globalAveragePooling2d({ name: "pooling" }).apply(x) as SymbolicTensor;
  const [, height, width] = x.shape as [null, number, number, number];
  const average = layers.globalAveragePooling2d({ name: "pooling.average" }).apply(x);
  return layers.rescaling({ scale: height * width, offset: 0, name: "pooling" }).apply(average) as SymbolicTensor;
}
