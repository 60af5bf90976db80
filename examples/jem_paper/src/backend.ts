import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs";

/** How to bring in a backend: throws when it is not installed. */
interface Candidate {
  /** What `--backend` calls it. */
  readonly name: string;
  /** What TensorFlow.js calls it. */
  readonly backend: string;
  /** Whether it is installed with the example, so that it is worth a word when it does not load. */
  readonly isExpected?: boolean;
  load(): Promise<unknown>;
}

const candidates: readonly Candidate[] = [
  { name: "tfjs-node-gpu", backend: "tensorflow", load: () => importTfjsNode("@tensorflow/tfjs-node-gpu") },
  { name: "native", backend: "native", isExpected: true, load: importNative },
  { name: "tfjs-node", backend: "tensorflow", load: () => importTfjsNode("@tensorflow/tfjs-node") },
  { name: "wasm", backend: "wasm", load: importWasm },
  { name: "cpu", backend: "cpu", load: () => Promise.resolve() },
];

/** The names that `--backend` takes. */
export const backendNames: readonly string[] = candidates.map(({ name }) => name);

/** Starts the named backend, or the first of the list that is installed; returns its name. */
export async function startBackend(wanted?: string): Promise<string> {
  tf.enableProdMode();
  for (const { name, backend, isExpected, load } of candidates) {
    if (wanted !== undefined && name !== wanted) continue;
    try {
      await load();
    } catch (error) {
      if (wanted !== undefined) throw new Error(`Cannot use the backend "${name}": ${(error as Error).message}`);
      if (isExpected) console.warn(`Going on without the ${name} backend: ${(error as Error).message}.`);
      continue;
    }
    if (await tf.setBackend(backend)) return name;
    if (wanted !== undefined) throw new Error(`Cannot use the backend "${name}": TensorFlow.js could not start it`);
  }
  throw new Error(`Cannot use the backend "${wanted}": it must be one of ${backendNames.join(", ")}`);
}

async function importNative(): Promise<void> {
  const { isAvailable, unavailableReason } = await import("@jem-js/native");
  if (!isAvailable()) throw new Error(unavailableReason() ?? "it is not available");
}

async function importWasm(): Promise<void> {
  await import("@tensorflow/tfjs-backend-wasm");
  const { registerWasmGradients } = await import("@jem-js/wasm-gradients");
  registerWasmGradients();
}

/** An optional peer: present only where a user has installed it. */
async function importTfjsNode(specifier: string): Promise<void> {
  // Removed in Node 23, still called by tfjs-node 4.22.
  const util = createRequire(import.meta.url)("node:util");
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  await import(specifier);
}
