import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";

type Conv2DInfo = backend_util.Conv2DInfo;

/** A window as the addon takes it, `struct Window` of `cpp/kernels.h`. */
export function windowOf(info: Conv2DInfo): Int32Array {
  return Int32Array.of(
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.dilationHeight,
    info.dilationWidth,
  );
}

/** Attributes that all windowed kernels share. */
export interface WindowAttributes {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Attributes that all convolutions share. */
export interface ConvolutionAttributes extends WindowAttributes {
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dilations?: [number, number] | number | null;
}
type Shape4D = [number, number, number, number];

/** The geometry of a convolution, or `null` when the shapes are none that the kernels take. */
export function convolutionInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvolutionAttributes,
  depthwise: boolean = false,
): Conv2DInfo | null {
  if (xShape.length !== 4 || filterShape.length !== 4 || xShape[3] !== filterShape[2]) return null;
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    backend_util.convertConv2DDataFormat(attrs.dataFormat ?? "NHWC"),
  );
  return isOrdinary(info) ? info : null;
}

/** The geometry of a pooling of `x`, or `null` when the shape is none that the kernels take. */
export function poolInfo(
  x: TensorInfo,
  attrs: WindowAttributes & { readonly filterSize: [number, number] | number },
): Conv2DInfo | null {
  if (x.shape.length !== 4) return null;
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const info = backend_util.computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
  return isOrdinary(info) ? info : null;
}

/** Whether every side is positive and the layout is channels last. */
function isOrdinary(info: Conv2DInfo): boolean {
  return (
    info.dataFormat === "channelsLast" &&
    Math.min(
      info.batchSize,
      info.inHeight,
      info.inWidth,
      info.inChannels,
      info.filterHeight,
      info.filterWidth,
      info.outHeight,
      info.outWidth,
      info.outChannels,
    ) > 0 &&
    Number.isInteger(info.padInfo.top) &&
    Number.isInteger(info.padInfo.left) &&
    info.padInfo.top >= 0 &&
    info.padInfo.left >= 0
  );
}
