import { add, dispose, mul, type Tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import type { Checkpointable } from "./checkpointable.ts";
import type { Listener } from "./events.ts";
import { weightsState } from "./weights_state.ts";

/** Options of {@linkcode averageWeights}. */
export interface AverageWeightsOptions {
  /** How much of the average an iteration keeps; from 0 to below 1. @default {0.999} */
  readonly decay?: number;
}

/** A moving average of weights. It holds tensors and belongs to whoever made it. */
export interface WeightAverage extends Checkpointable {
  /** Takes the weights of each iteration in, as a listener of `fit`. */
  readonly listener: Listener;
  /** Runs `body` with the averaged weights in place of the current ones, which come back however it ends. */
  use<T>(body: () => T | Promise<T>): Promise<T>;
  /** Frees the averages. */
  dispose(): void;
}

/**
 * The exponential moving average of weights, `average = decay average + (1 - decay) weights` after each iteration, starting at
 * the weights as they are now. Averages oscillate less than the weights of an energy-based model and sample better; evaluate
 * with them.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { averageWeights } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const weight = tf.variable(tf.scalar(0));
 * const average = averageWeights([weight], { decay: 0.9 });
 * weight.assign(tf.scalar(10));
 * await average.listener({ type: "iteration", iteration: 0, terms: {}, milliseconds: 1 });
 * const read = async () => (await weight.data())[0];
 * expect(await average.use(read)).toBeCloseTo(1, 5);
 * expect(await read()).toBe(10);
 * average.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.08689 | Du and Mordatch, Implicit generation and modeling with energy-based models}
 *
 * @param variables The weights; borrowed.
 * @param options The decay.
 * @returns The average, to be disposed by the caller. Give it to `fit` twice: as `listeners: [average.listener]` and, so that
 * checkpoints hold it, as `state: { average }`.
 * @throws {RangeError} When the decay is outside [0, 1).
 */
export function averageWeights(variables: readonly Variable[], options: AverageWeightsOptions = {}): WeightAverage {
  const { decay = 0.999 } = options;
  if (!(decay >= 0 && decay < 1)) {
    throw new RangeError(`Cannot average weights: decay must be from 0 to below 1 but found ${decay}`);
  }
  const averages: Variable[] = variables.map((variable) => tidy(() => (variable as Tensor).clone().variable(false)));

  return {
    listener(event) {
      if (event.type !== "iteration") return;
      tidy(() => {
        for (const [i, average] of averages.entries()) {
          average.assign(add(mul(average as Tensor, decay), mul(variables[i] as Tensor, 1 - decay)));
        }
      });
    },
    async use(body) {
      const current = variables.map((variable) => (variable as Tensor).clone());
      const put = (values: readonly Tensor[]): void => {
        for (const [i, variable] of variables.entries()) variable.assign(values[i]!);
      };
      put(averages);
      try {
        return await body();
      } finally {
        put(current);
        dispose(current);
      }
    },
    ...weightsState(averages),
    dispose: () => dispose(averages),
  };
}
