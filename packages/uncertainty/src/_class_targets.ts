import { type Labels, logSoftmax, oneHotLabels } from "@jem-js/energy";
import { mean, mul, neg, type Scalar, sum, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";

/** Throws when one of the batches of inputs is empty: its mean would be NaN. */
export function checkBatches(batches: Record<string, Tensor>): void {
  for (const [name, batch] of Object.entries(batches)) {
    if (batch.shape[0] === 0) throw new TypeError(`Cannot compute the loss: ${name} is empty`);
  }
}

/** The labels of logits, one-hot, and their mean cross-entropy. */
export function classTargets(logits: Tensor2D, labels: Labels): { hot: Tensor2D; crossEntropy(): Scalar } {
  const hot = oneHotLabels("compute the loss", labels, logits.shape[0], logits.shape[1]);
  return { hot, crossEntropy: () => mean(neg(sum(mul(hot, logSoftmax(logits)), 1))) };
}
