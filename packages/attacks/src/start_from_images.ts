import type { Tensor } from "@tensorflow/tfjs-core";
import { checkInputs } from "./_check.ts";
import { distanceOf } from "./_distance.ts";
import { clip } from "./_points.ts";
import type { StartSearch } from "./decision_example.ts";

/**
 * Looks for a start among given images, nearest in L2 first: with images of all classes, it finds the nearest one that the classifier puts in
 * another class, or in the class to reach.
 *
 * The way to start a targeted attack, and where noise is of no use. Images are brought into the bounds.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { boundary, startFromImages, targeted } from "@jem-js/attacks";
 * import { key } from "@jem-js/random";
 * import { expect } from "vitest";
 *
 * const model = (x: tf.Tensor) => tf.sub(x, tf.reverse(x, 1)) as tf.Tensor2D; // class 0 as long as x[0] >= x[1]
 * const x = tf.tensor2d([[0.9, 0.1]]);
 * const starts = await startFromImages(tf.tensor2d([[0.8, 0.2], [0.3, 0.7]]));
 * const found = await boundary(model, x, targeted([1]), { key: key(0), steps: 10, starts });
 * expect(found.status).toEqual(["success"]);
 * ```
 *
 * @param images The images, float32 `[count, ...input]`, at least one, all finite; read once, borrowed.
 * @returns The search, an entry of `starts`. It holds the images as numbers.
 * @throws {TypeError} When `images` is no such tensor.
 * @throws {RangeError} When there are none, or a value is not finite.
 */
export async function startFromImages(images: Tensor): Promise<StartSearch> {
  const action = "make a start search";
  checkInputs(action, images);
  const count = images.shape[0]!;
  if (count === 0) throw new RangeError(`Cannot ${action}: images must hold at least one image but found none`);
  const values = (await images.data()) as Float32Array;
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd !== -1) throw new RangeError(`Cannot ${action}: images must be finite but found ${values[odd]}`);
  const size = values.length / count;
  const shape = images.shape.slice(1);
  return function* (example) {
    if (shape.join() !== example.shape.join()) {
      throw new TypeError(
        `Cannot start: images must be [${["count", ...example.shape].join(", ")}] but found [${images.shape.join(", ")}]`,
      );
    }
    const [low, high] = example.bounds;
    const candidates = Array.from({ length: count }, (_, i) =>
      values.slice(i * size, (i + 1) * size).map((value) => clip(value, low, high)),
    );
    const nearestFirst = candidates
      .map((candidate) => ({ candidate, distance: distanceOf("l2", candidate, example.x) }))
      .sort((a, b) => a.distance - b.distance);
    for (const { candidate } of nearestFirst) {
      const [adversarial] = yield candidate;
      if (adversarial) return candidate;
    }
    return undefined;
  };
}
