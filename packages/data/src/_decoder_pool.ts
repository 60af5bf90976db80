/// <reference types="node" />
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { DecodeReply, DecodeRequest } from "./_decode_worker.ts";

/** The pixels of a batch, `[-1, 1]`, and the shape of each image. */
export interface DecodedBatch {
  readonly shape: readonly [number, number, number];
  readonly pixels: Float32Array;
}

/** Threads that decode image files. */
export interface DecoderPool {
  /** Decodes the files of a batch in the thread that has least to do. */
  decode(request: DecodeRequest): Promise<DecodedBatch>;
  /** Ends the threads; what is under way is rejected. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (batch: DecodedBatch) => void;
  readonly reject: (error: Error) => void;
}

/** Starts `count` threads. They keep the process alive only while something is under way. */
export function decoderPool(count: number): DecoderPool {
  const threads = Array.from({ length: count }, () => startThread());
  return {
    decode(request) {
      const thread = threads.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
      return new Promise((resolve, reject) => {
        thread.waiting.set(request.index, { resolve, reject });
        thread.worker.ref();
        thread.worker.postMessage(request);
      });
    },
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread(): { worker: Worker; waiting: Map<number, Waiting> } {
  const worker = startWorker();
  const waiting = new Map<number, Waiting>();
  worker.unref();
  worker.on("message", (reply: DecodeReply) => {
    const { resolve, reject } = waiting.get(reply.index)!;
    waiting.delete(reply.index);
    if (waiting.size === 0) worker.unref();
    if ("error" in reply) {
      const Kind = reply.error.isRange ? RangeError : TypeError;
      reject(new Kind(reply.error.message));
    } else {
      resolve(reply);
    }
  });
  const failAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("error", failAll);
  worker.on("exit", () => failAll(new Error("Cannot stream images: the thread that decodes has ended")));
  return { worker, waiting };
}

function startWorker(): Worker {
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./_decode_worker.js", import.meta.url));
  // In the sources of this repository: a thread does not inherit the loader of TypeScript.
  const loader = pathToFileURL(
    createRequire(import.meta.url)
      .resolve("tsx/esm/api")
      .replace(/cjs$/, "mjs"),
  ).href;
  const file = new URL("./_decode_worker.ts", import.meta.url).href;
  const code = `import("${loader}").then((tsx) => {
    tsx.register();
    return import("${file}");
  })`;
  return new Worker(code, { eval: true });
}
