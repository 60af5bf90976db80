import {
  add,
  div,
  exp,
  expandDims,
  mul,
  reshape,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import type { Generator } from "./generator.ts";

/** Outputs of a generator, and the codes that might have made them. */
export interface CodeSearch {
  /** The outputs `g(z) + s e'`, `[batch, ...input]`. */
  readonly x: Tensor;
  /** The codes that made them, `[batch, latent]`. */
  readonly z: Tensor2D;
  /** Standard normal, `[batch, samples, latent]`: the codes are `z_k = z + h e_k`. */
  readonly e: Tensor;
  /** `log s`, a scalar. */
  readonly logNoise: Tensor;
  /** `log h`, `[latent]`. */
  readonly logPosterior: Tensor;
}

/**
 * `log N(z_k; 0, I) + log N(x; g(z_k), s^2 I) - log N(z_k; z, h^2 I)` but for constants, `[batch, samples]`, and
 * `x - g(z_k)`, `[batch, samples, ...input]`.
 */
export function codeImportance(
  generator: Generator,
  { x, z, e, logNoise, logPosterior }: CodeSearch,
): { logWeights: Tensor2D; residual: Tensor } {
  const [batch, ...shape] = x.shape as [number, ...number[]];
  const samples = e.shape[1]!;
  const codes = add(expandDims(z, 1), mul(e, exp(logPosterior)));
  const outputs = reshape(generator.generate(reshape(codes, [-1, generator.latent])), [batch, samples, ...shape]);
  const residual = sub(expandDims(x, 1), outputs);
  const squares = sum(reshape(square(residual), [batch, samples, -1]), 2);
  const ofOutput = mul(div(squares, exp(mul(logNoise, 2))), -0.5);
  const ofPrior = mul(sum(square(codes), 2), -0.5);
  const ofProposal = sub(mul(sum(square(e), 2), -0.5), sum(logPosterior));
  return { logWeights: sub(add(ofOutput, ofPrior), ofProposal) as Tensor2D, residual };
}

/** Minus the score of the generator at `x`: `sum_k w_k (x - g(z_k)) / s^2`. */
export function negativeScore(generator: Generator, search: CodeSearch): Tensor {
  const { logWeights, residual } = codeImportance(generator, search);
  const { x, e, logNoise } = search;
  const weights = reshape(softmax(logWeights), [x.shape[0]!, e.shape[1]!, ...x.shape.slice(1).map(() => 1)]);
  return div(sum(mul(weights, residual), 1), exp(mul(logNoise, 2)));
}
