import type { Tensor } from "@tensorflow/tfjs-core";
import { expand } from "./_outputs.ts";
import type { ClassifierOutputs } from "./open_classifier.ts";

/** A function of a feature that makes few numbers of many, so that they alone are read. */
export interface Summary {
  /** What tells it from others: equal names stand for equal functions. */
  readonly name: string;
  /** Features by name, or `"all"`. */
  readonly features: readonly string[];
  /** Its values, `[batch, ...]`; undefined where a backend cannot: the feature is read as it is. */
  of(feature: Tensor, logits: Tensor): Tensor | undefined;
}

/** What a summary of a feature is found by. */
export function summaryKey(summary: string, feature: string): string {
  return `${summary} of ${feature}`;
}

/** Summaries with equal names as one, of the features of all. */
export function joinSummaries(all: readonly Summary[]): Summary[] {
  const joined = new Map<string, Summary>();
  for (const summary of all) {
    const features = [...(joined.get(summary.name)?.features ?? []), ...summary.features];
    joined.set(summary.name, { ...summary, features });
  }
  return [...joined.values()];
}

/** The summaries of outputs by their keys, each as `keep` gives it, and the features that a backend could not summarize. */
export function summarize(
  summaries: readonly Summary[],
  outputs: ClassifierOutputs,
  keep: (tensor: Tensor) => Tensor,
): { readonly summarized: Map<string, Tensor>; readonly missing: string[] } {
  const summarized = new Map<string, Tensor>();
  const missing: string[] = [];
  for (const summary of summaries) {
    for (const name of expand(summary.features, outputs.all)) {
      const found = summary.of(outputs.features.get(name)!, outputs.logits);
      if (found) summarized.set(summaryKey(summary.name, name), keep(found));
      else missing.push(name);
    }
  }
  return { summarized, missing };
}
