import { type Key, split, uniform } from "@jem-js/random";
import { exp, less, log, minimum, mul, stack, sub, type Tensor } from "@tensorflow/tfjs-core";
import { choose } from "./_chains.ts";
import { checkInteger, checkPositive } from "./_check.ts";
import { disposeAll, tidied } from "./_tidied.ts";
import type { ChainState, DensityModel, Labels, TemperedKernel } from "./kernel.ts";

/** Options of {@linkcode parallelTempering}. */
export interface ParallelTemperingOptions<S extends ChainState> {
  /** The temperatures of the replicas, rising; the first is that of the samples. At least two. */
  readonly temperatures: readonly number[];
  /**
   * Makes the kernel of a temperature: one that leaves `exp(f / temperature)` invariant, and says so in its `temperature`.
   */
  readonly kernel: (temperature: number) => TemperedKernel<S>;
  /** The labels that the kernels have, if they have. @default {undefined} */
  readonly labels?: Labels;
  /** Every how many steps neighbours try to swap. @default {1} */
  readonly swapEvery?: number;
}

/** The state of {@linkcode parallelTempering}; `x` is that of the first replica. */
export interface TemperedState<S extends ChainState> extends ChainState {
  /** The state of the chains at each temperature. */
  readonly replicas: readonly S[];
}

/**
 * Parallel tempering: each chain has a replica at each temperature, and replicas at neighbouring temperatures swap their
 * positions with probability `min(1, exp((1 / T_i - 1 / T_j) (f(x_j) - f(x_i))))`. Hot replicas cross between modes.
 *
 * Swaps are tried by turns between replicas 0 and 1, 2 and 3, ... and 1 and 2, 3 and 4, .... In steps with a swap `info`
 * holds `swapAcceptance`, `[pairs, batch]`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { key } from "@jem-js/random";
 * import { mala, parallelTempering, run } from "@jem-js/samplers";
 * import { expect } from "vitest";
 *
 * // Modes at -3 and 3 that a chain at temperature 1 does not leave.
 * const logDensity = (x: tf.Tensor) => tf.sum(tf.mul(tf.square(tf.sub(tf.square(x), 9)), -0.1), 1);
 * const score = (x: tf.Tensor) => tf.mul(tf.mul(x, tf.sub(tf.square(x), 9)), -0.4);
 * const kernel = parallelTempering({ logDensity, score }, {
 *   temperatures: [1, 3, 9],
 *   kernel: (temperature) => mala({ logDensity, score }, { stepSize: 0.1 * temperature ** 0.5, temperature }),
 * });
 * const { x } = run(kernel, tf.fill([100, 1], 3), { key: key(0), steps: 100 });
 * expect((await tf.min(x).data())[0]).toBeLessThan(-2);
 * ```
 *
 * @see {@link https://doi.org/10.1039/B509983H | Earl and Deem, Parallel tempering: theory, applications, and new perspectives}
 *
 * @param head What is sampled: anything with `logDensity(x, y?)` and `score(x, y?)`. Inputs are `[batch, ...input]`.
 * @param options The temperatures and their kernels.
 * @returns The kernel; `run` loops it.
 * @throws {TypeError} When `head` has no log-density or a kernel has no temperature.
 * @throws {RangeError} When there are fewer than two temperatures, they do not rise from above 0, or a kernel samples at
 * another temperature than the one it was made for: swaps would then be accepted at wrong rates.
 */
export function parallelTempering<S extends ChainState>(
  head: DensityModel,
  options: ParallelTemperingOptions<S>,
): TemperedKernel<TemperedState<S>> {
  const action = "create parallel tempering kernel";
  if (typeof head?.logDensity !== "function") {
    throw new TypeError(`Cannot ${action}: head must have a logDensity() but found ${typeof head}`);
  }
  const { temperatures, labels, swapEvery = 1 } = options;
  checkPositive(action, "the first temperature", temperatures[0]);
  if (temperatures.length < 2 || temperatures.some((one, i) => i > 0 && !(one > temperatures[i - 1]!))) {
    throw new RangeError(
      `Cannot ${action}: temperatures must rise and be at least two but found [${temperatures.join(", ")}]`,
    );
  }
  checkInteger(action, "swapEvery", swapEvery, 1);
  const kernels = temperatures.map((temperature) => checkTemperature(action, options.kernel(temperature), temperature));

  function init(x: Tensor, from?: TemperedState<S>): TemperedState<S> {
    return assemble(kernels.map((kernel, i) => kernel.init(x, from?.replicas[i])));
  }

  function step(key: Key, state: TemperedState<S>): TemperedState<S> {
    const [stepKey, swapKey] = split(key) as [Key, Key];
    const keys = split(stepKey, kernels.length);
    const moved = kernels.map((kernel, i) => kernel.step(keys[i]!, state.replicas[i]!));
    if ((state.step + 1) % swapEvery !== 0) return assemble(moved);
    const round = (state.step + 1) / swapEvery - 1;
    const first = kernels.length > 2 ? round % 2 : 0;
    const { positions, swapAcceptance } = tidied(() =>
      swap(
        swapKey,
        moved.map(({ x }) => x),
        first,
      ),
    );
    const swapped = kernels.map((kernel, i) => kernel.init(positions[i]!, moved[i]!));
    disposeAll([moved, positions]);
    return assemble(swapped, { swapAcceptance });
  }

  /** Swaps replicas `first` and `first + 1`, and so on. */
  function swap(key: Key, x: readonly Tensor[], first: number): { positions: Tensor[]; swapAcceptance: Tensor } {
    const density = x.map((one) => head.logDensity(one, labels));
    const positions = [...x];
    const acceptances: Tensor[] = [];
    for (let i = first; i + 1 < x.length; i += 2) {
      const ratio = mul(sub(density[i + 1]!, density[i]!), 1 / temperatures[i]! - 1 / temperatures[i + 1]!);
      const swaps = less(log(uniform(split(key, x.length)[i]!, ratio.shape as [number])), ratio);
      positions[i] = choose(swaps, x[i + 1]!, x[i]!);
      positions[i + 1] = choose(swaps, x[i]!, x[i + 1]!);
      acceptances.push(exp(minimum(ratio, 0)));
    }
    return { positions: positions.map((one) => one.clone()), swapAcceptance: stack(acceptances) };
  }

  return { init, step, temperature: temperatures[0]! };
}

/** Throws unless `kernel` says that it samples at `temperature`; what it computes from step sizes may be rounded. */
function checkTemperature<S extends ChainState>(
  action: string,
  kernel: TemperedKernel<S>,
  temperature: number,
): TemperedKernel<S> {
  const found: number | undefined = kernel.temperature;
  const expected = `kernel(${temperature}) must have the temperature ${temperature}`;
  if (typeof found !== "number") throw new TypeError(`Cannot ${action}: ${expected} but found ${found}`);
  if (!(Math.abs(found - temperature) <= 1e-6 * temperature)) {
    throw new RangeError(`Cannot ${action}: ${expected} but found ${found}`);
  }
  return kernel;
}

function assemble<S extends ChainState>(replicas: readonly S[], info?: ChainState["info"]): TemperedState<S> {
  const { x, step } = replicas[0]!;
  return { x: x.clone(), step, replicas, ...(info && { info }) };
}
