import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Listener } from "./events.ts";

/** Options of {@linkcode jsonlMetrics}. */
export interface JsonlMetricsOptions {
  /** A second file for what differs from run to run: the milliseconds of each iteration. @default {undefined} */
  readonly timing?: string;
}

/**
 * Writes a line of JSON for each iteration: `{"iteration":0,"loss":...}`. No timings are in it, so that equal runs give
 * equal bytes. Evaluations, recoveries and a divergence have lines of their own, such as
 * `{"iteration":7,"divergence":"loss is NaN"}`.
 *
 * When the run begins, lines of what is about to be repeated are cut off: all of them, or those since the checkpoint that it
 * goes on from. So are they when it goes back after a divergence. A file thus has each iteration once.
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
 * await listener({ type: "begin", iterations: 1, start: 0, refused: [] });
 * await listener({ type: "iteration", iteration: 0, terms: { loss: 2.5 }, milliseconds: 12 });
 * expect(readFileSync(path, "utf8")).toBe('{"iteration":0,"loss":2.5}\n');
 * ```
 *
 * @param path The file; made now if it is not there.
 * @param options A file for the timings.
 * @returns A listener for `fit`. Each line is written before training goes on, and on the disk before a checkpoint is.
 */
export function jsonlMetrics(path: string, options: JsonlMetricsOptions = {}): Listener {
  const metrics = linesFile(path);
  const timing = options.timing === undefined ? undefined : linesFile(options.timing);
  const files = timing ? [metrics, timing] : [metrics];
  return (event) => {
    switch (event.type) {
      case "begin":
        for (const file of files) file.cut(event.start);
        break;
      case "iteration":
        metrics.write({ iteration: event.iteration, ...event.terms });
        timing?.write({ iteration: event.iteration, milliseconds: Number(event.milliseconds.toFixed(3)) });
        break;
      case "evaluation":
        metrics.write({ iteration: event.iteration, evaluation: event.metrics });
        break;
      case "checkpoint":
        if (event.status === "saving") for (const file of files) file.flush();
        break;
      case "recovery": {
        const { number, resumedFrom, divergence, remedy } = event.incident;
        for (const file of files) file.cut(resumedFrom);
        const { iteration, reason } = divergence;
        metrics.write({ iteration: resumedFrom, incident: number, divergedAt: iteration, divergence: reason, remedy });
        break;
      }
      case "divergence":
        metrics.write({ iteration: event.divergence.iteration, divergence: event.divergence.reason });
        for (const file of files) file.close();
        break;
      case "end":
        for (const file of files) file.close();
    }
  };
}

interface LinesFile {
  /** Cuts off the lines from iteration `start` on, and one that is torn. */
  cut(start: number): void;
  write(line: object): void;
  flush(): void;
  close(): void;
}

function linesFile(path: string): LinesFile {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a");
  return {
    cut: (start) => ftruncateSync(file, bytesBefore(readFileSync(path), start)),
    write: (line) => void writeSync(file, `${JSON.stringify(line)}\n`),
    flush: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

/** How many bytes the lines before iteration `start` take. */
function bytesBefore(content: Buffer, start: number): number {
  for (let from = 0; ; ) {
    const end = content.indexOf("\n", from);
    if (end === -1 || !(iterationOf(content.toString("utf8", from, end)) < start)) return from;
    from = end + 1;
  }
}

/** The iteration of a line; NaN when it is no line of ours. */
function iterationOf(line: string): number {
  try {
    return Number(JSON.parse(line).iteration);
  } catch {
    return Number.NaN;
  }
}
