import { argMax, logSumExp, mul, softmax, sub, sum, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { oneHotOf } from "./_one_hot.ts";
import type { AttackLoss } from "./attack_options.ts";

/** Labels in the form that the losses use, both `[batch, classes]`. */
export type Targets = {
  /** 1 at the label, 0 elsewhere. */
  readonly oneHot: Tensor2D;
  /** A number above every logit at the label, 0 elsewhere. */
  readonly excluded: Tensor2D;
};

/** A loss for each example, and its gradient with respect to the logits. */
export interface Loss {
  /** The losses, `[batch]`. */
  values(logits: Tensor2D, targets: Targets): Tensor1D;
  /** The gradients, `[batch, classes]`. */
  gradient(logits: Tensor2D, targets: Targets): Tensor2D;
}

/** The losses by their name. See {@linkcode AttackLoss} for the formulas. */
export const LOSSES: Record<AttackLoss, Loss> = {
  crossEntropy: {
    values: (logits, { oneHot }) => sub(logSumExp(logits, 1), sum(mul(logits, oneHot), 1)),
    // softmax(z) - oneHot, but with the element of the label as minus the sum of the others: p - 1 would be lost to
    // rounding where the classifier is confident, and with it the gradient.
    gradient: (logits, { oneHot }) => {
      const probabilities = softmax(logits);
      const others = sub<Tensor2D>(probabilities, mul(probabilities, oneHot));
      return sub(others, mul(oneHot, sum(others, 1, true)));
    },
  },
  margin: {
    values: (logits, targets) => sum(mul(logits, LOSSES.margin.gradient(logits, targets)), 1),
    gradient: (logits, targets) => {
      const rival = argMax(sub(logits, targets.excluded), 1);
      return sub(oneHotOf(rival, logits.shape[1]), targets.oneHot);
    },
  },
};
