import { foldIn, uniformValues } from "@jem-js/random";
import { checkPositiveInteger } from "./_check.ts";
import { blend } from "./_points.ts";
import type { StartSearch } from "./decision_example.ts";

/** Options of {@linkcode startFromNoise}. */
export interface StartFromNoiseOptions {
  /** How many images of noise are drawn, at most. @default {250} */
  readonly draws?: number;
  /** How many blends of each are tried. @default {4} */
  readonly levels?: number;
}

/**
 * Looks for a start among blends of the example with uniform noise.
 *
 * For `draws` images `u`, uniform in the bounds, asks for `(1 - t) x + t u` at `t = 1 / levels, 2 / levels, ..., 1` in one go, and takes the first
 * that is adversarial. A network that gives all noise one class has no start here for examples of that class: put another search
 * behind it, as `boundary` does by default.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { boundary, startFromNoise } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // class 0 as long as x[0] >= x[1]
 * const x = tf.tensor2d([[0.9, 0.1]]);
 * const found = await boundary(model, x, [0], { key: key(0), steps: 10, starts: startFromNoise({ draws: 20 }) });
 * expect(found.status).toEqual(["success"]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1712.04248 | Brendel et al., Decision-based adversarial attacks}
 *
 * @param options How often to try.
 * @returns The search, an entry of `starts`.
 * @throws {RangeError} When `draws` or `levels` is no positive integer.
 */
export function startFromNoise(options: StartFromNoiseOptions = {}): StartSearch {
  const { draws = 250, levels = 4 } = options;
  checkPositiveInteger("make a start search", "draws", draws);
  checkPositiveInteger("make a start search", "levels", levels);
  return function* ({ x, bounds: [min, max], key }) {
    const size = x.length;
    for (let draw = 0; draw < draws; draw++) {
      const noise = uniformValues(foldIn(key, draw), size, { min, max });
      const candidates = new Float32Array(levels * size);
      for (let level = 0; level < levels; level++) candidates.set(blend(x, noise, (level + 1) / levels), level * size);
      const first = (yield candidates).indexOf(true);
      if (first !== -1) return candidates.slice(first * size, (first + 1) * size);
    }
    return undefined;
  };
}
