import { add, div, expandDims, log, maximum, mean, mul, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { entropyOf, largestOf } from "./_class_measures.ts";
import { binet, digammaExcess } from "./_gamma_remainders.ts";
import type { DirichletSummary } from "./summary.ts";

/**
 * Summarises concentrations `[..., classes]`. Differences of log Gamma and of digamma are taken between their remainders beyond
 * logarithms, since for large concentrations nothing else is left of them in float32.
 */
export function summarizeDirichlet(concentration: Tensor): DirichletSummary {
  const classes = concentration.shape.at(-1)!;
  const precision = sum(concentration, -1);
  const center = div(concentration, expandDims(precision, -1));
  const excess = digammaExcess(concentration);
  const excessAll = digammaExcess(precision);
  // sum_k p_k (digamma(alpha_k + 1) - digamma(alpha_0 + 1) - log p_k).
  const epistemic = maximum(sub(sum(mul(center, excess), -1), excessAll), 0);
  const total = entropyOf(center);
  // log x - digamma x = 1 / x - digammaExcess x.
  const slope = sub(div(1, concentration), excess);
  const slopeAll = sub(div(1, precision), excessAll);
  const logBeta = add(
    sub(sum(binet(concentration), -1), binet(precision)),
    add(mul(0.5, sum(log(concentration), -1)), mul(0.5 - classes, log(precision))),
  );
  const lean = sum(mul(sub(concentration, 1), sub(slope, expandDims(slopeAll, -1))), -1);
  return {
    mean: center,
    total,
    aleatoric: sub(total, epistemic),
    epistemic,
    maxProbability: largestOf(center),
    variance: div(mean(mul(center, sub(1, center)), -1), add(precision, 1)),
    pairwiseDivergence: div(classes - 1, precision),
    differentialEntropy: add(add(logBeta, lean), ((classes - 1) / 2) * Math.log(2 * Math.PI)),
    precision,
  };
}
