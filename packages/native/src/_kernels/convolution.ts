import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeBackend, sameShape } from "../_backend.ts";
import { ConvolutionKind } from "../_kernel_numbers.ts";
import { activate, activationOf } from "./activation.ts";
import type { ConvolutionPlan } from "./convolution_plan.ts";
import { DeferredConvolution, type Epilogue } from "./deferred_convolution.ts";
import type { ConvolutionAttributes } from "./window.ts";

/** A convolution that waits for what follows it; its operands are computed now. */
function defer(
  backend: NativeBackend,
  plan: ConvolutionPlan,
  source: TensorInfo,
  filter: TensorInfo,
  epilogue: Epilogue = {},
): TensorInfo | null {
  if (!sameShape(source.shape, plan.sourceShape)) return null;
  if (backend.floats(source) === null || backend.floats(filter) === null || backend.isTooLarge(plan.shape)) return null;
  const operands = [backend.entry(source), backend.entry(filter)] as const;
  if (!operands.every((entry) => entry.values instanceof Float32Array)) return null;
  return backend.defer(plan.shape, new DeferredConvolution(backend, plan, ...operands, epilogue));
}

/** Convolutions and their gradients. */
export const convolutionKernels: KernelTable = {
  Conv2D: (inputs, attrs, backend) => {
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    const plan = backend.plans.find(ConvolutionKind.forward, x.shape, filter.shape, attrs as ConvolutionAttributes);
    return plan && defer(backend, plan, x, filter);
  },

  Conv2DBackpropInput: (inputs, attrs, backend) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape, ...rest } = attrs as ConvolutionAttributes & { inputShape: number[] };
    const plan = backend.plans.find(ConvolutionKind.inputGradient, inputShape, filter.shape, rest);
    return plan && defer(backend, plan, dy, filter);
  },

  Conv2DBackpropFilter: (inputs, attrs, backend) => {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape, ...rest } = attrs as ConvolutionAttributes & { filterShape: number[] };
    const plan = backend.plans.find(ConvolutionKind.filterGradient, x.shape, filterShape, rest);
    if (plan === null || !sameShape(dy.shape, plan.sourceShape)) return null;
    const source = backend.floats(x);
    const gradient = backend.floats(dy);
    if (source === null || gradient === null) return null;
    const winograd = !backend.exact && plan.suitsWinograd ? 1 : 0;
    const out = backend.output(filterShape, "float32");
    backend.addon.convolve(plan.kind, plan.window, source, gradient, out.values, winograd, 0, 0, 0, 0, 0, 0, 0);
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
    const plan = backend.plans.find(ConvolutionKind.forward, x.shape, filter.shape, rest);
    if (plan === null) return null;
    let epilogue: Epilogue = {};
    if (bias) {
      if (bias.shape.length !== 1 || bias.shape[0] !== plan.channels || backend.floats(bias) === null) return null;
      if (!(backend.entry(bias).values instanceof Float32Array)) return null;
      epilogue = { bias: backend.entry(bias) };
    }
    const joined = activationOf(activation, leakyreluAlpha);
    if (joined !== null) epilogue = { ...epilogue, activation: joined };
    const result = defer(backend, plan, x, filter, epilogue);
    if (result === null || joined !== null) return result;
    return activate(backend, result, activation, preluActivationWeights, leakyreluAlpha);
  },
};
