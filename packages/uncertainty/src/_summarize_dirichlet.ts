import { add, div, expandDims, maximum, mean, mul, onesLike, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { entropyOf, largestOf } from "./_class_measures.ts";
import { nextDigammaExcess } from "./_special/approximations.ts";
import { dirichletDivergence } from "./dirichlet_divergence.ts";
import type { DirichletSummary } from "./summary.ts";

/**
 * Summarises concentrations `[..., classes]`. Differences of digamma are taken between its remainders beyond logarithms, since for
 * large concentrations nothing else is left of them in float32.
 */
export function summarizeDirichlet(concentration: Tensor): DirichletSummary {
  const classes = concentration.shape.at(-1)!;
  const precision = sum(concentration, -1);
  const center = div(concentration, expandDims(precision, -1));
  // sum_k p_k (digamma(alpha_k + 1) - digamma(alpha_0 + 1) - log p_k).
  const excess = sum(mul(center, nextDigammaExcess(concentration)), -1);
  const epistemic = maximum(sub(excess, nextDigammaExcess(precision)), 0);
  const total = entropyOf(center);
  // The entropy of the flat distribution, whose density is Gamma(classes) everywhere, is the largest.
  const flat = Array.from({ length: classes - 1 }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0);
  return {
    mean: center,
    total,
    aleatoric: sub(total, epistemic),
    epistemic,
    maxProbability: largestOf(center),
    variance: div(mean(mul(center, sub(1, center)), -1), add(precision, 1)),
    pairwiseDivergence: div(classes - 1, precision),
    differentialEntropy: sub(-flat, dirichletDivergence(concentration, onesLike(concentration))),
    precision,
  };
}
