import { type Key, uniform } from "@jem-js/random";
import {
  cast,
  clone,
  exp,
  fill,
  greaterEqual,
  less,
  log,
  mean,
  minimum,
  type Scalar,
  type Tensor,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import { choose, startChains } from "./_chains.ts";
import { checkInteger } from "./_check.ts";
import { adaptStepSize, copyAdaptation, startAdaptation } from "./_dual_averaging.ts";
import { checkScoreModel } from "./_langevin.ts";
import { readSchedule } from "./_schedule.ts";
import { tidied } from "./_tidied.ts";
import type { DensityModel, TemperedKernel } from "./kernel.ts";
import type { MetropolisOptions, MetropolisState } from "./metropolis_options.ts";

/** Positions with what the model says of them. */
export type Point = Pick<MetropolisState, "x" | "logDensity" | "score">;

/** The model for the labels of the options. */
interface Target {
  logDensity(x: Tensor): Tensor;
  score(x: Tensor): Tensor;
}

/** The size and temperature of a step. */
interface StepSettings {
  readonly stepSize: number | Scalar;
  readonly temperature: number;
}

/** Where chains have moved to, and how likely that was accepted: `acceptance: [batch]`. */
export interface Move {
  readonly point: Point;
  readonly info: { readonly acceptance: Tensor; readonly [name: string]: Tensor };
}

/** A transition that leaves `exp(f / temperature)` invariant. Called inside a tidy. */
export type Transition = (key: Key, from: Point, target: Target, settings: StepSettings) => Move;

/** Makes a kernel of a transition: evaluates the start, adapts the step size, and counts the steps. */
export function metropolisKernel(
  action: string,
  head: DensityModel,
  options: MetropolisOptions & { targetAcceptance: number },
  transition: Transition,
): TemperedKernel<MetropolisState> {
  checkScoreModel(action, head);
  if (typeof head.logDensity !== "function") {
    throw new TypeError(`Cannot ${action}: head must have a logDensity() but found ${typeof head.logDensity}`);
  }
  const { labels, adaptationSteps = 0, targetAcceptance } = options;
  const scheduledSize = readSchedule(action, "stepSize", options.stepSize);
  const temperature = readSchedule(action, "temperature", options.temperature ?? 1);
  checkInteger(action, "adaptationSteps", adaptationSteps, 0);
  if (!(targetAcceptance > 0 && targetAcceptance < 1)) {
    throw new RangeError(`Cannot ${action}: targetAcceptance must be between 0 and 1 but found ${targetAcceptance}`);
  }
  if (adaptationSteps > 0 && typeof options.stepSize === "function") {
    throw new TypeError(`Cannot ${action}: stepSize must be a number when it is adapted but found a function`);
  }
  const target: Target = {
    logDensity: (x) => head.logDensity(x, labels),
    score: (x) => head.score(x, labels),
  };

  function init(x: Tensor, from?: MetropolisState): MetropolisState {
    const start = startChains(x);
    const evaluated = tidy(() => ({ logDensity: clone(target.logDensity(x)), score: clone(target.score(x)) }));
    const state = { x: start, ...evaluated, step: from?.step ?? 0 };
    if (adaptationSteps === 0) return state;
    const adaptation = from?.adaptation ? copyAdaptation(from.adaptation) : startAdaptation(scheduledSize(0));
    return { ...state, adaptation };
  }

  function step(key: Key, state: MetropolisState): MetropolisState {
    const made = state.step + 1;
    const settings = {
      stepSize: state.adaptation?.stepSize ?? scheduledSize(state.step),
      temperature: temperature(state.step),
    };
    return tidied(() => {
      const { point, info } = transition(key, state, target, settings);
      const { adaptation } = state;
      if (!adaptation) return { ...point, info, step: made };
      const aim = { initial: scheduledSize(0), target: targetAcceptance, step: made, steps: adaptationSteps };
      return {
        ...point,
        info: { ...info, stepSize: clone(adaptation.stepSize) },
        adaptation:
          made > adaptationSteps ? copyAdaptation(adaptation) : adaptStepSize(adaptation, mean(info.acceptance), aim),
        step: made,
      };
    });
  }

  return {
    init,
    step,
    get temperature(): number {
      return temperature(0);
    },
  };
}

/**
 * Accepts each proposal with probability `min(1, exp(logRatio))`, else stays; a ratio that is NaN is refused.
 */
export function acceptOrReject(key: Key, from: Point, to: Point, logRatio: Tensor): Move {
  const refused = fill(logRatio.shape, Number.NEGATIVE_INFINITY);
  const ratio = where(greaterEqual(logRatio, refused), logRatio, refused);
  const acceptance = exp(minimum(ratio, 0));
  const accepted = less(log(uniform(key, logRatio.shape as [number])), ratio);
  const point = {
    x: choose(accepted, to.x, from.x),
    logDensity: choose(accepted, to.logDensity, from.logDensity),
    score: choose(accepted, to.score, from.score),
  };
  return { point, info: { acceptance, accepted: cast(accepted, "float32") } };
}
