import type { Benchmark } from "./benchmark.ts";

/** Options of {@linkcode benchmarkTable}. */
export interface BenchmarkTableOptions {
  /** Whether a second table says how long fits and scores took, which is all that differs between equal runs. @default {true} */
  readonly seconds?: boolean;
}

/**
 * A benchmark as a table in Markdown: one line a detector and pair of sets, in percent, with detectors that were tuned with
 * out-of-distribution examples marked, and the accuracy of the classifier and the times of the detectors below.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { benchmark, benchmarkTable, energy } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const detectors = { energy: await energy().fit((x: tf.Tensor) => x as tf.Tensor2D) };
 * const test = { x: tf.tensor2d([[9, 0], [0, 7]]) };
 * const text = benchmarkTable(await benchmark(detectors, { test }, { zeros: { source: { x: tf.zeros([3, 2]) }, distance: "far" } }));
 * expect(text).toContain("| energy | test | zeros (far) | 100.0 [100.0, 100.0] |");
 * ```
 *
 * @param benchmark What `benchmark` returned.
 * @param options Whether there are times.
 * @returns The text of the table, without an end of line.
 */
export function benchmarkTable(benchmark: Benchmark, options: BenchmarkTableOptions = {}): string {
  const { seconds = true } = options;
  const lines = [
    "| detector | in | out | AUROC [95 %] | AUPR out | AUPR in | FPR95 (in positive) | FPR95 (out positive) | detection error | n in / out | ties |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const row of benchmark.rows) {
    const [lower, upper] = row.aurocInterval;
    const cells = [
      row.tunedWithOutOfDistribution ? `${row.detector} †` : row.detector,
      row.inSet,
      `${row.outSet} (${row.distance})`,
      `${percent(row.auroc)} [${percent(lower)}, ${percent(upper)}]`,
      ...[row.auprOut, row.auprIn, row.fpr95InPositive, row.fpr95OutPositive, row.detectionError].map(percent),
      `${row.inCount} / ${row.outCount}`,
      percent(row.ties),
    ];
    lines.push(lineOf(cells));
  }
  if (benchmark.rows.some(({ tunedWithOutOfDistribution }) => tunedWithOutOfDistribution)) {
    lines.push("", "† tuned with out-of-distribution examples");
  }
  const accuracies = Object.entries(benchmark.accuracies).map(([set, accuracy]) => `${set} ${percent(accuracy)}`);
  if (accuracies.length > 0) lines.push("", `Accuracy of the classifier: ${accuracies.join(", ")}`);
  if (seconds) {
    const head = ["detector", "fit, s", "scores, s"];
    lines.push(
      "",
      "Times beside the passes of the classifier, which detectors share:",
      "",
      lineOf(head),
      "| --- | --- | --- |",
    );
    for (const [detector, { fit, score }] of Object.entries(benchmark.seconds)) {
      lines.push(lineOf([detector, fit === undefined ? "–" : fit.toFixed(2), score.toFixed(2)]));
    }
  }
  return lines.join("\n");
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}
