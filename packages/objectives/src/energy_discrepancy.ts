import { type Key, normal, split } from "@jem-js/random";
import {
  add,
  concat,
  expandDims,
  fill,
  logSumExp,
  mean,
  mul,
  reshape,
  type Scalar,
  sub,
  type Tensor,
  type Tensor2D,
  tidy,
} from "@tensorflow/tfjs-core";
import { checkCount, checkNotEmpty, checkPositive, checkWeights } from "./_check.ts";
import { energyGap } from "./_contrast.ts";
import type { LossTerms } from "./loss_terms.ts";
import type { DataBatch, DensityModel } from "./model.ts";

/** Options of {@linkcode energyDiscrepancy}. */
export interface EnergyDiscrepancyOptions {
  /** The key of the perturbations. */
  readonly key: Key;
  /** The standard deviation `t` of a perturbation, in units of the data. Greater than 0. @default {1} */
  readonly noiseScale?: number;
  /** How many perturbed points `M` each example is contrasted with. At least 1. @default {4} */
  readonly samples?: number;
  /** The stabilisation `w`: it bounds the loss from below by `log(w / M)`. At least 0; 0 is none. @default {1} */
  readonly stabilization?: number;
}

/** The loss of {@linkcode energyDiscrepancy} and its parts. */
export interface EnergyDiscrepancyTerms extends LossTerms {
  /** The energy discrepancy. */
  readonly loss: Scalar;
  /** The mean log-density of data less that of perturbed points. */
  readonly energyGap: Scalar;
}

/**
 * Energy discrepancy: contrasts each example with points around it, with neither chains nor scores.
 *
 * `loss = mean_x log(w / M + 1 / M sum_j exp(E(x) - E(x + t xi + t xi_j)))` with `xi, xi_j ~ N(0, I)`, `E = -log p`.
 * Between score matching (small `t`) and maximum likelihood (large `t`): it sees the weights of distant modes where
 * score matching is blind to them.
 *
 * Use it for densities of few dimensions, or of a latent space, when sampling is too dear. Data on a thin manifold (raw
 * images) is told from its perturbations at a glance: use contrastive divergence there.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyDiscrepancy } from "@jem-js/objectives";
 * import { key, normal } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const flat = { logDensity: (x: tf.Tensor) => tf.mul(tf.sum(x, 1), 0) as tf.Tensor1D };
 * const { loss } = energyDiscrepancy(flat, { x: normal(key(0), [8, 2]) }, { key: key(1), samples: 4 });
 * expect((await loss.data())[0]).toBeCloseTo(Math.log((1 + 4) / 4), 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2307.06431 | Schröder et al., Energy discrepancies: a score-independent loss for energy-based models}
 *
 * @param model The density, `[batch, ...input]` to `[batch]`.
 * @param batch Data, `x: [batch, ...input]`, borrowed.
 * @param options The key and the perturbation.
 * @returns The loss and its parts, scalars owned by the caller.
 * @throws {TypeError} When the batch is empty.
 * @throws {RangeError} When `noiseScale` is not above 0, `samples` is not a positive integer or `stabilization` is
 * negative.
 */
export function energyDiscrepancy(
  model: DensityModel,
  batch: DataBatch,
  options: EnergyDiscrepancyOptions,
): EnergyDiscrepancyTerms {
  const { x } = batch;
  const { key, noiseScale = 1, samples = 4, stabilization = 1 } = options;
  const [size, ...input] = x.shape as [number, ...number[]];
  checkNotEmpty("x", size);
  checkPositive("noiseScale", noiseScale);
  checkCount("samples", samples);
  checkWeights({ stabilization });
  const [sharedKey, ownKey] = split(key) as [Key, Key];
  return tidy(() => {
    const center = add(x, mul(normal(sharedKey, x.shape), noiseScale));
    const own = mul(normal(ownKey, [size, samples, ...input]), noiseScale);
    const perturbed = reshape(add(expandDims(center, 1), own), [size * samples, ...input]);
    const positive = model.logDensity(x);
    const negative = model.logDensity(perturbed);
    const differences: Tensor = sub(reshape(negative, [size, samples]), expandDims(positive, 1));
    const all = stabilization === 0 ? [differences] : [differences, fill([size, 1], Math.log(stabilization))];
    const loss: Scalar = sub(mean(logSumExp(concat(all as Tensor2D[], 1), 1)), Math.log(samples));
    return { loss, energyGap: energyGap(positive, negative) };
  });
}
