import {
  BatchMatMul,
  backend_util,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  type KernelConfig,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { checkDataFormat, checkGradient } from "./_check.ts";
import {
  allocate,
  copyRun,
  free,
  heapOf,
  type KernelArguments,
  offsetOf,
  runKernel,
  valuesOf,
  type WasmBackend,
} from "./_heap.ts";

type Conv2DInfo = backend_util.Conv2DInfo;

/** The size of the matrix of windows that one product works on: small enough for a processor's cache. */
const CHUNK_BYTES = 2 ** 21;

/**
 * The gradient of `conv2d` with respect to its filter: the product of the matrix of windows of `x`, transposed, with
 * `dy`, over some examples at a time:
 * `dw[kh, kw, c, o] = sum_{n, oh, ow} x[n, stride oh + kh - pad, stride ow + kw - pad, c] dy[n, oh, ow, o]`.
 */
function conv2dBackpropFilter(args: KernelArguments): TensorInfo {
  const backend = args.backend as WasmBackend;
  const { x, dy } = args.inputs as { x: TensorInfo; dy: TensorInfo };
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = args.attrs as unknown as Conv2DBackpropFilterAttrs;
  checkDataFormat(Conv2DBackpropFilter, dataFormat);
  const xShape = x.shape as [number, number, number, number];
  const info = backend_util.computeConv2DInfo(xShape, filterShape, strides, 1, pad, dimRoundingMode);
  checkGradient(Conv2DBackpropFilter, dy, info.outShape);
  const rows = info.filterHeight * info.filterWidth * info.inChannels;
  const outPixels = info.outHeight * info.outWidth;
  const chunk = Math.max(1, Math.floor(CHUNK_BYTES / (4 * rows * outPixels)));

  const dw = allocate(backend, filterShape);
  valuesOf(backend, dw).fill(0);
  for (let start = 0; start < info.batchSize; start += chunk) {
    const count = Math.min(chunk, info.batchSize - start);
    const windows = transposedWindows(backend, x, info, start, count);
    const dyChunk = allocate(backend, [count * outPixels, info.outChannels]);
    const from = start * outPixels * info.outChannels;
    const dyValues = valuesOf(backend, dy).subarray(from, from + count * outPixels * info.outChannels);
    valuesOf(backend, dyChunk).set(dyValues);
    const attrs = { transposeA: false, transposeB: false };
    const product = runKernel(BatchMatMul, backend, { a: windows, b: dyChunk }, attrs);
    const terms = valuesOf(backend, product);
    const sums = valuesOf(backend, dw);
    for (let i = 0; i < sums.length; i++) sums[i]! += terms[i]!;
    free(backend, windows, dyChunk, product);
  }
  return dw;
}

/** The matrix `[filterHeight filterWidth inChannels, count outHeight outWidth]` of the windows of some examples. */
function transposedWindows(
  backend: WasmBackend,
  x: TensorInfo,
  info: Conv2DInfo,
  start: number,
  count: number,
): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
  const high = outHeight + Math.floor((filterHeight - 1) / strideHeight);
  const wide = outWidth + Math.floor((filterWidth - 1) / strideWidth);
  const planes = phasePlanes(backend, x, info, start, count, high, wide);
  const columns = count * outHeight * outWidth;
  const result = allocate(backend, [filterHeight * filterWidth * inChannels, columns]);
  const from = offsetOf(valuesOf(backend, planes));
  const heap = heapOf(valuesOf(backend, planes));
  let o = offsetOf(valuesOf(backend, result));
  const phasesWide = Math.min(strideWidth, filterWidth);
  for (let kh = 0; kh < filterHeight; kh++) {
    for (let kw = 0; kw < filterWidth; kw++) {
      const phase = (kh % strideHeight) * phasesWide + (kw % strideWidth);
      const shift = Math.floor(kh / strideHeight) * wide + Math.floor(kw / strideWidth);
      for (let plane = phase * inChannels * count; plane < (phase + 1) * inChannels * count; plane++) {
        let i = from + plane * high * wide + shift;
        for (let oh = 0; oh < outHeight; oh++) {
          copyRun(heap, o, i, outWidth);
          o += outWidth;
          i += wide;
        }
      }
    }
  }
  free(backend, planes);
  return result;
}

/**
 * The padded examples with channels first, split by the phase of their rows and columns with respect to the stride:
 * `[phasesHigh, phasesWide, inChannels, count, high, wide]`. Each tap of the filter sees `dy`-sized windows of one
 * phase, so that its rows of windows are contiguous.
 */
function phasePlanes(
  backend: WasmBackend,
  x: TensorInfo,
  info: Conv2DInfo,
  start: number,
  count: number,
  high: number,
  wide: number,
): TensorInfo {
  const { inHeight, inWidth, inChannels, strideHeight, strideWidth, padInfo } = info;
  const phasesHigh = Math.min(strideHeight, info.filterHeight);
  const phasesWide = Math.min(strideWidth, info.filterWidth);
  const result = allocate(backend, [phasesHigh, phasesWide, inChannels, count, high, wide]);
  const source = valuesOf(backend, x);
  const target = valuesOf(backend, result);
  target.fill(0);
  for (let n = 0; n < count; n++) {
    for (let h = 0; h < inHeight; h++) {
      const r = (h + padInfo.top) % strideHeight;
      const a = (h + padInfo.top - r) / strideHeight;
      if (r >= phasesHigh || a >= high) continue;
      const row = ((start + n) * inHeight + h) * inWidth * inChannels;
      for (let q = 0; q < phasesWide; q++) {
        const w = (((q - padInfo.left) % strideWidth) + strideWidth) % strideWidth;
        const b = (w + padInfo.left - q) / strideWidth;
        const length = Math.min(wide - b, Math.ceil((inWidth - w) / strideWidth));
        for (let c = 0; c < inChannels; c++) {
          const plane = ((r * phasesWide + q) * inChannels + c) * count + n;
          const o = (plane * high + a) * wide + b;
          let i = row + w * inChannels + c;
          for (let j = 0; j < length; j++) {
            target[o + j] = source[i]!;
            i += strideWidth * inChannels;
          }
        }
      }
    }
  }
  return result;
}

/** The kernel for `registerKernel`. */
export const conv2dBackpropFilterConfig: KernelConfig = {
  kernelName: Conv2DBackpropFilter,
  backendName: "wasm",
  kernelFunc: conv2dBackpropFilter,
};
