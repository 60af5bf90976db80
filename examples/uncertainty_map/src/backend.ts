import { isAvailable } from "@jem-js/native";
import * as tf from "@tensorflow/tfjs";

/** Starts the named backend, or native where it is installed and else wasm; returns its name. */
export async function startBackend(name: string = isAvailable() ? "native" : "wasm"): Promise<string> {
  tf.enableProdMode();
  if (name === "wasm") {
    await import("@tensorflow/tfjs-backend-wasm");
    (await import("@jem-js/wasm-gradients")).registerWasmGradients();
  }
  if (!(await tf.setBackend(name))) throw new RangeError(`--backend must be native, wasm or cpu but is ${name}`);
  return name;
}
