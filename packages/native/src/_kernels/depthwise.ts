import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeKernel, sameShape } from "../_backend.ts";
import { activate } from "./activation.ts";
import { isOrdinary, type WindowAttributes, windowOf } from "./window.ts";

type DepthwiseAttributes = WindowAttributes & { readonly dilations?: [number, number] | number | null };
type Shape4D = [number, number, number, number];

function depthwiseInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: DepthwiseAttributes,
): backend_util.Conv2DInfo | null {
  if (xShape.length !== 4 || filterShape.length !== 4 || xShape[3] !== filterShape[2]) return null;
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    true,
  );
  return isOrdinary(info) ? info : null;
}

const depthwise: NativeKernel = (inputs, attrs, backend) => {
  const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
  const info = depthwiseInfo(x.shape, filter.shape, attrs as DepthwiseAttributes);
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
    const { inputShape, ...rest } = attrs as DepthwiseAttributes & { inputShape: number[] };
    const info = depthwiseInfo(inputShape, filter.shape, rest);
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
    const { filterShape, ...rest } = attrs as DepthwiseAttributes & { filterShape: number[] };
    const info = depthwiseInfo(x.shape, filterShape, rest);
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
    const { activation, leakyreluAlpha, ...rest } = attrs as DepthwiseAttributes & {
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
