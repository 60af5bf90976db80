/**
 * What a training run on Node writes: checkpoints, a metrics file, reports of incidents, images, and a progress bar on the
 * terminal.
 *
 * ```ts
 * import { progressBar } from "@jem-js/trainer/node";
 *
 * const listeners = [progressBar({ label: "JEM", terms: { loss: "loss", accuracy: "accuracy" } })];
 * ```
 *
 * @module
 */
export * from "./file_checkpoints.ts";
export * from "./image_files.ts";
export * from "./incident_reports.ts";
export * from "./jsonl_metrics.ts";
export * from "./progress_bar.ts";
