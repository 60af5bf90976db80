import { type Key, normal } from "@jem-js/random";
import {
  add,
  clipByValue,
  div,
  engine,
  getBackend,
  getKernel,
  maximum,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  sqrt,
  square,
  type Tensor,
} from "@tensorflow/tfjs-core";
import { alongChains, sumPerChain } from "./_chains.ts";
import { checkPositive, checkRange } from "./_check.ts";
import type { ChainState, ScoreModel } from "./kernel.ts";
import type { LangevinOptions } from "./langevin_options.ts";

/**
 * The update of {@linkcode LangevinParts.moved} in one pass, with the noise of `normal(key)`: a kernel that a backend may
 * have, as `@jem-js/native` does. It agrees with the composed form to rounding.
 */
const FUSED_STEP = "LangevinStep";

/** What the norm of a step's score is told as, if asked for. */
type ScoreInfo = { readonly info?: { readonly gradientNorm: Tensor } };

/** What the kernels without an accept step share: the score, the noise and the bounds, as the options say. */
export interface LangevinParts {
  /** The score at `x`. */
  score(x: Tensor): Tensor;
  /** A score within its bounds, and its norm before if that is asked for. */
  clipped(score: Tensor): { gradient: Tensor } & ScoreInfo;
  /** Standard normal noise for a step from `state`. */
  noise(key: Key, state: ChainState): Tensor;
  /** `x` within its bounds. */
  bounded(x: Tensor): Tensor;
  /** `bounded(x + stepSize clipped(score) + noiseScale noise)`, the step of the plain dynamics from `state`. */
  moved(key: Key, state: ChainState, score: Tensor, stepSize: number, noiseScale: number): { x: Tensor } & ScoreInfo;
}

/** Checks the shared options and applies them. The parts are used inside a tidy. */
export function langevinParts(action: string, head: ScoreModel, options: LangevinOptions): LangevinParts {
  checkScoreModel(action, head);
  const { labels, clamp, gradientClip, maxGradientNorm, diagnostics = false } = options;
  if (clamp) checkRange(action, "clamp", clamp);
  if (gradientClip !== undefined) checkPositive(action, "gradientClip", gradientClip);
  if (maxGradientNorm !== undefined) checkPositive(action, "maxGradientNorm", maxGradientNorm);

  /** The score within the bound of its norm. */
  function shrunk(score: Tensor): { gradient: Tensor } & ScoreInfo {
    if (maxGradientNorm === undefined && !diagnostics) return { gradient: score };
    const norm = sqrt(sumPerChain(square(score)));
    const info = diagnostics && { info: { gradientNorm: norm } };
    if (maxGradientNorm === undefined) return { gradient: score, ...info };
    const factor = div(maxGradientNorm, maximum(norm, maxGradientNorm));
    return { gradient: mul(score, alongChains(factor, score)), ...info };
  }

  function clipped(score: Tensor): { gradient: Tensor } & ScoreInfo {
    const { gradient, ...rest } = shrunk(score);
    if (gradientClip === undefined) return { gradient, ...rest };
    return { gradient: clipByValue(gradient, -gradientClip, gradientClip), ...rest };
  }

  function noise(key: Key, { x, step }: ChainState): Tensor {
    return options.noise ? options.noise(step) : normal(key, x.shape);
  }

  function bounded(x: Tensor): Tensor {
    return clamp ? clipByValue(x, clamp[0], clamp[1]) : x;
  }

  function moved(
    key: Key,
    state: ChainState,
    score: Tensor,
    stepSize: number,
    noiseScale: number,
  ): { x: Tensor } & ScoreInfo {
    if (getKernel(FUSED_STEP, getBackend()) != null && (noiseScale === 0 || !options.noise)) {
      const { gradient, ...rest } = shrunk(score);
      const inputs = { x: state.x, gradient };
      const attrs = { stepSize, noiseScale, key, gradientClip, clamp };
      const x = engine().runKernel(FUSED_STEP, inputs as unknown as NamedTensorMap, attrs as unknown as NamedAttrMap);
      return { x: x as Tensor, ...rest };
    }
    const { gradient, ...rest } = clipped(score);
    const drifted = add(state.x, mul(gradient, stepSize));
    return { x: bounded(noiseScale === 0 ? drifted : add(drifted, mul(noise(key, state), noiseScale))), ...rest };
  }

  return { score: (x) => head.score(x, labels), clipped, noise, bounded, moved };
}

/** The temperature of `x' = x + stepSize score(x) + noiseScale xi`. */
export function temperatureOf(stepSize: number, noiseScale: number): number {
  return noiseScale ** 2 / (2 * stepSize);
}

/** Throws unless `head` has a score. */
export function checkScoreModel(action: string, head: ScoreModel): void {
  if (typeof head?.score !== "function") {
    throw new TypeError(`Cannot ${action}: head must have a score() but found ${typeof head}`);
  }
}
