import {
  backend_util,
  type KernelConfig,
  MaxPoolGrad,
  type MaxPoolGradAttrs,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { checkGradient } from "./_check.ts";
import { allocate, type KernelArguments, valuesOf, type WasmBackend } from "./_heap.ts";

/**
 * The gradient of `maxPool`: each `dy` goes to the largest number of its window, the first in row-major order among
 * equals, as on the cpu backend. A window of nothing but NaN passes no gradient.
 */
function maxPoolGrad(args: KernelArguments): TensorInfo {
  const backend = args.backend as WasmBackend;
  const { dy, input } = args.inputs as { dy: TensorInfo; input: TensorInfo };
  const { filterSize, strides, pad, dimRoundingMode } = args.attrs as unknown as MaxPoolGradAttrs;
  const shape = input.shape as [number, number, number, number];
  const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  checkGradient(MaxPoolGrad, dy, info.outShape);
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = info;
  const channels = info.inChannels;
  const result = allocate(backend, shape);
  const x = valuesOf(backend, input);
  const gradient = valuesOf(backend, dy);
  const dx = valuesOf(backend, result);
  dx.fill(0);
  let i = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let oh = 0; oh < outHeight; oh++) {
      const top = oh * strideHeight - padInfo.top;
      const bottom = Math.min(inHeight, top + info.filterHeight);
      for (let ow = 0; ow < outWidth; ow++) {
        const left = ow * strideWidth - padInfo.left;
        const right = Math.min(inWidth, left + info.filterWidth);
        for (let c = 0; c < channels; c++) {
          let largest = Number.NEGATIVE_INFINITY;
          let position = -1;
          for (let h = Math.max(0, top); h < bottom; h++) {
            const row = (n * inHeight + h) * inWidth;
            for (let w = Math.max(0, left); w < right; w++) {
              const value = x[(row + w) * channels + c]!;
              if (value > largest) {
                largest = value;
                position = (row + w) * channels + c;
              }
            }
          }
          if (position >= 0) dx[position]! += gradient[i]!;
          i++;
        }
      }
    }
  }
  return result;
}

/** The kernel for `registerKernel`. */
export const maxPoolGradConfig: KernelConfig = {
  kernelName: MaxPoolGrad,
  backendName: "wasm",
  kernelFunc: maxPoolGrad,
};
