import { detectorOf, type Scorer } from "./_method.ts";
import type { Detector } from "./detector.ts";

/** The logits, or features, of one example. */
export type Row = Float32Array | Float64Array;

/** Row `i` of a row-major matrix. */
export function rowOf<T extends Row>(data: T, i: number, width: number): T {
  return data.subarray(i * width, (i + 1) * width) as T;
}

/** The index of the largest value, the first of equals. */
export function argmax(row: Row): number {
  let largest = 0;
  for (let k = 1; k < row.length; k++) if (row[k]! > row[largest]!) largest = k;
  return largest;
}

/** `log(sum_k exp(z_k))` without overflow. */
export function logSumExp(z: Row): number {
  const [max, rest] = logSumExpParts(z);
  return max + rest;
}

/** `z - logSumExp(z)`, exact also where a probability is nearly 0 or 1. */
export function logSoftmax(z: Row): Float64Array {
  const [max, rest] = logSumExpParts(z);
  const logs = new Float64Array(z);
  for (let k = 0; k < logs.length; k++) logs[k] = logs[k]! - max - rest;
  return logs;
}

/** The largest logit, and what logSumExp is above it: their sum would lose the digits of the second. */
function logSumExpParts(z: Row): [max: number, rest: number] {
  const largest = argmax(z);
  const max = z[largest]!;
  let others = 0;
  for (let k = 0; k < z.length; k++) if (k !== largest) others += Math.exp(z[k]! - max);
  return [max, Math.log1p(others)];
}

/** The class probabilities of logits. */
export function softmax(z: Row): Float64Array {
  const probabilities = logSoftmax(z);
  for (let k = 0; k < probabilities.length; k++) probabilities[k] = Math.exp(probabilities[k]!);
  return probabilities;
}

/** The values divided by `temperature`. */
export function scaled(z: Row, temperature: number): Float64Array {
  const divided = new Float64Array(z);
  for (let k = 0; k < divided.length; k++) divided[k]! /= temperature;
  return divided;
}

/** What is learned from: the logits themselves or what a softmax makes of them, the largest first where they are sorted. */
export function readLogits(
  z: Row,
  { inputs, sorted }: { readonly inputs: "logits" | "softmax" | "logSoftmax"; readonly sorted: boolean },
): Float64Array {
  const values = inputs === "logits" ? Float64Array.from(z) : inputs === "softmax" ? softmax(z) : logSoftmax(z);
  return sorted ? values.sort().reverse() : values;
}

/** Scores each row of logits by itself. */
export function perLogits(score: (z: Float32Array) => number): Scorer {
  return ({ size, classes, logits }) => Float64Array.from({ length: size }, (_, i) => score(rowOf(logits, i, classes)));
}

/** A detector that is a function of the logits, with nothing to fit. */
export function logitDetector(name: string, options: object, score: (z: Float32Array) => number): Detector<false> {
  return detectorOf({ name, tuned: false, options, needs: () => ({}), scorer: () => perLogits(score) });
}
