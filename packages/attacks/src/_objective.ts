import {
  clone,
  customGrad,
  dispose,
  keep,
  mul,
  neg,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tidy,
  valueAndGrad,
} from "@tensorflow/tfjs-core";
import { checkLabelRange, isTensor } from "./_check.ts";
import { LOSSES, type Loss, type Targets } from "./_losses.ts";
import { oneHotOf } from "./_one_hot.ts";
import type { AttackLoss } from "./attack_options.ts";
import type { ClassifierFunction } from "./classifier.ts";
import type { Labels } from "./labels.ts";

/** What an attack raises, as a function of the inputs of one batch. Results belong to the caller. */
export interface Objective {
  /** The logits at `x` and the gradient there of the sum of the losses, by one forward and one backward pass. */
  evaluate(x: Tensor): { logits: Tensor2D; gradient: Tensor };
  /** The logits at `x`. */
  logits(x: Tensor): Tensor2D;
  /** The losses at these logits, `[batch]`. */
  losses(logits: Tensor2D): Tensor1D;
  /** By how much these logits are on the side that the attack wants, `[batch]`: positive where it succeeds. */
  margins(logits: Tensor2D): Tensor1D;
  /** Frees the labels. */
  dispose(): void;
}

/** Makes the objective of an attack: the loss of labels to leave, or minus the loss of labels to reach. */
export function createObjective(
  action: string,
  classify: ClassifierFunction,
  labels: Labels,
  loss: AttackLoss,
  targeted: boolean,
): Objective {
  let targets: Targets | undefined;

  // The number of classes is known from the first logits on; the labels are made ready once, then.
  function targetsFor(logits: Tensor2D): Targets {
    targets ??= tidy(() => prepare(action, labels, logits.shape[1]));
    return targets;
  }

  function signed<T extends Tensor>(value: T): T {
    return targeted ? neg(value) : value;
  }

  function valuesOf({ values }: Loss, logits: Tensor2D): Tensor1D {
    return tidy(() => signed(values(logits, targetsFor(logits))));
  }

  function classifyAndCheck(x: Tensor): Tensor2D {
    const logits = classify(x);
    targetsFor(logits);
    return logits;
  }

  function evaluate(x: Tensor): { logits: Tensor2D; gradient: Tensor } {
    // The identity on logits whose backward pass brings in the gradient of the loss: the value is the logits, which
    // every attack needs, and the loss itself is only computed for those who ask.
    const withLoss = customGrad((...inputs) => {
      const [logits, save] = inputs as [Tensor2D, (tensors: Tensor[]) => void];
      save([logits]);
      return {
        value: clone(logits),
        gradFunc: (_, saved) => {
          const [z] = saved as [Tensor2D];
          return signed(LOSSES[loss].gradient(z, targetsFor(z)));
        },
      };
    });
    // TensorFlow.js does not free what it saved for a gradient when the function throws. So the function returns, and
    // what it threw is thrown again afterwards.
    let failure: { error: unknown } | undefined;
    const { value, grad } = valueAndGrad((input: Tensor) => {
      try {
        return withLoss(classifyAndCheck(input));
      } catch (error) {
        failure = { error };
        return sum(input);
      }
    })(x);
    if (failure) {
      dispose([value, grad]);
      throw failure.error;
    }
    return { logits: value as Tensor2D, gradient: grad };
  }

  return {
    evaluate,
    logits: (x) => tidy(() => classifyAndCheck(x)),
    losses: (logits) => valuesOf(LOSSES[loss], logits),
    margins: (logits) => valuesOf(LOSSES.margin, logits),
    dispose: () => {
      targets?.oneHot.dispose();
      targets?.excluded.dispose();
    },
  };
}

function prepare(action: string, labels: Labels, classes: number): Targets {
  if (!isTensor(labels)) checkLabelRange(action, labels, classes);
  const indices = isTensor(labels) ? labels : tensor1d(Array.from(labels), "int32");
  const hot = keep(oneHotOf(indices, classes));
  return { oneHot: hot, excluded: keep(mul(hot, 1e30)) };
}
