import { isAvailable, unavailableReason } from "@jem-js/native";
import * as tf from "@tensorflow/tfjs";

/** What `--backend` takes. */
export const backendNames: readonly string[] = ["native", "wasm", "cpu"];

/** Starts the named backend, or native where it is installed and else wasm; returns its name. */
export async function startBackend(name: string = isAvailable() ? "native" : "wasm"): Promise<string> {
  tf.enableProdMode();
  if (name === "native" && !isAvailable()) {
    throw new Error(`Cannot use the backend "native": ${unavailableReason()}`);
  }
  if (name === "wasm") {
    await import("@tensorflow/tfjs-backend-wasm");
    (await import("@jem-js/wasm-gradients")).registerWasmGradients();
  }
  if (!(await tf.setBackend(name)))
    throw new Error(`Cannot use the backend "${name}": TensorFlow.js could not start it`);
  return name;
}
