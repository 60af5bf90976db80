import * as tf from "@tensorflow/tfjs";

/** Starts the native backend, or wasm where it is not available. */
export async function startBackend(): Promise<void> {
  tf.enableProdMode();
  const { isAvailable } = await import("@jem-js/native");
  if (isAvailable()) return void (await tf.setBackend("native"));
  await import("@tensorflow/tfjs-backend-wasm");
  const { registerWasmGradients } = await import("@jem-js/wasm-gradients");
  registerWasmGradients();
  await tf.setBackend("wasm");
}
