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

/** The geometry of a pooling of `x`, or `null` when the shape is none that the kernels take. */
export function poolInfo(
  x: TensorInfo,
  attrs: WindowAttributes & { readonly filterSize: [number, number] | number },
): Conv2DInfo | null {
  if (x.shape.length !== 4) return null;
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const info = backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  return isOrdinary(info) ? info : null;
}

/** Whether every side is positive and the layout is channels last. */
export function isOrdinary(info: Conv2DInfo): boolean {
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
