import { type Labels, oneHotLabels } from "@jem-js/energy";
import { logSumExp, mean, mul, type Scalar, sub, sum, type Tensor2D } from "@tensorflow/tfjs-core";
import { checkNotEmpty } from "./_check.ts";

/** The mean cross-entropy of logits `[batch, classes]`. */
export function crossEntropyOfLogits(logits: Tensor2D, labels: Labels): Scalar {
  const [batch, classes] = logits.shape;
  checkNotEmpty("the batch", batch);
  const selected = sum(mul(logits, oneHotLabels("compute the loss", labels, batch, classes)), 1);
  return mean(sub(logSumExp(logits, 1), selected));
}
