import { add, argMax, div, max, mean, oneHot, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { divergenceFrom, entropyOf, largestOf, safeLog } from "./_class_measures.ts";
import { sampleMoments } from "./_sample_moments.ts";
import type { CategoricalSummary } from "./summary.ts";

/** Summarises samples of class probabilities `[samples, ..., classes]`. */
export function summarizeCategorical(probabilities: Tensor): CategoricalSummary {
  const samples = probabilities.shape[0]!;
  const { mean: center, variance } = sampleMoments(probabilities);
  const logs = safeLog(probabilities);
  const logCenter = safeLog(center);
  const epistemic = mean(divergenceFrom(probabilities, logs, logCenter), 0);
  const reverseMutualInformation = divergenceFrom(center, logCenter, mean(logs, 0));
  const aleatoric = mean(entropyOf(probabilities), 0);
  const classes = probabilities.shape.at(-1)!;
  const votes = sum(oneHot(argMax(probabilities, -1), classes), 0);
  return {
    mean: center,
    total: add(aleatoric, epistemic),
    aleatoric,
    epistemic,
    maxProbability: largestOf(center),
    variance: mean(variance, -1),
    pairwiseDivergence: add(epistemic, reverseMutualInformation),
    reverseMutualInformation,
    variationRatio: sub(1, div(max(votes, -1), samples)),
  };
}
