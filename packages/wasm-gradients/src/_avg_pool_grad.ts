import {
  AvgPoolGrad,
  type AvgPoolGradAttrs,
  backend_util,
  type KernelConfig,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { checkGradient } from "./_check.ts";
import { allocate, type KernelArguments, valuesOf, type WasmBackend } from "./_heap.ts";

/**
 * The gradient of `avgPool`: each `dy` is spread over the numbers that its window has in the input. The mean in the
 * forward pass leaves the padding out, which the built-in gradients of the wasm and the cpu backend forget.
 */
function avgPoolGrad(args: KernelArguments): TensorInfo {
  const backend = args.backend as WasmBackend;
  const { dy, input } = args.inputs as { dy: TensorInfo; input: TensorInfo };
  const { filterSize, strides, pad } = args.attrs as unknown as AvgPoolGradAttrs;
  const shape = input.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
  checkGradient(AvgPoolGrad, dy, info.outShape);
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = info;
  const channels = info.inChannels;
  const result = allocate(backend, shape);
  const gradient = valuesOf(backend, dy);
  const dx = valuesOf(backend, result);
  dx.fill(0);
  let i = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = Math.max(0, oh * strideHeight - padInfo.top);
      const bottom = Math.min(inHeight, oh * strideHeight - padInfo.top + info.filterHeight);
      for (let ow = 0; ow < outWidth; ow++) {
        const left = Math.max(0, ow * strideWidth - padInfo.left);
        const right = Math.min(inWidth, ow * strideWidth - padInfo.left + info.filterWidth);
        const share = 1 / ((bottom - top) * (right - left));
        for (let h = top; h < bottom; h++) {
          for (let w = left; w < right; w++) {
            const o = ((n * inHeight + h) * inWidth + w) * channels;
            for (let c = 0; c < channels; c++) dx[o + c]! += share * gradient[i + c]!;
          }
        }
        i += channels;
      }
    }
  }
  return result;
}

/** The kernel for `registerKernel`. */
export const avgPoolGradConfig: KernelConfig = {
  kernelName: AvgPoolGrad,
  backendName: "wasm",
  kernelFunc: avgPoolGrad,
};
