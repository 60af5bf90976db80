import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeKernel, sameShape } from "../_backend.ts";
import { activate } from "./activation.ts";
import { type ConvolutionAttributes, convolutionInfo, windowOf } from "./window.ts";

const depthwise: NativeKernel = (inputs, attrs, backend) => {
  const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
  const info = convolutionInfo(x.shape, filter.shape, attrs as ConvolutionAttributes, true);
  if (info === null) return null;
  const values = backend.floats(x);
  const weights = backend.floats(filter);
  if (values === null || weights === null) return null;
  const out = backend.output(info.outShape, "float32");
  backend.addon.depthwise(windowOf(info), values, weights, out.values);
  return out.info;
};

/** Depthwise convolutions and their gradients. */
export const depthwiseKernels: KernelTable = {
  DepthwiseConv2dNative: depthwise,

  DepthwiseConv2dNativeBackpropInput: (inputs, attrs, backend) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape, ...rest } = attrs as ConvolutionAttributes & { inputShape: number[] };
    const info = convolutionInfo(inputShape, filter.shape, rest, true);
    if (info === null || !sameShape(dy.shape, info.outShape)) return null;
    const gradient = backend.floats(dy);
    const weights = backend.floats(filter);
    if (gradient === null || weights === null) return null;
    const out = backend.output(inputShape, "float32");
    backend.addon.depthwiseInputGradient(windowOf(info), gradient, weights, out.values);
    return out.info;
  },

  DepthwiseConv2dNativeBackpropFilter: (inputs, attrs, backend) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape, ...rest } = attrs as ConvolutionAttributes & { filterShape: number[] };
    const info = convolutionInfo(x.shape, filterShape, rest, true);
    if (info === null || !sameShape(dy.shape, info.outShape)) return null;
    const values = backend.floats(x);
    const gradient = backend.floats(dy);
    if (values === null || gradient === null) return null;
    const out = backend.output(filterShape, "float32");
    backend.addon.depthwiseFilterGradient(windowOf(info), values, gradient, out.values);
    return out.info;
  },

  FusedDepthwiseConv2D: (inputs, attrs, backend) => {
    const { bias, preluActivationWeights } = inputs;
    const { activation, leakyreluAlpha, ...rest } = attrs as ConvolutionAttributes & {
      activation?: backend_util.Activation;
      leakyreluAlpha?: number;
    };
    let result = depthwise(inputs, rest, backend) as TensorInfo | null;
    if (result === null) return null;
    if (bias) {
      const sum = backend.run("Add", { a: result, b: bias });
      backend.disposeIntermediateTensorInfo(result);
      result = sum;
    }
    return activate(backend, result, activation ?? "linear", preluActivationWeights, leakyreluAlpha);
  },
};
