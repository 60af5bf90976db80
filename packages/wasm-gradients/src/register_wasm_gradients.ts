import {
  BatchMatMul,
  findBackendFactory,
  getKernel,
  type KernelConfig,
  registerKernel,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import { avgPoolGradConfig } from "./_avg_pool_grad.ts";
import { withFastTransposes } from "./_batch_mat_mul.ts";
import { conv2dBackpropFilterConfig } from "./_conv2d_backprop_filter.ts";
import { conv2dBackpropInputConfig } from "./_conv2d_backprop_input.ts";
import { depthwiseConv2dBackpropFilterConfig } from "./_depthwise_conv2d_backprop_filter.ts";
import { depthwiseConv2dBackpropInputConfig } from "./_depthwise_conv2d_backprop_input.ts";
import { maxPoolGradConfig } from "./_max_pool_grad.ts";
import { unsortedSegmentSumConfig } from "./_unsorted_segment_sum.ts";

const KERNELS: readonly KernelConfig[] = [
  avgPoolGradConfig,
  conv2dBackpropFilterConfig,
  conv2dBackpropInputConfig,
  depthwiseConv2dBackpropFilterConfig,
  depthwiseConv2dBackpropInputConfig,
  maxPoolGradConfig,
  unsortedSegmentSumConfig,
];

/** Kernels made here around a built-in one, so that they are not wrapped twice. */
const wrapped: WeakSet<KernelConfig> = new WeakSet();

/**
 * Registers gradient kernels for TensorFlow.js's wasm backend: those it lacks, those it gets wrong, and those it
 * computes slowly.
 *
 * Call it once, before or after `setBackend("wasm")`. It changes the global registry of kernels for the backend named
 * `"wasm"` and nothing else; a second call does nothing. Models and code that use the gradients stay as they are.
 *
 * - `Conv2DBackpropFilter`, `DepthwiseConv2dNativeBackpropInput`, `DepthwiseConv2dNativeBackpropFilter` and
 *   `UnsortedSegmentSum` (the gradient of `gather`) are missing without it.
 * - `MaxPoolGrad` is wrong without it.
 * - `Conv2DBackpropInput` (also `conv2dTranspose`) and `BatchMatMul` with transposed matrices (the gradients of `matMul`
 *   and so of dense layers) are slow without it.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import "@tensorflow/tfjs-backend-wasm";
 * import { registerWasmGradients } from "@jem-js/wasm-gradients";
 * import { expect } from "vitest";
 *
 * registerWasmGradients();
 * await tf.setBackend("wasm");
 * const x = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
 * const gradient = tf.grad((filter) => tf.conv2d(x, filter as tf.Tensor4D, 1, "valid"))(tf.ones([2, 2, 1, 1]));
 * expect([...(await gradient.data())]).toEqual([4, 4, 4, 4]); // one for each of the 2 x 2 outputs
 * await tf.setBackend("cpu");
 * ```
 *
 * @see {@link https://github.com/tensorflow/tfjs/issues/8474 | tfjs#8474}, {@link https://github.com/tensorflow/tfjs/issues/8082 | tfjs#8082}
 *
 * @throws {Error} When no backend named `"wasm"` is registered: import `@tensorflow/tfjs-backend-wasm` first.
 */
export function registerWasmGradients(): void {
  if (findBackendFactory("wasm") == null) {
    throw new Error(
      'Cannot register wasm gradients: the "wasm" backend must be registered but was not found; ' +
        'import "@tensorflow/tfjs-backend-wasm" first',
    );
  }
  for (const kernel of KERNELS) replaceKernel(kernel);
  const builtIn = getKernel(BatchMatMul, "wasm");
  if (builtIn != null && !wrapped.has(builtIn)) {
    const kernel = withFastTransposes(builtIn);
    wrapped.add(kernel);
    replaceKernel(kernel);
  }
}

/** Registers `kernel`, without the warning that `registerKernel` prints when there is one of its name. */
function replaceKernel(kernel: KernelConfig): void {
  const present = getKernel(kernel.kernelName, kernel.backendName);
  if (present === kernel) return;
  if (present != null) unregisterKernel(kernel.kernelName, kernel.backendName);
  registerKernel(kernel);
}
