import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type KernelTable, type NativeKernel, sameShape } from "../_backend.ts";
import { poolInfo, type WindowAttributes, windowOf } from "./window.ts";

type PoolAttributes = WindowAttributes & { readonly filterSize: [number, number] | number };

function pool(name: "maxPool" | "averagePool"): NativeKernel {
  return (inputs, attrs, backend) => {
    const x = inputs.x!;
    const info = poolInfo(x, attrs as PoolAttributes);
    // TensorFlow.js takes a window of one element for the identity, whatever its stride, when the shape stays.
    const isIdentity = info?.filterHeight === 1 && info.filterWidth === 1 && sameShape(info.inShape, info.outShape);
    const values = info && !isIdentity && backend.floats(x);
    if (info === null || !values) return null;
    const out = backend.output(info.outShape, "float32");
    backend.addon[name](windowOf(info), values, out.values);
    return out.info;
  };
}

/** Pooling and its gradients. */
export const poolingKernels: KernelTable = {
  MaxPool: pool("maxPool"),
  AvgPool: pool("averagePool"),

  MaxPoolGrad: (inputs, attrs, backend) => {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
    const info = poolInfo(input, attrs as PoolAttributes);
    if (info === null || !sameShape(dy.shape, info.outShape)) return null;
    const gradient = backend.floats(dy);
    const values = backend.floats(input);
    if (gradient === null || values === null) return null;
    const out = backend.output(input.shape, "float32");
    backend.addon.maxPoolGradient(windowOf(info), gradient, values, out.values);
    return out.info;
  },

  AvgPoolGrad: (inputs, attrs, backend) => {
    const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
    const info = poolInfo(input, attrs as PoolAttributes);
    if (info === null || !sameShape(dy.shape, info.outShape)) return null;
    const gradient = backend.floats(dy);
    if (gradient === null) return null;
    const out = backend.output(input.shape, "float32");
    backend.addon.averagePoolGradient(windowOf(info), gradient, out.values);
    return out.info;
  },
};
