import { auroc, averagePrecision, delongInterval, detectionError, fprAtTpr } from "@jem-js/metrics";
import { util } from "@tensorflow/tfjs-core";
import { argmax, rowOf } from "./_logits.ts";
import { fittedOf, type Internals, internalsOf } from "./_method.ts";
import { forEachReading, joinNeeds } from "./_reading.ts";
import type { Detector } from "./detector.ts";
import type { Source } from "./source.ts";

/** Out-of-distribution examples and how far they are. */
export interface OutSet {
  /** The examples. */
  readonly source: Source;
  /** Whether they are near to the distribution (other classes of the same kind) or far from it. */
  readonly distance: "near" | "far";
}

/** How a detector tells one in-distribution set from one out-of-distribution set. */
export interface BenchmarkRow {
  /** The name of the detector, as it was given. */
  readonly detector: string;
  /** Whether it was tuned with out-of-distribution examples. */
  readonly tunedWithOutOfDistribution: boolean;
  /** The name of the in-distribution set. */
  readonly inSet: string;
  /** The name of the out-of-distribution set. */
  readonly outSet: string;
  /** How far it is. */
  readonly distance: "near" | "far";
  /** The area under the ROC curve, ties as one half. */
  readonly auroc: number;
  /** DeLong's interval of the area, at 95 %. */
  readonly aurocInterval: readonly [lower: number, upper: number];
  /** The average precision with out-of-distribution as positive. */
  readonly auprOut: number;
  /** The average precision with in-distribution as positive. */
  readonly auprIn: number;
  /** The share of out-of-distribution examples let in where at least 95 % of the in-distribution ones are (ODIN, Mahalanobis). */
  readonly fpr95InPositive: number;
  /** The share of in-distribution examples flagged where at least 95 % of the out-of-distribution ones are (OpenOOD). */
  readonly fpr95OutPositive: number;
  /** The smallest error of a threshold when both are equally likely. */
  readonly detectionError: number;
  /** The number of in-distribution examples. */
  readonly inCount: number;
  /** The number of out-of-distribution examples. */
  readonly outCount: number;
  /** The share of pairs, one of each side, with equal scores. */
  readonly ties: number;
}

/** How long a detector took, beside the passes of the classifier, which detectors share. */
export interface DetectorSeconds {
  /** Its fit; undefined when it was read from JSON. */
  readonly fit: number | undefined;
  /** All its scores. */
  readonly score: number;
}

/** What {@linkcode benchmark} returns: all but `seconds` is the same for the same scores. */
export interface Benchmark {
  /** A row for each detector, in-distribution set and out-of-distribution set, in this order. */
  readonly rows: readonly BenchmarkRow[];
  /** The accuracy of the classifier on each in-distribution set with labels. */
  readonly accuracies: Readonly<Record<string, number>>;
  /** The scores by detector and set: for histograms. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, Float64Array>>>>;
  /** The time that each detector took. */
  readonly seconds: Readonly<Record<string, DetectorSeconds>>;
}

/**
 * Compares detectors on several sets: ranking metrics of both conventions with intervals, and the accuracy of the classifier.
 *
 * Every set is gone through once, whatever the number of detectors. In-distribution sets must be test sets: no example that a
 * detector was fitted or calibrated on. With `benchmarkTable` it is Markdown.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { benchmark, energy, fitMany, maxProbability } from "@jem-js/ood";
 * import { expect } from "vitest";
 *
 * const classifier = (x: tf.Tensor) => x as tf.Tensor2D;
 * const detectors = { energy: energy(), "max p": maxProbability() };
 * await fitMany(Object.values(detectors), classifier);
 * const { rows, accuracies } = await benchmark(
 *   detectors,
 *   { test: { x: tf.tensor2d([[9, 0], [0, 7]]), labels: [0, 0] } },
 *   { zeros: { source: { x: tf.zeros([3, 2]) }, distance: "far" } },
 * );
 * expect(rows.map(({ detector, auroc }) => [detector, auroc])).toEqual([["energy", 1], ["max p", 1]]);
 * expect(accuracies).toEqual({ test: 0.5 });
 * ```
 *
 * @param detectors Fitted detectors by name, which may be fitted on different classifiers: a set is then gone through once for each.
 * @param inSets In-distribution test sets by name; with labels for the accuracy; borrowed.
 * @param outSets Out-of-distribution sets by name; borrowed.
 * @returns The table as data.
 * @throws {TypeError} When a detector was not fitted, a name is that of two sets, or the inputs are not float32 `[batch, ...input]`.
 * @throws {RangeError} When there are no detectors or sets, a set is empty, or what the classifier returns is not finite.
 */
export async function benchmark(
  detectors: Readonly<Record<string, Detector>>,
  inSets: Readonly<Record<string, Source>>,
  outSets: Readonly<Record<string, OutSet>>,
): Promise<Benchmark> {
  const action = "benchmark detectors";
  for (const [what, given] of Object.entries({ detectors, inSets, outSets })) {
    if (Object.keys(given).length === 0)
      throw new RangeError(`Cannot ${action}: there must be at least 1 of ${what} but found 0`);
  }
  const shared = Object.keys(inSets).find((name) => name in outSets);
  if (shared !== undefined)
    throw new TypeError(`Cannot ${action}: names of sets must differ but found "${shared}" twice`);
  const entries = Object.entries(detectors).map(([name, detector]): Entry => {
    const internals = internalsOf(action, detector);
    fittedOf(action, internals);
    return { name, internals, scores: {}, seconds: 0 };
  });
  const accuracies: Record<string, number> = {};
  for (const [set, source] of Object.entries(inSets)) {
    const accuracy = await scoreSet(action, entries, set, source);
    if (accuracy !== undefined) accuracies[set] = accuracy;
  }
  for (const [set, { source }] of Object.entries(outSets)) await scoreSet(action, entries, set, source);
  const rows = entries.flatMap(({ name, internals, scores }) =>
    Object.keys(inSets).flatMap((inSet) =>
      Object.entries(outSets).map(([outSet, { distance }]): BenchmarkRow => {
        const tunedWithOutOfDistribution = internals.method.tuned;
        const about = { detector: name, tunedWithOutOfDistribution, inSet, outSet, distance };
        return { ...about, ...metricsOf(scores[inSet]!, scores[outSet]!) };
      }),
    ),
  );
  return {
    rows,
    accuracies,
    scores: Object.fromEntries(entries.map(({ name, scores }) => [name, scores])),
    seconds: Object.fromEntries(
      entries.map(({ name, internals, seconds }) => [name, { fit: internals.fitted!.seconds, score: seconds }]),
    ),
  };
}

/** A detector and what was found of it. */
interface Entry {
  readonly name: string;
  readonly internals: Internals;
  readonly scores: Record<string, Float64Array>;
  seconds: number;
}

/** Scores a set by all detectors; the accuracy of the first classifier when there are labels. */
async function scoreSet(
  action: string,
  entries: readonly Entry[],
  set: string,
  source: Source,
): Promise<number | undefined> {
  let accuracy: number | undefined;
  const classifiers = [...new Set(entries.map(({ internals }) => internals.fitted!.classifier))];
  for (const [at, classifier] of classifiers.entries()) {
    const own = entries.filter(({ internals }) => internals.fitted!.classifier === classifier);
    const parts = own.map((): Float64Array[] => []);
    let correct = 0;
    let labelled = 0;
    const needs = joinNeeds(own.map(({ internals: { method, fitted } }) => method.needs(fitted!.state)));
    const given = { ...needs, labels: at === 0 ? ("given" as const) : false };
    await forEachReading(`${action} on ${set}`, classifier, source, given, async (reading) => {
      const { labels, logits, classes } = reading;
      labels?.forEach((label, i) => {
        if (argmax(rowOf(logits, i, classes)) === label) correct += 1;
      });
      labelled += labels?.length ?? 0;
      for (const [i, entry] of own.entries()) {
        const start = util.now();
        parts[i]!.push(await entry.internals.fitted!.scorer(reading));
        entry.seconds += (util.now() - start) / 1000;
      }
    });
    own.forEach((entry, i) => {
      entry.scores[set] = Float64Array.from(parts[i]!.flatMap((part) => Array.from(part)));
    });
    if (labelled > 0) accuracy = correct / labelled;
  }
  return accuracy;
}

function metricsOf(inside: Float64Array, outside: Float64Array) {
  const { lower, upper } = delongInterval(outside, inside);
  const typical = { inside: inside.map((score) => -score), outside: outside.map((score) => -score) };
  return {
    auroc: auroc(outside, inside),
    aurocInterval: [lower, upper] as const,
    auprOut: averagePrecision(outside, inside),
    auprIn: averagePrecision(typical.inside, typical.outside),
    fpr95InPositive: fprAtTpr(typical.inside, typical.outside),
    fpr95OutPositive: fprAtTpr(outside, inside),
    detectionError: detectionError(outside, inside),
    inCount: inside.length,
    outCount: outside.length,
    ties: tiesOf(inside, outside),
  };
}

function tiesOf(inside: Float64Array, outside: Float64Array): number {
  const counts = new Map<number, number>();
  for (const score of inside) counts.set(score, (counts.get(score) ?? 0) + 1);
  let pairs = 0;
  for (const score of outside) pairs += counts.get(score) ?? 0;
  return pairs / (inside.length * outside.length);
}
