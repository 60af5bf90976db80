import {
  type KernelConfig,
  type TensorInfo,
  UnsortedSegmentSum,
  type UnsortedSegmentSumAttrs,
} from "@tensorflow/tfjs-core";
import type { KernelArguments, WasmBackend } from "./_heap.ts";

/** `y[s] = sum_{i: segmentIds[i] = s} x[i]`: the gradient of `gather`. Ids outside `[0, numSegments)` are dropped. */
function unsortedSegmentSum(args: KernelArguments): TensorInfo {
  const backend = args.backend as WasmBackend;
  const { x, segmentIds } = args.inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = args.attrs as unknown as UnsortedSegmentSumAttrs;
  if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== x.shape[0]) {
    throw new TypeError(
      `Cannot compute UnsortedSegmentSum on wasm: segmentIds must be [${x.shape[0]}] ` +
        `but found [${segmentIds.shape.join(", ")}]`,
    );
  }
  const inner = x.shape.slice(1);
  const size = inner.reduce((product, side) => product * side, 1);
  const result = backend.makeOutput([numSegments, ...inner], x.dtype);
  const terms = backend.typedArrayFromHeap(x);
  const ids = backend.typedArrayFromHeap(segmentIds);
  const sums = backend.typedArrayFromHeap(result);
  sums.fill(0);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (id < 0 || id >= numSegments) continue;
    const from = i * size;
    const into = id * size;
    for (let j = 0; j < size; j++) sums[into + j]! += terms[from + j]!;
  }
  return result;
}

/** The kernel for `registerKernel`. */
export const unsortedSegmentSumConfig: KernelConfig = {
  kernelName: UnsortedSegmentSum,
  backendName: "wasm",
  kernelFunc: unsortedSegmentSum,
};
