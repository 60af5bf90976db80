import { foldIn } from "@jem-js/random";
import { checkPositiveInteger } from "./_check.ts";
import { pepper } from "./_pepper.ts";
import type { StartSearch } from "./decision_example.ts";

/** Options of {@linkcode startFromSaltAndPepper}. */
export interface StartFromSaltAndPepperOptions {
  /** How many draws there are; the share of changed pixels grows from `1 / draws` to 1. @default {100} */
  readonly draws?: number;
  /** Whether all channels of a pixel, the last of three axes, change together. @default {true} */
  readonly acrossChannels?: boolean;
}

/**
 * Looks for a start in salt-and-pepper noise: pixels at the ends of the bounds, more and more of them.
 *
 * Draw `i` of `draws` makes each pixel the smallest or the largest value with probability `i / (2 draws)` each. The first that is adversarial is
 * taken. Few elements differ from `x`: the start for `pointwise`.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { pointwise, startFromSaltAndPepper } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // class 0 as long as x[0] >= x[1]
 * const x = tf.tensor2d([[0.9, 0.1]]);
 * const found = await pointwise(model, x, [0], { key: key(0), starts: startFromSaltAndPepper({ draws: 50 }) });
 * expect(found.status).toEqual(["success"]);
 * ```
 *
 * @param options How often to try.
 * @returns The search, an entry of `starts`.
 * @throws {RangeError} When `draws` is no positive integer.
 */
export function startFromSaltAndPepper(options: StartFromSaltAndPepperOptions = {}): StartSearch {
  const { draws = 100, acrossChannels = true } = options;
  checkPositiveInteger("make a start search", "draws", draws);
  return function* (example) {
    for (let draw = 1; draw <= draws; draw++) {
      const candidate = pepper(example, foldIn(example.key, draw), draw / draws, acrossChannels);
      const [adversarial] = yield candidate;
      if (adversarial) return candidate;
    }
    return undefined;
  };
}
