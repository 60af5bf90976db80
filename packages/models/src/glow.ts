import { foldIn, type Key, split } from "@jem-js/random";
import { add, concat, reshape, slice, type Tensor, type Tensor1D, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { checkInteger, checkIntegers } from "./_check.ts";
import { chainOf, type FlowStep, flowOf } from "./_flow.ts";
import { actNormalization, channelMixing, imageCoupling, squeezing } from "./_glow_steps.ts";
import type { Flow } from "./flow.ts";

/** Options of {@linkcode glow}. */
export interface GlowOptions {
  /** `[height, width, channels]`; height and width must be divisible by 2 as often as there are levels. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** How many scales there are; after each but the last, half of the channels go to the code. @default {2} */
  readonly levels?: number;
  /** How many steps a level has. @default {4} */
  readonly steps?: number;
  /** How many filters the two hidden convolutions of a coupling have. @default {32} */
  readonly filters?: number;
  /** How many classes the density is conditional on. @default {1} */
  readonly classes?: number;
}

/** A flow whose normalisations can be set by data. */
export interface Glow extends Flow {
  /** Sets the activations after each normalisation to mean 0 and variance 1 for `x`, as before training; borrowed. */
  initialize(x: Tensor, labels?: Tensor | ArrayLike<number>): void;
}

/**
 * Builds a Glow: a flow of images at several scales, whose density is exact. It is what joint models are compared with on images,
 * also for what it gets wrong: its `log p(x)` is often higher for other data than for its own.
 *
 * A step normalises channels by an affine map, mixes them by an invertible matrix, `P L U`, and changes half of them by an affine
 * coupling, `b' = (b + t(a)) sigmoid(s(a) + 2)`. Where half of the channels leave for the code, they are made standard normal by
 * what is left. The matrices start as permutations; the paper's start as rotations.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { bitsPerDimension, glow } from "@jem-js/models";
 * import { key, uniform } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const flow = glow(key(0), { inputShape: [8, 8, 1], steps: 2, filters: 8 });
 * const x = uniform(key(1), [16, 8, 8, 1], { min: -1 });
 * flow.initialize(x);
 * const bits = bitsPerDimension(await flow.logDensity(x).data(), { dimensions: 64 });
 * expect(bits).toBeLessThan(10);
 * expect(flow.sample(key(2), 4).shape).toEqual([4, 8, 8, 1]);
 * flow.dispose();
 * ```
 *
 * @see {@link https://arxiv.org/abs/1807.03039 | Kingma and Dhariwal, Glow: generative flow with invertible 1x1 convolutions}
 *
 * @param key The key of the weights.
 * @param options The sizes.
 * @returns The flow from `[batch, height, width, channels]` to codes of the same shape; `dispose()` frees it.
 * @throws {RangeError} When a size is not a positive integer, or height or width cannot be halved at each level.
 */
export function glow(key: Key, options: GlowOptions): Glow {
  const action = "create Glow";
  const { inputShape, levels = 2, steps = 4, filters = 32, classes = 1 } = options;
  checkIntegers(action, "inputShape", inputShape, 3);
  checkInteger(action, "levels", levels, 1);
  checkInteger(action, "steps", steps, 1);
  checkInteger(action, "filters", filters, 1);
  checkInteger(action, "classes", classes, 1);
  const [height, width, channels] = inputShape;
  for (const side of [height, width]) {
    if (side % 2 ** levels !== 0) {
      throw new RangeError(`Cannot ${action}: height and width must be divisible by ${2 ** levels} but found ${side}`);
    }
  }
  let isInitializing = false;
  const normalization = (count: number): FlowStep => {
    const step = actNormalization(count);
    return {
      ...step,
      forward: (x, condition) => {
        if (isInitializing) step.initialize(x);
        return step.forward(x, condition);
      },
    };
  };
  const parts = Array.from({ length: levels }, (_, level) => {
    const count = channels * 4 * 2 ** level;
    const levelKey = foldIn(key, level);
    const chain = chainOf([
      squeezing,
      ...Array.from({ length: steps }, (_, i) => {
        const [mixingKey, couplingKey] = split(foldIn(levelKey, i + 1)) as [Key, Key];
        return chainOf([
          normalization(count),
          channelMixing(mixingKey, count),
          imageCoupling(couplingKey, { channels: count, filters, classes }),
        ]);
      }),
    ]);
    if (level === levels - 1) return chain;
    return chainOf([chain, imageCoupling(foldIn(levelKey, 0), { channels: count, filters: 0, classes })]);
  });
  const flow = flowOf("use Glow", multiScale(parts, inputShape), inputShape, classes);
  return {
    ...flow,
    initialize: (x, labels) =>
      tidy(() => {
        isInitializing = true;
        try {
          flow.forward(x, labels);
        } finally {
          isInitializing = false;
        }
      }),
  };
}

/** One level after the other, each on the first half of the channels of the one before; codes are laid end to end. */
function multiScale(
  levels: readonly FlowStep[],
  [height, width, channels]: readonly [number, number, number],
): FlowStep {
  const shapes = levels.map((_, i) => [height / 2 ** (i + 1), width / 2 ** (i + 1), channels * 4 * 2 ** i]);
  const half = (i: number): number => shapes[i]![2]! / 2;
  return {
    variables: levels.flatMap(({ variables }) => variables),
    forward: (x, condition) => {
      const codes: Tensor[] = [];
      let [rest, total]: [Tensor, Tensor | undefined] = [x, undefined];
      for (const [i, level] of levels.entries()) {
        const { z, logDeterminant } = level.forward(rest, condition);
        total = total ? add(total, logDeterminant) : logDeterminant;
        const isLast = i === levels.length - 1;
        rest = isLast ? z : slice(z, [0, 0, 0, 0], [-1, -1, -1, half(i)]);
        const code = isLast ? z : slice(z, [0, 0, 0, half(i)], [-1, -1, -1, -1]);
        codes.push(reshape(code, [x.shape[0]!, -1]));
      }
      return { z: reshape(concat(codes as Tensor2D[], 1), x.shape), logDeterminant: total as Tensor1D };
    },
    inverse: (z, condition) => {
      const flat = reshape(z, [z.shape[0]!, -1]);
      let [end, rest]: [number, Tensor | undefined] = [flat.shape[1]!, undefined];
      for (let i = levels.length - 1; i >= 0; i--) {
        const [h, w, c] = shapes[i] as [number, number, number];
        const count = rest ? (h * w * c) / 2 : h * w * c;
        end -= count;
        const code = reshape(slice(flat, [0, end], [-1, count]), [z.shape[0]!, h, w, rest ? c / 2 : c]);
        rest = levels[i]!.inverse(rest ? concat([rest, code], 3) : code, condition);
      }
      return rest!;
    },
  };
}
