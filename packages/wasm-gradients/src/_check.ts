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
