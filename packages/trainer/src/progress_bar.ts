import { Presets, SingleBar } from "cli-progress";
import type { Listener } from "./events.ts";

/** Options of {@linkcode progressBar}. */
export interface ProgressBarOptions {
  /** What stands before the bar. @default {""} */
  readonly label?: string;
  /** Which terms are shown, in this order, and under which name. @default {{ loss: "loss" }} */
  readonly terms?: Readonly<Record<string, string>>;
  /** Where it is drawn. On a stream that is no terminal a line is written every few seconds. @default {process.stderr} */
  readonly stream?: NodeJS.WritableStream;
}

/**
 * Shows the progress of a run: a bar, the iteration, the time left and some terms, smoothed over about twenty iterations.
 *
 * @example Usage
 * ```ts
 * import { PassThrough } from "node:stream";
 * import { progressBar } from "@jem-js/trainer/node";
 * import { expect } from "vitest";
 *
 * const stream = new PassThrough();
 * const listener = progressBar({ label: "JEM", terms: { loss: "loss" }, stream });
 * await listener({ type: "begin", iterations: 1, start: 0, refused: [] });
 * await listener({ type: "iteration", iteration: 0, terms: { loss: 2.5 }, milliseconds: 12 });
 * await listener({ type: "end", reason: "completed", iterations: 1 });
 * expect(String(stream.read())).toContain("loss 2.500");
 * ```
 *
 * @param options What is shown, and where.
 * @returns A listener for `fit`.
 */
export function progressBar(options: ProgressBarOptions = {}): Listener {
  const { label = "", terms = { loss: "loss" }, stream = process.stderr } = options;
  const smoothed: Record<string, number> = {};
  const bar = new SingleBar(
    {
      format: `${label && `${label} `}{bar} {value}/{total} | {eta_formatted} left | {shown}`,
      stream,
      noTTYOutput: true,
      notTTYSchedule: 5000,
      barsize: 24,
      etaBuffer: 50,
      hideCursor: true,
      stopOnComplete: false,
    },
    Presets.shades_classic,
  );
  return (event) => {
    if (event.type === "begin") bar.start(event.iterations, event.start, { shown: "" });
    if (event.type === "recovery") bar.update(event.incident.resumedFrom);
    if (event.type === "iteration") {
      for (const name of Object.keys(terms)) {
        const value = event.terms[name];
        if (value !== undefined) smoothed[name] = (smoothed[name] ?? value) * 0.95 + value * 0.05;
      }
      const shown = Object.entries(terms)
        .filter(([name]) => smoothed[name] !== undefined)
        .map(([name, title]) => `${title} ${smoothed[name]!.toFixed(3)}`)
        .join("  ");
      bar.update(event.iteration + 1, { shown });
    }
    if (event.type === "end" || event.type === "divergence") bar.stop();
  };
}
