import { elu, leakyRelu, logSoftmax, sigmoid, softmax, softplus, swish, tanh } from "@jem-js/energy";
import {
  AvgPoolGrad,
  avgPool,
  customGrad,
  engine,
  type GradSaveFunc,
  type Tensor,
  type Tensor4D,
} from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { type Layer, replaceCall } from "./_chain.ts";
import { unfuseLayers } from "./unfuse_layers.ts";

/**
 * Makes nested gradients of a model right: its activations become those of `@jem-js/energy`, whose derivatives of any order
 * are, and its convolution and dense layers are unfused ({@linkcode unfuseLayers}).
 *
 * The second derivatives of TensorFlow.js's own activations are wrong (tanh, sigmoid, swish, softmax) or throw (leaky ReLU, ELU).
 * Score matching, exact Hessian-vector products and gradients through a sampler need them. Values and first derivatives
 * stay the same to rounding. {@linkcode convNet} and {@linkcode mlp} do it to what they build; call it on a model of yours, or on one
 * that was loaded.
 *
 * Changed are the layers `Activation`, `LeakyReLU`, `ELU` and `AveragePooling2D` and the activations of other layers, at any depth of nesting;
 * ReLU is right as it is. What stays without right second derivatives, such as the maximum of windows, is found by
 * `checkSecondDerivatives` of `@jem-js/energy`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { checkSecondDerivatives, energyHead } from "@jem-js/energy";
 * import { doubleDifferentiable } from "@jem-js/models";
 * import { expect } from "vitest";
 *
 * const model = tf.sequential();
 * model.add(tf.layers.dense({ units: 4, inputShape: [3], activation: "tanh" }));
 * model.add(tf.layers.dense({ units: 2 }));
 * const head = energyHead(doubleDifferentiable(model));
 * const { method } = await checkSecondDerivatives(head, tf.randomUniform([5, 3], -1, 1, "float32", 1));
 * expect(method).toBe("exact");
 * ```
 *
 * @param model The model; its layers are changed in place, and a model saved from it loads as any other.
 * @returns `model` itself.
 */
export function doubleDifferentiable(model: LayersModel): LayersModel {
  unfuseLayers(model);
  for (const layer of model.layers) {
    const kind = layer.getClassName();
    const parts = layer as unknown as Layer & Windows;
    const name = parts.activation?.getClassName();
    if ("layers" in layer) doubleDifferentiable(layer as unknown as LayersModel);
    else if (kind === "LeakyReLU") replaceCall(parts, (x) => leakyRelu(single(x), parts.alpha));
    else if (kind === "ELU") replaceCall(parts, (x) => elu(single(x)));
    else if (kind === "AveragePooling2D" && parts.dataFormat === "channelsLast") {
      replaceCall(parts, (x) => averagePool(single(x) as Tensor4D, parts));
    } else if (name !== undefined && Object.hasOwn(ACTIVATIONS, name)) {
      // An heir of the activation still has its name and configuration, by which the model is saved.
      parts.activation = Object.create(parts.activation!, { apply: { value: ACTIVATIONS[name] } });
    }
  }
  return model;
}

/** What a pooling layer knows of its windows. */
interface Windows {
  readonly poolSize: [number, number];
  readonly strides: [number, number];
  readonly padding: "same" | "valid";
}

const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  elu: (x) => elu(x),
  logSoftmax: (x) => logSoftmax(x),
  sigmoid: (x) => sigmoid(x),
  softmax: (x) => softmax(x),
  softplus: (x) => softplus(x),
  swish: (x) => swish(x),
  tanh: (x) => tanh(x),
};

function single(x: Tensor | Tensor[]): Tensor {
  return Array.isArray(x) ? x[0]! : x;
}

/** The mean of each window. It is linear, and so is its gradient: each is the gradient of the other. */
function averagePool(x: Tensor4D, windows: Windows): Tensor4D {
  const { poolSize, strides, padding } = windows;
  return customGrad((input, save) => {
    (save as GradSaveFunc)([input as Tensor4D]);
    return {
      value: avgPool(input as Tensor4D, poolSize, strides, padding),
      gradFunc: (dy, [saved]) => spreadWindows(dy as Tensor4D, saved as Tensor4D, windows),
    };
  })(x) as Tensor4D;
}

/** Spreads `dy` over the windows of `input`, of which only the shape matters. */
function spreadWindows(dy: Tensor4D, input: Tensor4D, windows: Windows): Tensor4D {
  const { poolSize, strides, padding } = windows;
  const attributes = { filterSize: poolSize, strides, pad: padding };
  return customGrad((values) => ({
    value: engine().runKernel(AvgPoolGrad, { dy: values as Tensor4D, input }, attributes) as Tensor4D,
    gradFunc: (ddy) => averagePool(ddy as Tensor4D, windows),
  }))(dy) as Tensor4D;
}
