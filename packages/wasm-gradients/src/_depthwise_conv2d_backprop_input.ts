import {
  backend_util,
  DepthwiseConv2dNative,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type KernelConfig,
  Sum,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import { checkDilations, checkGradient } from "./_check.ts";
import { allocate, free, type KernelArguments, runKernel, valuesOf, type WasmBackend } from "./_heap.ts";
import { type Axis, assemble, axesOf, groupPhases, type PhaseGroup, padding, taps } from "./_phases.ts";

/**
 * The gradient of `depthwiseConv2d` with respect to its input, by one forward depthwise convolution of `dy` a phase:
 * see `_phases.ts`.
 */
function depthwiseConv2dBackpropInput(args: KernelArguments): TensorInfo {
  const backend = args.backend as WasmBackend;
  const { dy, filter } = args.inputs as { dy: TensorInfo; filter: TensorInfo };
  const { strides, dilations, pad, dimRoundingMode, inputShape } =
    args.attrs as unknown as DepthwiseConv2dNativeBackpropInputAttrs;
  const filterShape = filter.shape as [number, number, number, number];
  checkDilations(DepthwiseConv2dNativeBackpropInput, dilations);
  const info = backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode, true);
  checkGradient(DepthwiseConv2dNativeBackpropInput, dy, info.outShape);
  const axes = axesOf(info);
  return assemble(backend, inputShape, axes, groupPhases(axes, 1, 1), (group) => {
    const phaseFilter = rearrangeFilter(backend, filter, group, axes);
    const [high, wide] = phaseFilter.shape as [number, number, number, number];
    const attrs = {
      strides: [1, 1],
      pad: [[0, 0], padding(axes[0], high), padding(axes[1], wide), [0, 0]],
      dilations: [1, 1],
    };
    const phase = runKernel(DepthwiseConv2dNative, backend, { x: dy, filter: phaseFilter }, attrs);
    free(backend, phaseFilter);
    const multiplier = info.outChannels / info.inChannels;
    if (multiplier === 1) return phase;
    const perFilter = { ...phase, shape: [...phase.shape.slice(0, 3), info.inChannels, multiplier] };
    const total = runKernel(Sum, backend, { x: perFilter }, { axis: 4, keepDims: false });
    free(backend, phase);
    return total;
  });
}

/** `[taps, taps, inChannels multiplier, 1]`: the taps of the phase of `group`, last first. */
function rearrangeFilter(
  backend: WasmBackend,
  filter: TensorInfo,
  group: PhaseGroup,
  [height, width]: readonly [Axis, Axis],
): TensorInfo {
  const [, filterWidth, inChannels, multiplier] = filter.shape as [number, number, number, number];
  const high = taps(height, group.row);
  const wide = taps(width, group.column);
  const depth = inChannels * multiplier;
  const result = allocate(backend, [high, wide, depth, 1]);
  const source = valuesOf(backend, filter);
  const target = valuesOf(backend, result);
  target.fill(0);
  for (let i = high - 1, kh = group.row; kh < height.filterSize; i--, kh += height.stride) {
    for (let j = wide - 1, kw = group.column; kw < width.filterSize; j--, kw += width.stride) {
      const from = (kh * filterWidth + kw) * depth;
      target.set(source.subarray(from, from + depth), (i * wide + j) * depth);
    }
  }
  return result;
}

/** The kernel for `registerKernel`. */
export const depthwiseConv2dBackpropInputConfig: KernelConfig = {
  kernelName: DepthwiseConv2dNativeBackpropInput,
  backendName: "wasm",
  kernelFunc: depthwiseConv2dBackpropInput,
};
