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
import type { ChainOptions, SamplerOptions } from "./chain_options.ts";
import { DivergenceError } from "./divergence_error.ts";
import type { StepContext } from "./procedure.ts";

/** The negatives of an iteration, owned by whoever receives them. */
interface Negatives {
  /** `[count, ...input]`. */
  readonly x: Tensor;
  /** What is reported of them beside the loss. */
  readonly terms: Readonly<Record<string, Scalar>>;
  /** The slots of the buffer that they are in; absent without a buffer. */
  readonly slots?: ArrayLike<number>;
}

/** Makes the negatives of an iteration, one for each example of `x`. */
type NegativeSource = (keys: readonly [draw: Key, chain: Key], x: Tensor, context: StepContext) => Promise<Negatives>;

/** The negatives of chains or of a sampler. */
export function negativesOf(action: string, options: ChainOptions | SamplerOptions): NegativeSource {
  const { sampler, kernel, buffer, steps } = options;
  if (!sampler) {
    if (kernel && buffer) return persistentChains(action, { kernel, buffer, steps: steps ?? 20 });
    throw new TypeError(
      `Cannot ${action}: kernel and buffer, or a sampler, must be given but found ${foundIn(options)}`,
    );
  }
  if (kernel ?? buffer ?? steps) {
    throw new TypeError(
      `Cannot ${action}: a sampler takes the place of kernel and buffer but found ${foundIn(options)}`,
    );
  }
  return async ([key], x) => {
    const negatives = await sampler(key, x);
    const terms = { ...sampler.terms?.(), sampleMagnitude: tidy(() => max(abs(negatives)) as Scalar) };
    return { x: negatives, terms };
  };
}

function foundIn(options: object): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.map(([name]) => name).join(", ") || "neither";
}

/** Draws chains from the buffer, runs them and writes them back. */
function persistentChains(
  action: string,
  { kernel, buffer, steps }: Required<Omit<ChainOptions, "sampler">>,
): NegativeSource {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`Cannot ${action}: steps must be a positive integer but found ${steps}`);
  }
  return async ([drawKey, chainKey], data, { iteration, adjustments }) => {
    const draw = buffer.draw(drawKey, data.shape[0]!);
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
