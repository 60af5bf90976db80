import { grad, keep, logSumExp, type Scalar, sum, type Tensor, valueAndGrad } from "@tensorflow/tfjs-core";
import type { ClassifierOutputs } from "./open_classifier.ts";

/** A function of what a classifier says of inputs, one value an example, whose gradient with respect to them is wanted. */
export interface Objective {
  /** What tells it from others: equal names stand for equal functions. */
  readonly name: string;
  /** The features that it reads, beside the logits. */
  readonly features: readonly string[];
  /** Its values, `[batch]` or such that their sum is meant. */
  of(outputs: ClassifierOutputs): Tensor;
}

/** `log p(x)` up to a constant. */
export const LOG_DENSITY: Objective = {
  name: "logDensity",
  features: [],
  of: ({ logits }) => logSumExp(logits, 1),
};

/**
 * The gradients of objectives with respect to `x`, each of the shape of `x`, by one pass forward and a pass backward for each. To be called
 * in a `tidy`; what `outputsOf` wants to keep it keeps itself.
 */
export function gradientsOf(
  action: string,
  x: Tensor,
  objectives: readonly Objective[],
  outputsOf: (x: Tensor) => ClassifierOutputs,
): Tensor[] {
  const others = objectives.slice(0, -1);
  const last = objectives.at(-1)!;
  const gradients: Tensor[] = [];
  // TensorFlow.js does not free what it saved for a gradient when the function throws: so it returns, and throws after.
  let failure: { error: unknown } | undefined;
  let result: { value: Tensor; grad: Tensor };
  try {
    result = valueAndGrad((input: Tensor) => {
      try {
        const outputs = outputsOf(input);
        for (const { of } of others) {
          const value = of(outputs);
          // On the tape of the pass that goes on around it: only the way back is new.
          gradients.push(keep(backward(action, () => grad(() => value)(input))));
        }
        return sum(last.of(outputs)) as Scalar;
      } catch (error) {
        failure = { error };
        return sum(input) as Scalar;
      }
    })(x);
  } catch (error) {
    for (const gradient of gradients) gradient.dispose();
    throw withoutGradient(action, error);
  }
  result.value.dispose();
  gradients.push(result.grad);
  if (failure) {
    for (const gradient of gradients) gradient.dispose();
    throw failure.error;
  }
  return gradients;
}

function backward(action: string, compute: () => Tensor): Tensor {
  try {
    return compute();
  } catch (error) {
    throw withoutGradient(action, error);
  }
}

function withoutGradient(action: string, error: unknown): TypeError {
  return new TypeError(
    `Cannot ${action}: the classifier must have a gradient with respect to its input but found: ${String((error as Error).message ?? error)}`,
  );
}
