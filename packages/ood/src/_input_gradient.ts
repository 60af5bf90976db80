import {
  mul,
  reshape,
  type Scalar,
  sign,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tidy,
  valueAndGrad,
} from "@tensorflow/tfjs-core";
import { checkPositive } from "./_check.ts";
import { pool } from "./_reading.ts";
import type { ClassifierOutputs, OpenClassifier } from "./open_classifier.ts";

/** How an input is moved along the sign of a gradient. */
export interface PerturbationOptions {
  /** The length of the step for each element, at least 0. */
  readonly epsilon: number;
  /** What `epsilon` is divided by for each channel: the deviations that inputs were standardised with. */
  readonly std: readonly number[] | undefined;
}

/** Throws unless deviations, where there are some, are finite and above 0. */
export function checkStd(action: string, std: readonly number[] | undefined): void {
  for (const value of std ?? []) checkPositive(action, "std", value);
}

/** The gradient with respect to `x` of a function of what the classifier says of it; shape of `x`. */
export function inputGradient(
  action: string,
  classifier: OpenClassifier,
  x: Tensor,
  features: readonly string[],
  objective: (outputs: ClassifierOutputs) => Tensor,
): Tensor {
  // TensorFlow.js does not free what it saved for a gradient when the function throws: so it returns, and throws after.
  let failure: { error: unknown } | undefined;
  let result: { value: Tensor; grad: Tensor };
  try {
    result = valueAndGrad((input: Tensor) => {
      try {
        return sum(objective(classifier.read(input, features))) as Scalar;
      } catch (error) {
        failure = { error };
        return sum(input) as Scalar;
      }
    })(x);
  } catch (error) {
    throw new TypeError(
      `Cannot ${action}: the classifier must have a gradient with respect to its input but found: ${String((error as Error).message ?? error)}`,
    );
  }
  result.value.dispose();
  if (failure) {
    result.grad.dispose();
    throw failure.error;
  }
  return result.grad;
}

/** `x - epsilon sign(gradient) / std`, where the sign of 0 is 0: a step that lowers what `gradient` is of. */
export function perturb(action: string, x: Tensor, gradient: Tensor, { epsilon, std }: PerturbationOptions): Tensor {
  return tidy(() => {
    const step = mul(sign(gradient), epsilon);
    if (std === undefined) return sub(x, step);
    if (std.length !== x.shape.at(-1)) {
      throw new TypeError(
        `Cannot ${action}: std must have ${x.shape.at(-1)} numbers, one a channel, but found ${std.length}`,
      );
    }
    return sub(x, mul(step, tensor1d(std.map((value) => 1 / value))));
  });
}

/** `sum(feature * weights)` with the feature averaged as for a detector: its gradient is `weights` carried back to `x`. */
export function contraction(feature: Tensor, weights: Float64Array): Tensor {
  const pooled = pool(feature);
  return mul(pooled, reshape(tensor1d(Float32Array.from(weights)), pooled.shape));
}
