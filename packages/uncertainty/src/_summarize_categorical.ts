import { add, argMax, cast, max, mean, oneHot, sub, type Tensor } from "@tensorflow/tfjs-core";
import { divergenceFrom, entropyOf, largestOf, safeLog } from "./_class_measures.ts";
import { sampleMean, sampleMoments } from "./_sample_moments.ts";
import type { CategoricalSummary } from "./summary.ts";

/** Summarises samples of class probabilities `[samples, ..., classes]`. */
export function summarizeCategorical(probabilities: Tensor): CategoricalSummary {
  const { mean: center, variance } = sampleMoments(probabilities);
  const logs = safeLog(probabilities);
  const logCenter = safeLog(center);
  const epistemic = sampleMean(divergenceFrom(probabilities, logs, logCenter));
  const reverseMutualInformation = divergenceFrom(center, logCenter, sampleMean(logs));
  const aleatoric = sampleMean(entropyOf(probabilities));
  const classes = probabilities.shape.at(-1)!;
  const votes = sampleMean(cast(oneHot(argMax(probabilities, -1), classes), "float32"));
  return {
    mean: center,
    total: add(aleatoric, epistemic),
    aleatoric,
    epistemic,
    maxProbability: largestOf(center),
    variance: mean(variance, -1),
    pairwiseDivergence: add(epistemic, reverseMutualInformation),
    reverseMutualInformation,
    variationRatio: sub(1, max(votes, -1)),
  };
}
