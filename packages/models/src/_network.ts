import { foldIn, type Key, normalValues, uniformValues } from "@jem-js/random";
import { dispose, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { type LayersModel, layers, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { Activation } from "./activation.ts";
import type { Initializer } from "./initializer.ts";

/** The values that an option of type `Activation` can have. */
export const ACTIVATIONS: readonly Activation[] = ["leakyRelu", "swish", "relu"];

/** The values that an option of type `Initializer` can have. */
export const INITIALIZERS: readonly Initializer[] = ["pytorch", "heNormal", "glorotUniform"];

/** Initialisers of layers whose weights are set afterwards: the others of tfjs-layers are not reliably seeded. */
export const UNSET = { kernelInitializer: "zeros", biasInitializer: "zeros" } as const;

/** Weights in host memory. */
export interface HostWeight {
  readonly shape: number[];
  readonly values: Float32Array;
}

/** Applies the activation layer `name` to `x`. */
export function activate(x: SymbolicTensor, activation: Activation, name: string): SymbolicTensor {
  // The formula of the activation is a string in the layer's configuration, so that the model survives JSON.
  const layer =
    activation === "leakyRelu" ? layers.leakyReLU({ alpha: 0.2, name }) : layers.activation({ activation, name });
  return layer.apply(x) as SymbolicTensor;
}

/**
 * Draws the kernel and the bias of each layer, in the order of `LayersModel.getWeights`; weight `i` comes from
 * `foldIn(key, i)`. Kernels are `[...area, in, out]`.
 */
export function drawWeights(
  key: Key,
  kernels: readonly (readonly number[])[],
  initializer: Initializer,
): readonly HostWeight[] {
  return kernels.flatMap((kernel, i) => {
    const area = product(kernel.slice(0, -2));
    const [inputs, outputs] = kernel.slice(-2) as [number, number];
    const fanIn = area * inputs;
    const fanOut = area * outputs;
    const size = fanIn * outputs;
    const kernelKey = foldIn(key, 2 * i);
    const biasKey = foldIn(key, 2 * i + 1);
    const between = (k: Key, count: number, bound: number): Float32Array =>
      uniformValues(k, count, { min: -bound, max: bound });
    const zeros = new Float32Array(outputs);
    const draw = (): [Float32Array, Float32Array] => {
      switch (initializer) {
        case "pytorch":
          return [between(kernelKey, size, fanIn ** -0.5), between(biasKey, outputs, fanIn ** -0.5)];
        case "heNormal": {
          const deviation = Math.sqrt(2 / fanIn);
          return [normalValues(kernelKey, size).map((value) => deviation * value), zeros];
        }
        case "glorotUniform":
          return [between(kernelKey, size, Math.sqrt(6 / (fanIn + fanOut))), zeros];
      }
    };
    const [values, bias] = draw();
    return [
      { shape: [...kernel], values },
      { shape: [outputs], values: bias },
    ];
  });
}

/** Copies host weights into the model. */
export function setWeights(network: LayersModel, weights: readonly HostWeight[]): void {
  const tensors: Tensor[] = weights.map(({ shape, values }) => tensor(values, shape, "float32"));
  network.setWeights(tensors);
  dispose(tensors);
}

/** The product of `values`, 1 for none. */
export function product(values: readonly number[]): number {
  return values.reduce((a, b) => a * b, 1);
}
