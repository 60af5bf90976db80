import { type JemOptions, jemTerms, type LabeledBatch } from "@jem-js/objectives";
import { split } from "@jem-js/random";
import { type Kernel, type ReplayBuffer, run } from "@jem-js/samplers";
import {
  abs,
  dispose,
  max,
  mean,
  type Scalar,
  sqrt,
  squaredDifference,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { type CheckableModel, checkFirstBatch } from "./_first_batch.ts";
import { checkInputNoise, withNoise } from "./_noise.ts";
import { DivergenceError } from "./divergence_error.ts";
import type { Procedure } from "./procedure.ts";

/** Options of {@linkcode jemProcedure}. */
export interface JemProcedureOptions extends JemOptions {
  /** The transition rule of the chains, such as `sgld(head, { stepSize: 1, noiseScale: 0.01 })`. */
  readonly kernel: Kernel;
  /** The persistent chains; borrowed. */
  readonly buffer: ReplayBuffer;
  /** How many steps the chains make an iteration. At least 1. @default {20} */
  readonly steps?: number;
  /** The standard deviation of the Gaussian noise added to the inputs. @default {0.03} */
  readonly inputNoise?: number;
}

/**
 * Joint training as in JEM: draw chains from the replay buffer, run them, write them back, then minimise the factored
 * loss of the data and these negatives. There are as many negatives as examples. Beside the terms of the loss it reports
 * `sampleMagnitude`, the largest `|x|` of the negatives, and `chainDistance`, the root mean square of what an element of a
 * chain moved.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { energyHead } from "@jem-js/energy";
 * import { key } from "@jem-js/random";
 * import { replayBuffer, sgld } from "@jem-js/samplers";
 * import { jemProcedure } from "@jem-js/trainer";
 * import { expect } from "vitest";
 *
 * const head = energyHead((x) => x as tf.Tensor2D);
 * const kernel = sgld(head, { stepSize: 1, noiseScale: 0.01 });
 * const buffer = replayBuffer({ key: key(0), size: 100, shape: [3] });
 * const procedure = jemProcedure(head, { kernel, buffer, steps: 2, energyL2: 0.1 });
 * const step = await procedure({ x: tf.zeros([2, 3]), labels: [0, 1] }, { key: key(1), iteration: 0 });
 * expect(Object.keys(step.loss())).toContain("energyGap");
 * step.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1912.03263 | Grathwohl et al., JEM, algorithm 1}
 *
 * @param head The classifier that is trained; the kernel samples from the same. If it is an energy head, it is validated on
 * the first batch.
 * @param options The chains, the input noise and the weights of the loss.
 * @returns The procedure for batches `{ x: [batch, ...input], labels: [batch] }`.
 * @throws {RangeError} When `steps` is not a positive integer or `inputNoise` is negative; from the procedure, when the
 * classifier or the labels of the first batch are not fit for use.
 * @throws {DivergenceError} From the procedure, when a chain is no longer finite.
 */
export function jemProcedure(head: CheckableModel, options: JemProcedureOptions): Procedure<LabeledBatch> {
  const { kernel, buffer, steps = 20, inputNoise = 0.03, ...weights } = options;
  const action = "create JEM procedure";
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`Cannot ${action}: steps must be a positive integer but found ${steps}`);
  }
  checkInputNoise(action, inputNoise);
  let checked = false;
  return async ({ x, labels }, { key, iteration, adjustments }) => {
    if (!checked) await checkFirstBatch(head, { x, labels });
    checked = true;
    const [drawKey, chainKey, noiseKey] = split(key, 3);
    const draw = buffer.draw(drawKey!, x.shape[0]!);
    const stepsNow = Math.max(1, Math.round(steps * (adjustments?.steps ?? 1)));
    const { x: negatives } = run(kernel, draw.x, { key: chainKey!, steps: stepsNow });
    const moved = chainTerms(draw.x, negatives);
    draw.x.dispose();
    try {
      await buffer.write(draw, negatives, { steps: stepsNow });
    } catch (error) {
      dispose([negatives, ...Object.values(moved)]);
      if (!(error instanceof RangeError)) throw error;
      const reason = "a chain of the sampler is not finite";
      throw new DivergenceError({ iteration, reason, terms: {}, slots: [...draw.drawn] }, { cause: error });
    }
    const noisy = withNoise(x, noiseKey!, inputNoise);
    const energyL2 = Math.max(weights.energyL2 ?? 0, adjustments?.energyL2 ?? 0);
    return {
      slots: draw.drawn,
      loss: () => ({ ...jemTerms(head, { x: noisy, labels, negatives }, { ...weights, energyL2 }), ...moved }),
      dispose: () => dispose([noisy, negatives, ...Object.values(moved)]),
    };
  };
}

/** How far the chains went: the largest magnitude, and the root mean square of what an element moved. */
function chainTerms(start: Tensor, end: Tensor): { sampleMagnitude: Scalar; chainDistance: Scalar } {
  return tidy(() => ({
    sampleMagnitude: max(abs(end)) as Scalar,
    chainDistance: sqrt(mean(squaredDifference(start, end))) as Scalar,
  }));
}
