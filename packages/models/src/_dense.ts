import type { Key } from "@jem-js/random";
import { add, matMul, type Tensor, type Tensor2D, tensor, tidy, type Variable, variable } from "@tensorflow/tfjs-core";
import { drawWeights } from "./_network.ts";
import type { Initializer } from "./initializer.ts";

/** A dense layer without an activation: `x W + b`. */
export interface Dense {
  readonly kernel: Variable;
  readonly bias: Variable;
  apply(x: Tensor): Tensor2D;
}

/** Dense layers between these widths, their weights drawn as those of `mlp`. */
export function denseLayers(key: Key, widths: readonly number[], initializer: Initializer): Dense[] {
  const kernels = widths.slice(1).map((width, i) => [widths[i]!, width]);
  const variables = drawWeights(key, kernels, initializer).map(({ shape, values }) =>
    tidy(() => variable(tensor(values, shape, "float32"))),
  );
  return kernels.map((_, i) => {
    const [kernel, bias] = [variables[2 * i]!, variables[2 * i + 1]!];
    return { kernel, bias, apply: (x) => add(matMul(x as Tensor2D, kernel as Tensor as Tensor2D), bias) };
  });
}

/** The variables of layers, in order. */
export function variablesOf(layers: readonly Dense[]): Variable[] {
  return layers.flatMap(({ kernel, bias }) => [kernel, bias]);
}
