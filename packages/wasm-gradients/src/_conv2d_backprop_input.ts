import {
  backend_util,
  Conv2D,
  Conv2DBackpropInput,
  type Conv2DBackpropInputAttrs,
  type KernelConfig,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { checkDataFormat, checkGradient } from "./_check.ts";
import { allocate, free, type KernelArguments, runKernel, valuesOf, type WasmBackend } from "./_heap.ts";
import { type Axis, assemble, axesOf, groupPhases, type PhaseGroup, padding, taps } from "./_phases.ts";

/** Output channels that XNNPACK computes at once: a convolution with fewer costs as much. */
const LANES = 8;
/** What copying one number in JavaScript costs, in multiply-adds of XNNPACK. */
const COPY_COST = 25;

/** The gradient of `conv2d` with respect to its input, by forward convolutions of `dy`: see `_phases.ts`. */
function conv2dBackpropInput(args: KernelArguments): TensorInfo {
  const backend = args.backend as WasmBackend;
  const { dy, filter } = args.inputs as { dy: TensorInfo; filter: TensorInfo };
  const { strides, pad, dataFormat, dimRoundingMode, inputShape } = args.attrs as unknown as Conv2DBackpropInputAttrs;
  checkDataFormat(Conv2DBackpropInput, dataFormat);
  const filterShape = filter.shape as [number, number, number, number];
  const info = backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
  checkGradient(Conv2DBackpropInput, dy, info.outShape);
  const axes = axesOf(info);
  const groups = cheapestGroups(axes, info.inChannels, info.outChannels);
  return assemble(backend, inputShape, axes, groups, (group) => {
    const phaseFilter = rearrangeFilter(backend, filter, group, axes);
    const [high, wide] = phaseFilter.shape as [number, number, number, number];
    const attrs = {
      strides: [1, 1],
      pad: [[0, 0], padding(axes[0], high), padding(axes[1], wide), [0, 0]],
      dataFormat: "NHWC",
      dilations: [1, 1],
    };
    const phases = runKernel(Conv2D, backend, { x: dy, filter: phaseFilter }, attrs);
    free(backend, phaseFilter);
    return phases;
  });
}

/**
 * All phases in one convolution fill the lanes when there are few channels; a row of phases a convolution leaves rows
 * that are copied as a whole; a phase a convolution has no taps of zeros. The cheapest by count of operations.
 */
function cheapestGroups(axes: readonly [Axis, Axis], inChannels: number, outChannels: number): PhaseGroup[] {
  const [height, width] = axes;
  let best: PhaseGroup[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  for (const [rows, columns] of [
    [1, width.stride],
    [height.stride, width.stride],
    [1, 1],
  ] as const) {
    const groups = groupPhases(axes, rows, columns);
    const isCopiedByRow = rows === 1 && columns === width.stride;
    let cost = isCopiedByRow ? 0 : COPY_COST * height.stride * width.stride * inChannels;
    const lanes = Math.ceil((rows * columns * inChannels) / LANES) * LANES;
    for (const { row, column } of groups) cost += taps(height, row) * taps(width, column) * outChannels * lanes;
    if (cost < lowest) {
      lowest = cost;
      best = groups;
    }
  }
  return best;
}

/** `[taps, taps, outChannels, rows columns inChannels]`: the taps of each phase of `group`, last first. */
function rearrangeFilter(
  backend: WasmBackend,
  filter: TensorInfo,
  group: PhaseGroup,
  [height, width]: readonly [Axis, Axis],
): TensorInfo {
  const [, filterWidth, inChannels, outChannels] = filter.shape as [number, number, number, number];
  const high = taps(height, group.row);
  const wide = taps(width, group.column);
  const depth = group.rows * group.columns * inChannels;
  const result = allocate(backend, [high, wide, outChannels, depth]);
  const source = valuesOf(backend, filter);
  const target = valuesOf(backend, result);
  target.fill(0);
  for (let r = 0; r < group.rows; r++) {
    for (let q = 0; q < group.columns; q++) {
      const channel = (r * group.columns + q) * inChannels;
      for (let i = high - 1, kh = group.row + r; kh < height.filterSize; i--, kh += height.stride) {
        for (let j = wide - 1, kw = group.column + q; kw < width.filterSize; j--, kw += width.stride) {
          const from = (kh * filterWidth + kw) * inChannels * outChannels;
          const into = (i * wide + j) * outChannels * depth + channel;
          for (let c = 0; c < inChannels; c++) {
            for (let o = 0; o < outChannels; o++) target[into + o * depth + c] = source[from + c * outChannels + o]!;
          }
        }
      }
    }
  }
  return result;
}

/** The kernel for `registerKernel`. */
export const conv2dBackpropInputConfig: KernelConfig = {
  kernelName: Conv2DBackpropInput,
  backendName: "wasm",
  kernelFunc: conv2dBackpropInput,
};
