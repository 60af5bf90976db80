import {
  clone,
  customGrad,
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
import { checkClasses, checkLabelRange, checkLabels, isTensor } from "./_check.ts";
import { BEYOND, hotRows, isCriterion } from "./_goal.ts";
import { LOSSES, type Targets } from "./_losses.ts";
import { oneHotOf } from "./_one_hot.ts";
import type { AttackLoss } from "./attack_options.ts";
import type { ClassifierFunction } from "./classifier.ts";
import type { Criterion } from "./criterion.ts";
import type { Labels } from "./labels.ts";

/** A value for each example as a function of the logits, `[batch]`, and its gradient if that is not left to TensorFlow.js. */
export interface LogitLoss {
  values(logits: Tensor2D): Tensor1D;
  gradient?(logits: Tensor2D): Tensor2D;
}

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

/** What an attack is to achieve: a criterion, or labels to leave or (`targeted`) to reach. */
export interface Aim {
  readonly criterion: Criterion | Labels;
  readonly loss: AttackLoss;
  readonly targeted: boolean | undefined;
}

/** Throws unless the aim is one, for `batch` examples. */
export function checkAim(action: string, { criterion, loss, targeted }: Aim, batch: number): void {
  if (!isCriterion(criterion)) {
    checkLabels(action, criterion, batch);
    return;
  }
  if (criterion.size !== batch) {
    throw new TypeError(`Cannot ${action}: criterion must be for ${batch} examples but found ${criterion.size}`);
  }
  if (targeted !== undefined) {
    throw new TypeError(`Cannot ${action}: targeted must only be given with labels but found it with a criterion`);
  }
  if (loss !== "margin" && !criterion.goal) {
    throw new TypeError(`Cannot ${action}: loss must be "margin" for a criterion without a goal but found ${loss}`);
  }
}

/** Makes the objective of an attack. The number of classes is known from the first logits on; labels are made ready then. */
export function createObjective(action: string, classify: ClassifierFunction, aim: Aim): Objective {
  const { criterion } = aim;
  let targets: Targets | undefined;

  function targetsFor(logits: Tensor2D): Targets {
    targets ??= tidy(() => prepare(action, aim, logits.shape[1]));
    return targets;
  }

  function named(name: AttackLoss): LogitLoss {
    return name === "margin" && isCriterion(criterion) ? marginOf(criterion) : namedLoss(name, targetsFor);
  }

  function classifyAndCheck(x: Tensor): Tensor2D {
    const logits = classify(x);
    if (isCriterion(criterion)) checkClasses(action, criterion, logits.shape[1]);
    else targetsFor(logits);
    return logits;
  }

  const [raised, margin] = [named(aim.loss), named("margin")];
  return {
    evaluate: (x) => logitsAndGradient(classifyAndCheck, raised, x),
    logits: (x) => tidy(() => classifyAndCheck(x)),
    losses: (logits) => tidy(() => raised.values(logits)),
    margins: (logits) => tidy(() => margin.values(logits)),
    dispose: () => {
      targets?.oneHot.dispose();
      targets?.excluded.dispose();
    },
  };
}

/** The loss of this name of a criterion, as an attack raises it; all but the margin need a goal. */
export function criterionLoss(criterion: Criterion, name: AttackLoss): LogitLoss {
  if (name === "margin") return marginOf(criterion);
  const { classes, targeted } = criterion.goal!;
  return namedLoss(name, (logits) => {
    const oneHot = hotRows(classes, logits);
    return { oneHot, excluded: mul(oneHot, BEYOND), targeted };
  });
}

/** The margin of a criterion, whose gradient is left to TensorFlow.js. */
function marginOf(criterion: Criterion): LogitLoss {
  return { values: (logits) => criterion.margins(logits) };
}

function namedLoss(name: AttackLoss, targetsFor: (logits: Tensor2D) => Targets): LogitLoss {
  const { values, gradient } = LOSSES[name];
  const of = <T extends Tensor>(f: (logits: Tensor2D, targets: Targets) => T, logits: Tensor2D): T => {
    const targets = targetsFor(logits);
    const value = f(logits, targets);
    return targets.targeted ? neg(value) : value;
  };
  return { values: (logits) => of(values, logits), gradient: (logits) => of(gradient, logits) };
}

/** The logits at `x`, and the gradient there of the sum over the examples of a loss of the logits. */
export function logitsAndGradient(
  classify: ClassifierFunction,
  loss: LogitLoss,
  x: Tensor,
): { logits: Tensor2D; gradient: Tensor } {
  let logits: Tensor2D | undefined;
  // TensorFlow.js does not free what it saved for a gradient when the function throws. So the function returns, and
  // what it threw is thrown again afterwards.
  let failure: { error: unknown } | undefined;
  const { value, grad } = valueAndGrad((input: Tensor) => {
    try {
      const found = classify(input);
      logits = keep(clone(found));
      return loss.gradient ? withGradient(found, loss.gradient) : loss.values(found);
    } catch (error) {
      failure = { error };
      return sum(input);
    }
  })(x);
  value.dispose();
  if (failure) {
    grad.dispose();
    logits?.dispose();
    throw failure.error;
  }
  return { logits: logits!, gradient: grad };
}

/** The identity on logits whose backward pass brings in the gradient of the loss: the loss itself need not be computed. */
function withGradient(logits: Tensor2D, gradient: (logits: Tensor2D) => Tensor2D): Tensor {
  return customGrad((...inputs) => {
    const [z, save] = inputs as [Tensor2D, (tensors: Tensor[]) => void];
    save([z]);
    return { value: clone(z), gradFunc: (_, saved) => gradient((saved as [Tensor2D])[0]) };
  })(logits);
}

function prepare(action: string, { criterion, targeted }: Aim, classes: number): Targets {
  const goal = isCriterion(criterion) ? criterion.goal! : { classes: criterion, targeted: targeted ?? false };
  const labels: Labels = goal.classes;
  if (!isTensor(labels)) checkLabelRange(action, labels, classes);
  const indices = isTensor(labels) ? labels : tensor1d(Array.from(labels), "int32");
  const hot = keep(oneHotOf(indices, classes));
  return { oneHot: hot, excluded: keep(mul(hot, BEYOND)), targeted: goal.targeted };
}
