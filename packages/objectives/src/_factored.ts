import type { Labels } from "@jem-js/energy";
import {
  add,
  argMax,
  cast,
  equal,
  logSumExp,
  mean,
  mul,
  neg,
  type Scalar,
  scalar,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
} from "@tensorflow/tfjs-core";
import { checkWeights } from "./_check.ts";
import { energyGap, energyPenalty } from "./_contrast.ts";
import { crossEntropyOfLogits } from "./_loss.ts";
import type { JemOptions, JemTerms } from "./jem.ts";

/** The logits that the factored objective reads, `[batch, classes]` each. */
export interface FactoredLogits {
  /** Of the labelled examples; undefined when there are none. */
  readonly logits: Tensor2D | undefined;
  /** Their labels. */
  readonly labels: Labels;
  /** Of the data of `p(x)`. */
  readonly positive: Tensor2D;
  /** Of the negatives. */
  readonly negative: Tensor2D;
}

/** The terms of `-log p(x) - log p(y|x)`; to be called within `tidy`. */
export function factoredTerms({ logits, labels, positive, negative }: FactoredLogits, options: JemOptions): JemTerms {
  const { pxWeight = 1, pyxWeight = 1, energyL2 = 0 } = options;
  const data: Tensor1D = logSumExp(positive, 1);
  const samples: Tensor1D = logSumExp(negative, 1);
  const crossEntropy = logits ? crossEntropyOfLogits(logits, labels) : scalar(0);
  const gap = energyGap(data, samples);
  const px: Scalar = neg(gap);
  const factored: Scalar = add(mul(px, pxWeight), mul(crossEntropy, pyxWeight));
  const loss: Scalar = energyL2 === 0 ? factored : add(factored, energyPenalty(data, samples, energyL2));
  return { loss, crossEntropy, px, energyGap: gap, accuracy: logits ? accuracyOf(logits, labels) : scalar(0) };
}

/** Throws unless the weights are finite and not negative. */
export function checkJemOptions({ pxWeight = 1, pyxWeight = 1, energyL2 = 0 }: JemOptions): void {
  checkWeights({ pxWeight, pyxWeight, energyL2 });
}

function accuracyOf(logits: Tensor2D, labels: Labels): Scalar {
  const expected = "dataId" in labels ? labels : tensor1d(Array.from(labels), "int32");
  return mean(cast(equal(argMax(logits, 1), expected), "float32"));
}
