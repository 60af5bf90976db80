import {
  addN,
  clipByValue,
  concat,
  dispose,
  keep,
  mul,
  type NamedTensorMap,
  type Optimizer,
  reshape,
  type Scalar,
  sqrt,
  square,
  sum,
  type Tensor,
  tidy,
  type Variable,
} from "@tensorflow/tfjs-core";
import type { ClipOptions, Gradients } from "./fit_options.ts";
import type { LossTerms, PreparedStep } from "./procedure.ts";

/**
 * The gradient of the loss with respect to the variables, and the values of the terms with the gradient's norm. They are
 * read in one transfer. Disposes the step.
 */
export async function gradientOf(
  step: PreparedStep,
  variables: readonly Variable[],
  gradients: Gradients,
): Promise<{ grads: NamedTensorMap; terms: Record<string, number> }> {
  let terms: LossTerms | undefined;
  let result: ReturnType<Gradients> | undefined;
  let values: Tensor;

  function loss(): Scalar {
    const found = step.loss();
    // Those of the first call are reported: it is made at the weights themselves.
    if (!terms) for (const term of Object.values(found)) keep(term);
    terms ??= found;
    return found.loss;
  }

  try {
    result = gradients(loss, [...variables]);
    if (!terms) throw new TypeError("Cannot fit: gradients must call the loss but did not");
    const { grads } = result;
    values = tidy(() => {
      const norm: Scalar = sqrt(addN(Object.values(grads).map((g) => sum(square(g)))));
      return concat([...Object.values(terms!), norm].map((term) => reshape(term, [1])));
    });
  } catch (error) {
    dispose(result?.grads ?? {});
    throw error;
  } finally {
    step.dispose();
    // The value of the result may be terms.loss itself; what is disposed is passed over.
    dispose([result?.value, terms]);
  }
  const names = [...Object.keys(terms), "gradientNorm"];
  const read = await values.data();
  values.dispose();
  return { grads: result.grads, terms: Object.fromEntries(names.map((name, i) => [name, read[i]!])) };
}

/** Clips the gradient and lets the optimizer apply it. Borrows the gradient. */
export function applyGradient(
  optimizer: Optimizer,
  variables: readonly Variable[],
  grads: NamedTensorMap,
  { norm = Number.POSITIVE_INFINITY, value = Number.POSITIVE_INFINITY }: ClipOptions,
  gradientNorm: number,
): void {
  tidy(() => {
    let clipped = (gradient: Tensor): Tensor => gradient;
    if (gradientNorm > norm) clipped = (gradient) => mul(gradient, norm / gradientNorm);
    const scaled = clipped;
    if (value < Number.POSITIVE_INFINITY) clipped = (gradient) => clipByValue(scaled(gradient), -value, value);
    // In the order of the variables, as the optimizer's state is: names may differ from process to process. An optimizer
    // passes over a variable without a gradient, though its type does not say so.
    const named = variables.map(({ name }) => ({ name, tensor: grads[name] && clipped(grads[name]) }));
    optimizer.applyGradients(named as Parameters<Optimizer["applyGradients"]>[0]);
  });
}

/** SGD and momentum have a setter and ignore the field; the other optimizers read the field at each step. */
export function setLearningRate(optimizer: Optimizer & { setLearningRate?(rate: number): void }, rate: number): void {
  if (optimizer.setLearningRate) optimizer.setLearningRate(rate);
  else (optimizer as unknown as { learningRate: number }).learningRate = rate;
}

/** The learning rate that the optimizer was made with or was last set to. */
export function learningRateOf(optimizer: Optimizer): number {
  return (optimizer as unknown as { learningRate: number }).learningRate;
}
