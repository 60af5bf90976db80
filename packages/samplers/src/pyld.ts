import { foldIn, type Key } from "@jem-js/random";
import { grad, mul, sum, type Tensor } from "@tensorflow/tfjs-core";
import { startChains } from "./_chains.ts";
import { checkInteger } from "./_check.ts";
import { langevinParts, temperatureOf } from "./_langevin.ts";
import { readSchedule } from "./_schedule.ts";
import { tidied } from "./_tidied.ts";
import type { ChainState, ScoreModel, TemperedKernel } from "./kernel.ts";
import type { LangevinOptions } from "./langevin_options.ts";
import type { Schedule } from "./schedule.ts";

/** Options of {@linkcode pyld}. */
export interface PyldOptions extends LangevinOptions {
  /** The first layer of the network: from `x: [batch, ...input]` to the inputs of `head`; differentiable. */
  readonly stem: (x: Tensor) => Tensor;
  /** How many inner steps are made a step, `N`. @default {5} */
  readonly innerSteps?: number;
  /** The factor of the gradient. Greater than 0. @default {0.2} */
  readonly stepSize?: Schedule;
  /** The standard deviation of the noise of each inner step. At least 0. @default {0} */
  readonly noiseScale?: Schedule;
  /** Bounds each element of the gradient. @default {1} */
  readonly gradientClip?: number;
}

/**
 * Proximal YOPO-SGLD of JEM++: one pass through the whole network buys several steps of the first layer alone. With
 * `h = stem(x)` and the score `p` of `head` at `h`, held fixed, each inner step is
 * `x <- clamp(x + stepSize clip(grad_x <stem(x), p>, -gradientClip, gradientClip))`.
 *
 * One `step` is one pass and its inner steps: `run` with `steps: 10` is JEM++'s `M = 10`, `N = 5`.
 *
 * With noise of scale `sigma` in each inner step (JEM++ has none: `T = 0`), `N` inner steps of size `a` along a gradient
 * that stays are one step of `sgld` of size `N a` and noise `sqrt(N) sigma`: the temperature is `T = sigma^2 / (2a)`,
 * that of an inner step. Where the stem is linear, a Gaussian of variance `s^2` has the stationary variance
 * `T s^2 / (1 - N a / (2 s^2))`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { pyld, run } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * const double = tf.tensor2d([[2]]);
 * const head = { score: (h: tf.Tensor) => tf.neg(h) }; // log p(x) = -(2x)^2 / 2
 * const kernel = pyld(head, { stem: (x) => tf.matMul(x as tf.Tensor2D, double), stepSize: 0.01 });
 * const { x } = run(kernel, tf.tensor2d([[0.2]]), { key: key(0), steps: 1 });
 * expect((await x.data())[0]).toBeCloseTo(0.2 - 5 * 0.01 * 0.8, 5);
 * ```
 *
 * @see {@link https://arxiv.org/abs/2109.09032 | Yang and Ji, JEM++, algorithm 1}
 *
 * @param head The rest of the network: the score of the log-density as a function of the stem's outputs, such as the
 * energy head of all layers after the first.
 * @param options The stem, the inner steps and what goes with them. `noise` is asked for once an inner step, counted
 * through. `[batch, ...input]` is the shape of its results.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` has no score or `stem` is no function; from `init`, when `x` is not a non-empty float32
 * tensor.
 * @throws {RangeError} When an option is out of its range.
 */
export function pyld(head: ScoreModel, options: PyldOptions): TemperedKernel {
  const action = "create pyld kernel";
  const { stem, innerSteps = 5, gradientClip = 1 } = options;
  if (typeof stem !== "function")
    throw new TypeError(`Cannot ${action}: stem must be a function but found ${typeof stem}`);
  checkInteger(action, "innerSteps", innerSteps, 1);
  const stepSize = readSchedule(action, "stepSize", options.stepSize ?? 0.2);
  const noiseScale = readSchedule(action, "noiseScale", options.noiseScale ?? 0, "zero");

  const { score, moved } = langevinParts(action, head, { ...options, gradientClip });

  function step(key: Key, state: ChainState): ChainState {
    const [a, sigma] = [stepSize(state.step), noiseScale(state.step)];
    const last = tidied(() => {
      const slope = score(stem(state.x));
      const firstLayer = grad((x: Tensor) => sum(mul(stem(x), slope)));
      let at: Pick<ChainState, "x" | "info"> = { x: state.x };
      for (let n = 0; n < innerSteps; n++) {
        const inner = { x: at.x, step: state.step * innerSteps + n };
        at = moved(foldIn(key, n), inner, firstLayer(at.x), a, sigma);
      }
      return at;
    });
    return { ...last, step: state.step + 1 };
  }

  return {
    init: (x, from) => ({ x: startChains(x), step: from?.step ?? 0 }),
    step,
    get temperature(): number {
      return temperatureOf(stepSize(0), noiseScale(0));
    },
  };
}
