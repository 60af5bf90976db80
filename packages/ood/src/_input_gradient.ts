import { mul, reshape, sign, sub, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { checkPositive } from "./_check.ts";
import { gradientsOf, type Objective } from "./_objectives.ts";
import { pool, type Reading } from "./_reading.ts";
import type { OpenClassifier } from "./open_classifier.ts";

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

/** The gradient of an objective with respect to the inputs of a reading: from its pass, or by one of its own. */
export function inputGradient(
  action: string,
  classifier: OpenClassifier,
  { x, gradients }: Pick<Reading, "x" | "gradients">,
  objective: Objective,
): Tensor {
  const found = gradients.get(objective.name);
  if (found) return found.clone();
  return tidy(() => gradientsOf(action, x, [objective], (input) => classifier.read(input, objective.features))[0]!);
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
