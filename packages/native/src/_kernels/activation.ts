import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import type { NativeBackend } from "../_backend.ts";
import type { Activation } from "./deferred_convolution.ts";

const LARGEST = 3.4028234663852886e38;

/** A ReLU: with `alpha` 0 the negative side is clamped first, so that `-Infinity * 0` is not NaN. */
export const RELU: Activation = { alpha: 0, lowest: -LARGEST, cap: Number.POSITIVE_INFINITY };

/** A leaky ReLU as an epilogue, or `null` for a negative slope. */
export function leakyRelu(alpha: number): Activation | null {
  if (alpha === 0) return RELU;
  return alpha > 0 ? { alpha, lowest: Number.NEGATIVE_INFINITY, cap: Number.POSITIVE_INFINITY } : null;
}

/** A fused activation as an epilogue, or `null` when it needs a pass of its own. */
export function activationOf(name: string, alpha: number | undefined): Activation | null {
  if (name === "relu") return RELU;
  if (name === "relu6") return { ...RELU, cap: 6 };
  if (name === "leakyrelu" && alpha !== undefined) return leakyRelu(alpha);
  return null;
}

const KERNELS: Readonly<Record<string, string>> = {
  relu: "Relu",
  relu6: "Relu6",
  elu: "Elu",
  sigmoid: "Sigmoid",
  leakyrelu: "LeakyRelu",
};

/** Applies a fused activation to `x`, which it disposes. */
export function activate(
  backend: NativeBackend,
  x: TensorInfo,
  name: backend_util.Activation,
  preluWeights: TensorInfo | undefined,
  alpha: number | undefined,
): TensorInfo {
  if (name === "linear") return x;
  const result =
    name === "prelu"
      ? backend.run("Prelu", { x, alpha: preluWeights! })
      : backend.run(KERNELS[name]!, { x }, { alpha: alpha ?? 0 });
  backend.disposeIntermediateTensorInfo(x);
  return result;
}
