import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { ChainState, Labels } from "./kernel.ts";
import type { Schedule } from "./schedule.ts";

/** Options that the kernels with an exact stationary density share: {@linkcode mala}, `hmc` and `nuts`. */
export interface MetropolisOptions {
  /** The step size, or the one that adaptation starts from. Greater than 0. */
  readonly stepSize: Schedule;
  /** Samples `p(x|y)` for these labels, one a chain, in place of `p(x)`. @default {undefined} */
  readonly labels?: Labels;
  /** The temperature `T`: the stationary density is that of `exp(f / T)`. Greater than 0. @default {1} */
  readonly temperature?: Schedule;
  /**
   * For how many steps the step size is adapted, to all chains together, by dual averaging. They belong to the burn-in.
   * @default {0}
   */
  readonly adaptationSteps?: number;
  /** The mean acceptance that adaptation aims at, between 0 and 1. @default {0.574 for mala, 0.8 for hmc and nuts} */
  readonly targetAcceptance?: number;
}

/** The state of {@linkcode mala}, `hmc` and `nuts`. */
export interface MetropolisState extends ChainState {
  /** The log-density at `x`, of temperature 1; `[batch]`. */
  readonly logDensity: Tensor;
  /** Its gradient, the shape of `x`. */
  readonly score: Tensor;
  /** What is adapted; absent without `adaptationSteps`. */
  readonly adaptation?: StepSizeAdaptation;
}

/** The state of dual averaging. */
export interface StepSizeAdaptation {
  /** The step size of the next step. */
  readonly stepSize: Scalar;
  /** The logarithm of the averaged step size, which is used after adaptation. */
  readonly averageLog: Scalar;
  /** The averaged difference between the acceptance aimed at and that found. */
  readonly error: Scalar;
}
