import { closeSync, openSync, writeSync } from "node:fs";
import type { Listener } from "./events.ts";

/** Options of {@linkcode jsonlMetrics}. */
export interface JsonlMetricsOptions {
  /** A second file for what differs from run to run: the milliseconds of each iteration. @default {undefined} */
  readonly timing?: string;
}

/**
 * Writes a line of JSON for each iteration: `{"iteration":0,"loss":...}`. No timings are in it, so that equal runs give
 * equal bytes. A divergence adds a line `{"iteration":7,"divergence":"loss is NaN"}`.
 *
 * @example Usage
 * ```ts
 * import { mkdtempSync, readFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { jsonlMetrics } from "@jem-js/trainer/node";
 * import { expect } from "vitest";
 *
 * const path = join(mkdtempSync(join(tmpdir(), "metrics-")), "metrics.jsonl");
 * const listener = jsonlMetrics(path);
 * await listener({ type: "iteration", iteration: 0, terms: { loss: 2.5 }, milliseconds: 12 });
 * expect(readFileSync(path, "utf8")).toBe('{"iteration":0,"loss":2.5}\n');
 * ```
 *
 * @param path The file, made anew now.
 * @param options A file for the timings.
 * @returns A listener for `fit`. Each line is on disk before training goes on.
 */
export function jsonlMetrics(path: string, options: JsonlMetricsOptions = {}): Listener {
  const metrics = openSync(path, "w");
  const timing = options.timing === undefined ? undefined : openSync(options.timing, "w");
  return (event) => {
    if (event.type === "iteration") {
      writeSync(metrics, `${JSON.stringify({ iteration: event.iteration, ...event.terms })}\n`);
      if (timing !== undefined) {
        const milliseconds = Number(event.milliseconds.toFixed(3));
        writeSync(timing, `${JSON.stringify({ iteration: event.iteration, milliseconds })}\n`);
      }
    } else if (event.type === "divergence") {
      const { iteration, reason } = event.divergence;
      writeSync(metrics, `${JSON.stringify({ iteration, divergence: reason })}\n`);
    }
    if (event.type === "end" || event.type === "divergence") {
      closeSync(metrics);
      if (timing !== undefined) closeSync(timing);
    }
  };
}
