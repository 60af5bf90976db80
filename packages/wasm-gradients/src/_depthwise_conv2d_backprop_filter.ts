import {
  backend_util,
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type KernelConfig,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { checkDilations, checkGradient } from "./_check.ts";
import { allocate, type KernelArguments, valuesOf, type WasmBackend } from "./_heap.ts";

/**
 * The gradient of `depthwiseConv2d` with respect to its filter:
 * `dw[kh, kw, c, m] = sum_{n, oh, ow} x[n, stride oh + kh - pad, stride ow + kw - pad, c] dy[n, oh, ow, c M + m]`.
 */
function depthwiseConv2dBackpropFilter(args: KernelArguments): TensorInfo {
  const backend = args.backend as WasmBackend;
  const { x, dy } = args.inputs as { x: TensorInfo; dy: TensorInfo };
  const { strides, dilations, pad, dimRoundingMode, filterShape } =
    args.attrs as unknown as DepthwiseConv2dNativeBackpropFilterAttrs;
  checkDilations(DepthwiseConv2dNativeBackpropFilter, dilations);
  const xShape = x.shape as [number, number, number, number];
  const info = backend_util.computeConv2DInfo(xShape, filterShape, strides, 1, pad, dimRoundingMode, true);
  checkGradient(DepthwiseConv2dNativeBackpropFilter, dy, info.outShape);
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = info;
  const { inChannels, outChannels } = info;
  const multiplier = outChannels / inChannels;

  const result = allocate(backend, filterShape);
  const source = valuesOf(backend, x);
  const gradient = valuesOf(backend, dy);
  const target = valuesOf(backend, result);
  const sums = new Float64Array(outChannels);
  for (let kh = 0; kh < info.filterHeight; kh++) {
    for (let kw = 0; kw < info.filterWidth; kw++) {
      const left = kw - padInfo.left;
      const first = Math.max(0, Math.ceil(-left / strideWidth));
      const end = Math.min(outWidth, Math.ceil((inWidth - left) / strideWidth));
      sums.fill(0);
      for (let n = 0; n < info.batchSize; n++) {
        for (let oh = 0; oh < outHeight; oh++) {
          const h = oh * strideHeight + kh - padInfo.top;
          if (h < 0 || h >= inHeight) continue;
          for (let ow = first; ow < end; ow++) {
            const i = ((n * inHeight + h) * inWidth + ow * strideWidth + left) * inChannels;
            const j = ((n * outHeight + oh) * outWidth + ow) * outChannels;
            if (multiplier === 1) {
              for (let c = 0; c < outChannels; c++) sums[c]! += source[i + c]! * gradient[j + c]!;
            } else {
              for (let c = 0, o = 0; c < inChannels; c++) {
                for (let m = 0; m < multiplier; m++, o++) sums[o]! += source[i + c]! * gradient[j + o]!;
              }
            }
          }
        }
      }
      target.set(sums, (kh * info.filterWidth + kw) * outChannels);
    }
  }
  return result;
}

/** The kernel for `registerKernel`. */
export const depthwiseConv2dBackpropFilterConfig: KernelConfig = {
  kernelName: DepthwiseConv2dNativeBackpropFilter,
  backendName: "wasm",
  kernelFunc: depthwiseConv2dBackpropFilter,
};
