import type { TensorInfo } from "@tensorflow/tfjs-core";

/** Throws unless the images are `[batch, height, width, channels]`, as in the forward kernels of the wasm backend. */
export function checkDataFormat(kernelName: string, dataFormat: string): void {
  if (dataFormat !== "NHWC") {
    throw new TypeError(`Cannot compute ${kernelName} on wasm: dataFormat must be NHWC but found ${dataFormat}`);
  }
}

/** Throws unless the dilations are 1: TensorFlow.js has no gradients of dilated convolutions on any backend. */
export function checkDilations(kernelName: string, dilations: readonly [number, number] | number): void {
  const list = typeof dilations === "number" ? [dilations] : dilations;
  if (list.some((dilation) => dilation !== 1)) {
    throw new RangeError(`Cannot compute ${kernelName} on wasm: dilations must be 1 but found ${list.join(", ")}`);
  }
}

/**
 * Throws unless `dy` has the shape of the output. The gradients of TensorFlow.js drop `dimRoundingMode`, and a `dy` of
 * another size would be read beyond its end.
 */
export function checkGradient(kernelName: string, dy: TensorInfo, outShape: readonly number[]): void {
  if (dy.shape.length !== outShape.length || dy.shape.some((size, axis) => size !== outShape[axis])) {
    throw new TypeError(
      `Cannot compute ${kernelName} on wasm: dy must be [${outShape.join(", ")}] but found [${dy.shape.join(", ")}]`,
    );
  }
}
