/** A small JEM run in a process of its own, to be killed: `killed_run.ts <folder> <iterations>`. */
import { join } from "node:path";
import "@tensorflow/tfjs";
import { enableProdMode, setBackend } from "@tensorflow/tfjs-core";
import { fit } from "../src/fit.ts";
import { fileCheckpoints, jsonlMetrics } from "../src/node.ts";
import { tinyJem } from "./tiny_jem.ts";

const [folder, iterations] = process.argv.slice(2) as [string, string];
enableProdMode();
await setBackend("cpu");
const { procedure, batches, options } = tinyJem(Number(iterations));
await fit(procedure, batches, {
  ...options,
  checkpoints: { store: fileCheckpoints(join(folder, "checkpoints")), every: 5 },
  listeners: [
    ...options.listeners!,
    jsonlMetrics(join(folder, "metrics.jsonl")),
    (event) => {
      if (event.type === "begin") process.stdout.write(`${event.start}\n`);
      if (event.type === "iteration") process.stdout.write(`${event.iteration + 1}\n`);
    },
  ],
});
