/**
 * What a training run on Node writes: a progress bar on the terminal and a metrics file.
 *
 * ```ts
 * import { progressBar } from "@jem-js/trainer/node";
 *
 * const listeners = [progressBar({ label: "JEM", terms: { loss: "loss", accuracy: "accuracy" } })];
 * ```
 *
 * @module
 */
export * from "./jsonl_metrics.ts";
export * from "./progress_bar.ts";
