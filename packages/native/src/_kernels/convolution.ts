import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeBackend, sameShape, sizeOf } from "../_backend.ts";
import { ConvolutionKind } from "../_kernel_numbers.ts";
import { activate, activationOf } from "./activation.ts";
import { DeferredConvolution, type Epilogue, suitsWinogradFilterGradient } from "./deferred_convolution.ts";
import { type ConvolutionAttributes, convolutionInfo, windowOf } from "./window.ts";

/** The largest kernel side that the direct kernels take (`kMaxKernel` of `cpp/convolution.h`). */
const LARGEST_KERNEL = 16;

/** The geometry of a convolution, or `null` when the native kernels do not take it. */
function nativeInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvolutionAttributes,
): backend_util.Conv2DInfo | null {
  const info = convolutionInfo(xShape, filterShape, attrs);
  if (info === null || info.dilationHeight > 1 || info.dilationWidth > 1) return null;
  return Math.max(info.filterHeight, info.filterWidth) <= LARGEST_KERNEL ? info : null;
}

/** A convolution that waits for what follows it; its operands are computed now. */
function defer(
  backend: NativeBackend,
  kind: number,
  info: backend_util.Conv2DInfo,
  source: TensorInfo,
  filter: TensorInfo,
  epilogue: Epilogue = {},
): TensorInfo | null {
  const shape = kind === ConvolutionKind.forward ? info.outShape : info.inShape;
  const expected = kind === ConvolutionKind.forward ? info.inShape : info.outShape;
  if (!sameShape(source.shape, expected)) return null;
  if (backend.floats(source) === null || backend.floats(filter) === null || backend.isTooLarge(shape)) return null;
  const operands = [backend.entry(source), backend.entry(filter)] as const;
  if (!operands.every((entry) => entry.values instanceof Float32Array)) return null;
  const deferred = new DeferredConvolution(backend, kind, windowOf(info), sizeOf(shape), ...operands, epilogue);
  return backend.defer(shape, deferred);
}

/** Convolutions and their gradients. */
export const convolutionKernels: KernelTable = {
  Conv2D: (inputs, attrs, backend) => {
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const info = nativeInfo(x.shape, filter.shape, attrs as ConvolutionAttributes);
    return info && defer(backend, ConvolutionKind.forward, info, x, filter);
  },

  Conv2DBackpropInput: (inputs, attrs, backend) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape, ...rest } = attrs as ConvolutionAttributes & { inputShape: number[] };
    const info = nativeInfo(inputShape, filter.shape, rest);
    return info && defer(backend, ConvolutionKind.inputGradient, info, dy, filter);
  },

  Conv2DBackpropFilter: (inputs, attrs, backend) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape, ...rest } = attrs as ConvolutionAttributes & { filterShape: number[] };
    const info = nativeInfo(x.shape, filterShape, rest);
    if (info === null || !sameShape(dy.shape, info.outShape)) return null;
    const source = backend.floats(x);
    const gradient = backend.floats(dy);
    if (source === null || gradient === null) return null;
    const window = windowOf(info);
    const winograd = !backend.exact && suitsWinogradFilterGradient(window) ? 1 : 0;
    const out = backend.output(filterShape, "float32");
    const kind = ConvolutionKind.filterGradient;
    backend.addon.convolve(kind, window, source, gradient, out.values, winograd, 0, 0, 0, 0, 0, 0, 0);
    return out.info;
  },

  FusedConv2D: (inputs, attrs, backend) => {
    const { x, filter, bias, preluActivationWeights } = inputs as {
      x: TensorInfo;
      filter: TensorInfo;
      bias?: TensorInfo;
      preluActivationWeights?: TensorInfo;
    };
    const {
      activation = "linear",
      leakyreluAlpha,
      ...rest
    } = attrs as ConvolutionAttributes & {
      activation?: backend_util.Activation;
      leakyreluAlpha?: number;
    };
    const info = nativeInfo(x.shape, filter.shape, rest);
    if (info === null) return null;
    let epilogue: Epilogue = {};
    if (bias) {
      if (bias.shape.length !== 1 || bias.shape[0] !== info.outChannels || backend.floats(bias) === null) return null;
      if (!(backend.entry(bias).values instanceof Float32Array)) return null;
      epilogue = { bias: backend.entry(bias) };
    }
    const joined = activationOf(activation, leakyreluAlpha);
    if (joined !== null) epilogue = { ...epilogue, activation: joined };
    const result = defer(backend, ConvolutionKind.forward, info, x, filter, epilogue);
    if (result === null || joined !== null) return result;
    return activate(backend, result, activation, preluActivationWeights, leakyreluAlpha);
  },
};
