import type { Key } from "@jem-js/random";
import { run } from "@jem-js/samplers";
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
import type { ChainOptions } from "./chain_options.ts";
import { DivergenceError } from "./divergence_error.ts";
import type { StepContext } from "./procedure.ts";

/** The negatives of an iteration, owned by whoever receives them. */
export interface Negatives {
  /** `[count, ...input]`. */
  readonly x: Tensor;
  /** What is reported of them beside the loss. */
  readonly terms: Readonly<Record<string, Scalar>>;
  /** The slots of the buffer that they are in. */
  readonly slots: ArrayLike<number>;
}

/** Draws `count` chains from the buffer, runs them and writes them back. */
export function persistentChains(
  action: string,
  { kernel, buffer, steps }: Required<ChainOptions>,
): (keys: readonly [draw: Key, chain: Key], count: number, context: StepContext) => Promise<Negatives> {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`Cannot ${action}: steps must be a positive integer but found ${steps}`);
  }
  return async ([drawKey, chainKey], count, { iteration, adjustments }) => {
    const draw = buffer.draw(drawKey, count);
    const stepsNow = Math.max(1, Math.round(steps * (adjustments?.steps ?? 1)));
    const { x } = run(kernel, draw.x, { key: chainKey, steps: stepsNow });
    const terms = chainTerms(draw.x, x);
    draw.x.dispose();
    try {
      await buffer.write(draw, x, { steps: stepsNow });
    } catch (error) {
      dispose([x, ...Object.values(terms)]);
      if (!(error instanceof RangeError)) throw error;
      const reason = "a chain of the sampler is not finite";
      throw new DivergenceError({ iteration, reason, terms: {}, slots: [...draw.drawn] }, { cause: error });
    }
    return { x, terms, slots: draw.drawn };
  };
}

/** How far the chains went: the largest magnitude, and the root mean square of what an element moved. */
function chainTerms(start: Tensor, end: Tensor): { sampleMagnitude: Scalar; chainDistance: Scalar } {
  return tidy(() => ({
    sampleMagnitude: max(abs(end)) as Scalar,
    chainDistance: sqrt(mean(squaredDifference(start, end))) as Scalar,
  }));
}
