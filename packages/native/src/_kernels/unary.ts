import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelTable, NativeBackend, NativeKernel } from "../_backend.ts";
import { Unary } from "../_kernel_numbers.ts";
import { leakyRelu, RELU } from "./activation.ts";
import { type Activation, DeferredConvolution } from "./deferred_convolution.ts";

/** An element-wise function of one tensor, with up to two numbers from the attributes. */
function unary(op: number, alpha?: (attrs: never) => number, beta?: (attrs: never) => number): NativeKernel {
  return ({ x }, attrs, backend) => {
    const values = backend.floats(x);
    if (values === null) return null;
    const out = backend.output(x!.shape, "float32");
    backend.addon.unary(
      op,
      values.length,
      values,
      out.values,
      alpha?.(attrs as never) ?? 0,
      beta?.(attrs as never) ?? 0,
    );
    return out.info;
  };
}

/** The result of a deferred convolution with `activation` joined to it, if `x` is one that takes it. */
function joined(x: TensorInfo, activation: Activation | null, backend: NativeBackend): TensorInfo | null {
  const { deferred } = backend.entry(x);
  if (activation === null || !(deferred instanceof DeferredConvolution)) return null;
  if (deferred.epilogue.activation !== undefined || deferred.epilogue.mask !== undefined) return null;
  const extended = deferred.extend({ activation });
  return extended && backend.defer(x.shape, extended);
}

/** A tensor filled with one number. */
function fill(shape: readonly number[], value: number, backend: NativeBackend): TensorInfo {
  const out = backend.output(shape, "float32");
  out.values.fill(value);
  return out.info;
}

const relu = unary(Unary.Relu);
const leaky = unary(Unary.LeakyRelu, ({ alpha }: { alpha: number }) => alpha);

/** Element-wise functions of one tensor. */
export const unaryKernels: KernelTable = {
  Neg: unary(Unary.Neg),
  Exp: unary(Unary.Exp),
  Expm1: unary(Unary.Expm1),
  Log: unary(Unary.Log),
  Log1p: unary(Unary.Log1p),
  Sqrt: unary(Unary.Sqrt),
  Rsqrt: unary(Unary.Rsqrt),
  Square: unary(Unary.Square),
  Abs: unary(Unary.Abs),
  Reciprocal: unary(Unary.Reciprocal),
  Relu: (inputs, attrs, backend) => joined(inputs.x!, RELU, backend) ?? relu(inputs, attrs, backend),
  Relu6: (inputs, attrs, backend) =>
    joined(inputs.x!, { ...RELU, cap: 6 }, backend) ?? unary(Unary.Relu6)(inputs, attrs, backend),
  LeakyRelu: (inputs, attrs, backend) =>
    joined(inputs.x!, leakyRelu((attrs as { alpha: number }).alpha), backend) ?? leaky(inputs, attrs, backend),
  Elu: unary(Unary.Elu),
  Selu: unary(Unary.Selu),
  Sigmoid: unary(Unary.Sigmoid),
  Tanh: unary(Unary.Tanh),
  Softplus: unary(Unary.Softplus),
  Erf: unary(Unary.Erf),
  Step: unary(Unary.Step, ({ alpha }: { alpha: number }) => alpha),
  Sign: unary(Unary.Sign),
  ClipByValue: unary(
    Unary.Clip,
    ({ clipValueMin }: { clipValueMin: number }) => clipValueMin,
    ({ clipValueMax }: { clipValueMax: number }) => clipValueMax,
  ),
  Fill: (_inputs, attrs, backend) => {
    const { shape, value, dtype } = attrs as { shape: number[]; value: number | string; dtype?: string };
    return typeof value === "number" && (dtype ?? "float32") === "float32" ? fill(shape, value, backend) : null;
  },
  ZerosLike: ({ x }, _attrs, backend) => (x!.dtype === "float32" ? fill(x!.shape, 0, backend) : null),
  OnesLike: ({ x }, _attrs, backend) => (x!.dtype === "float32" ? fill(x!.shape, 1, backend) : null),
};
