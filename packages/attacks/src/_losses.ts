import {
  add,
  argMax,
  div,
  logSumExp,
  mul,
  softmax,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { oneHotOf } from "./_one_hot.ts";
import type { AttackLoss } from "./attack_options.ts";

/** Labels in the form that the losses use, the tensors `[batch, classes]`. */
export type Targets = {
  /** 1 at the label, 0 elsewhere. */
  readonly oneHot: Tensor2D;
  /** A number above every logit at the label, 0 elsewhere. */
  readonly excluded: Tensor2D;
  /** Whether the labels are to be reached. */
  readonly targeted: boolean;
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
    values: (logits, targets) => sum(mul(logits, directionOf(logits, targets)), 1),
    gradient: directionOf,
  },
  dlr: {
    values: (logits, targets) => ratio(logits, directionOf(logits, targets), targets.targeted).values,
    gradient: (logits, targets) => ratio(logits, directionOf(logits, targets), targets.targeted).gradient,
  },
};

/**
 * The difference of logits with these coefficients over the spread of the logits (`z(1) - z(3)`, or with `four`
 * `z(1) - (z(3) + z(4)) / 2`), and its gradient. Without a spread where there are too few classes for it.
 */
export function ratio(
  logits: Tensor2D,
  coefficients: Tensor2D,
  four: boolean,
): { values: Tensor1D; gradient: Tensor2D } {
  const difference = sum<Tensor2D>(mul(logits, coefficients), 1, true);
  if (logits.shape[1] < (four ? 4 : 3)) return { values: sum(difference, 1), gradient: coefficients };
  const [first, , third, fourth] = ranked(logits, four ? 4 : 3);
  const spreads: Tensor2D = sub(first!, fourth ? div(add(third!, fourth), 2) : third!);
  const spread = add(sum<Tensor2D>(mul(logits, spreads), 1, true), 1e-12);
  const values = div<Tensor2D>(difference, spread);
  return { values: sum(values, 1), gradient: div(sub(coefficients, mul(values, spreads)), spread) };
}

/** 1 at the largest logit that is not that of the label, -1 at the label. */
function directionOf(logits: Tensor2D, { oneHot, excluded }: Targets): Tensor2D {
  return sub(oneHotOf(argMax(sub(logits, excluded), 1), logits.shape[1]), oneHot);
}

/** The places of the largest logits, each `[batch, classes]` with a 1, the largest first. */
function ranked(logits: Tensor2D, count: number): Tensor2D[] {
  const places: Tensor2D[] = [];
  let rest = logits;
  for (let rank = 0; rank < count; rank++) {
    const place = oneHotOf(argMax(rest, 1), logits.shape[1]);
    places.push(place);
    rest = sub(rest, mul(place, 1e30));
  }
  return places;
}
