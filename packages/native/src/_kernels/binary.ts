import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeBackend, type NativeKernel, sameShape } from "../_backend.ts";
import { Binary, Comparison, ConvolutionKind } from "../_kernel_numbers.ts";
import { broadcast } from "./broadcast.ts";
import { DeferredBroadcast } from "./deferred_broadcast.ts";
import { DeferredConvolution } from "./deferred_convolution.ts";

/** An element-wise function of two tensors with broadcasting. */
function binary(op: number, first: string = "a", second: string = "b"): NativeKernel {
  return (inputs, _attrs, backend) => {
    const a = inputs[first]!;
    const b = inputs[second]!;
    const joint = broadcast(a.shape, b.shape);
    if (joint === null) return null;
    const left = backend.floats(a);
    const right = backend.floats(b);
    if (left === null || right === null) return null;
    const out = backend.output(joint.shape, "float32");
    backend.addon.binary(op, joint.layout, left, right, out.values, 0);
    return out.info;
  };
}

function comparison(op: number): NativeKernel {
  return ({ a, b }, _attrs, backend) => {
    const joint = broadcast(a!.shape, b!.shape);
    if (joint === null) return null;
    const left = backend.floats(a);
    const right = backend.floats(b);
    if (left === null || right === null) return null;
    const out = backend.output(joint.shape, "bool");
    backend.addon.compare(op, joint.layout, left, right, out.values);
    return out.info;
  };
}

/** The deferred convolution behind `info` that can still take an addend or a bias, if it is one. */
function openConvolution(backend: NativeBackend, info: TensorInfo): DeferredConvolution | null {
  const { deferred } = backend.entry(info);
  if (info.dtype !== "float32" || !(deferred instanceof DeferredConvolution)) return null;
  const { addend, activation, mask } = deferred.epilogue;
  return addend === undefined && activation === undefined && mask === undefined ? deferred : null;
}

/** An addition that joins a convolution: a bias for each channel, or a tensor of the same shape. */
function joinedAdd(a: TensorInfo, b: TensorInfo, backend: NativeBackend): TensorInfo | null {
  let carrier = openConvolution(backend, a);
  let other = b;
  let shape = a.shape;
  if (sameShape(a.shape, b.shape)) {
    const second = openConvolution(backend, b);
    if (second !== null && (carrier === null || second.rank > carrier.rank)) {
      carrier = second;
      other = a;
      shape = b.shape;
    }
    if (carrier === null || backend.entry(a) === backend.entry(b) || backend.floats(other) === null) return null;
    const addend = backend.entry(other);
    const deferred = addend.values instanceof Float32Array ? carrier.extend({ addend }) : null;
    return deferred && backend.defer(shape, deferred);
  }
  if (carrier?.plan.kind !== ConvolutionKind.forward || carrier.epilogue.bias !== undefined) return null;
  const isBias =
    b.shape.length === 1 && b.shape[0] === carrier.plan.channels && a.shape.at(-1) === carrier.plan.channels;
  if (!isBias || backend.floats(b) === null) return null;
  const bias = backend.entry(b);
  const deferred = bias.values instanceof Float32Array ? carrier.extend({ bias }) : null;
  return deferred && backend.defer(shape, deferred);
}

const add = binary(Binary.Add);

/** The backward of a leaky ReLU from its output: `dy` where `y` is positive, else `alpha * dy`. */
const leakyReluGrad: NativeKernel = (inputs, attrs, backend) => {
  const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
  const { alpha } = attrs as { alpha: number };
  const output = backend.floats(y);
  if (output === null || !sameShape(dy.shape, y.shape) || dy.dtype !== "float32") return null;
  const { deferred } = backend.entry(dy);
  if (deferred instanceof DeferredConvolution && backend.entry(y).values instanceof Float32Array) {
    const { activation, mask } = deferred.epilogue;
    const joined =
      activation === undefined && mask === undefined
        ? deferred.extend({ mask: { output: backend.entry(y), alpha } })
        : null;
    if (joined !== null) return backend.defer(y.shape, joined);
  }
  if (deferred instanceof DeferredBroadcast) {
    const out = backend.output(y.shape, "float32");
    backend.addon.binary(Binary.LeakyReluGrad, deferred.against(), deferred.small, output, out.values, alpha);
    return out.info;
  }
  const gradient = backend.floats(dy);
  if (gradient === null) return null;
  const out = backend.output(y.shape, "float32");
  const { layout } = broadcast(dy.shape, y.shape)!;
  backend.addon.binary(Binary.LeakyReluGrad, layout, gradient, output, out.values, alpha);
  return out.info;
};

/** Element-wise functions of two tensors, with broadcasting, and comparisons. */
export const binaryKernels: KernelTable = {
  Add: (inputs, attrs, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    return joinedAdd(a, b, backend) ?? add(inputs, attrs, backend);
  },
  Sub: binary(Binary.Sub),
  Multiply: binary(Binary.Multiply),
  RealDiv: binary(Binary.RealDiv),
  Maximum: binary(Binary.Maximum),
  Minimum: binary(Binary.Minimum),
  SquaredDifference: binary(Binary.SquaredDifference),
  EluGrad: binary(Binary.EluGrad, "dy", "y"),
  Prelu: binary(Binary.Prelu, "x", "alpha"),
  LeakyReluGrad: leakyReluGrad,
  Greater: comparison(Comparison.Greater),
  GreaterEqual: comparison(Comparison.GreaterEqual),
  Less: comparison(Comparison.Less),
  LessEqual: comparison(Comparison.LessEqual),
  Equal: comparison(Comparison.Equal),
  NotEqual: comparison(Comparison.NotEqual),
};
