import { type Key, normal } from "@jem-js/random";
import { clipByValue, div, maximum, mul, sqrt, square, type Tensor } from "@tensorflow/tfjs-core";
import { alongChains, sumPerChain } from "./_chains.ts";
import { checkPositive, checkRange } from "./_check.ts";
import type { ChainState, ScoreModel } from "./kernel.ts";
import type { LangevinOptions } from "./langevin_options.ts";

/** What the kernels without an accept step share: the score, the noise and the bounds, as the options say. */
export interface LangevinParts {
  /** The score at `x`. */
  score(x: Tensor): Tensor;
  /** A score within its bounds, and its norm before if that is asked for. */
  clipped(score: Tensor): { gradient: Tensor; info?: { gradientNorm: Tensor } };
  /** Standard normal noise for a step from `state`. */
  noise(key: Key, state: ChainState): Tensor;
  /** `x` within its bounds. */
  bounded(x: Tensor): Tensor;
}

/** Checks the shared options and applies them. The parts are used inside a tidy. */
export function langevinParts(action: string, head: ScoreModel, options: LangevinOptions): LangevinParts {
  checkScoreModel(action, head);
  const { labels, clamp, gradientClip, maxGradientNorm, noise, diagnostics = false } = options;
  if (clamp) checkRange(action, "clamp", clamp);
  if (gradientClip !== undefined) checkPositive(action, "gradientClip", gradientClip);
  if (maxGradientNorm !== undefined) checkPositive(action, "maxGradientNorm", maxGradientNorm);
  return {
    score: (x) => head.score(x, labels),
    clipped(score) {
      const norm = (): Tensor => sqrt(sumPerChain(square(score)));
      let gradient = score;
      if (maxGradientNorm !== undefined) {
        const shrink = div(maxGradientNorm, maximum(norm(), maxGradientNorm));
        gradient = mul(gradient, alongChains(shrink, gradient));
      }
      if (gradientClip !== undefined) gradient = clipByValue(gradient, -gradientClip, gradientClip);
      return diagnostics ? { gradient, info: { gradientNorm: norm() } } : { gradient };
    },
    noise: (key, { x, step }) => (noise ? noise(step) : normal(key, x.shape)),
    bounded: (x) => (clamp ? clipByValue(x, clamp[0], clamp[1]) : x),
  };
}

/** Throws unless `head` has a score. */
export function checkScoreModel(action: string, head: ScoreModel): void {
  if (typeof head?.score !== "function") {
    throw new TypeError(`Cannot ${action}: head must have a score() but found ${typeof head}`);
  }
}
