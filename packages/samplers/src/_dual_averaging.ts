import { add, clone, exp, mul, type Scalar, scalar, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { StepSizeAdaptation } from "./metropolis_options.ts";

// Hoffman and Gelman, The No-U-Turn Sampler, §3.2: gamma, t0 and kappa.
const SHRINKAGE = 0.05;
const DELAY = 10;
const FORGETTING = 0.75;

/** Dual averaging before its first step. */
export function startAdaptation(stepSize: number): StepSizeAdaptation {
  return { stepSize: scalar(stepSize), averageLog: scalar(Math.log(stepSize)), error: scalar(0) };
}

/** A copy of an adaptation. */
export function copyAdaptation({ stepSize, averageLog, error }: StepSizeAdaptation): StepSizeAdaptation {
  return { stepSize: clone(stepSize), averageLog: clone(averageLog), error: clone(error) };
}

/** What dual averaging aims at. */
export interface AdaptationAim {
  /** The step size that it started from. */
  readonly initial: number;
  /** The mean acceptance. */
  readonly target: number;
  /** Which step of adaptation this is, from 1, and how many there are. */
  readonly step: number;
  readonly steps: number;
}

/** One step of dual averaging, given the mean acceptance of the last step of the chains. */
export function adaptStepSize(from: StepSizeAdaptation, acceptance: Tensor, aim: AdaptationAim): StepSizeAdaptation {
  const { initial, target, step, steps } = aim;
  return tidy(() => {
    const weight = 1 / (step + DELAY);
    const error = add(mul(from.error, 1 - weight), mul(sub(target, acceptance), weight));
    const current = sub(Math.log(10 * initial), mul(error, Math.sqrt(step) / SHRINKAGE));
    const recency = step ** -FORGETTING;
    const averageLog = add(mul(current, recency), mul(from.averageLog, 1 - recency));
    const stepSize = exp(step === steps ? averageLog : current);
    return { stepSize, averageLog, error } as { stepSize: Scalar; averageLog: Scalar; error: Scalar };
  });
}
