import type { Tensor4D } from "@tensorflow/tfjs-core";
import { checkImages } from "./_check.ts";
import { interpolatePixels } from "./_pixels.ts";

/** Options of {@linkcode rotateImages}. */
export interface RotateImagesOptions {
  /** The angle of all images, or of each of them, in degrees, counter-clockwise. */
  readonly degrees: number | ArrayLike<number>;
  /** The value of what comes into view from outside the image. @default {-1} */
  readonly fill?: number;
}

/**
 * Rotates images about their middle, with bilinear interpolation; the size stays and corners are cut off.
 *
 * A shift whose size is known: rotated digits show whether a classifier's confidence falls as its accuracy does. For random
 * angles give `uniformValues(key, batch, { min, max })` of `@jem-js/random` as `degrees`.
 *
 * The value at offset `(r, c)` from the middle is that of the input at `(r cos a + c sin a, c cos a - r sin a)`, with the
 * rows downwards.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { rotateImages } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
 * const turned = rotateImages(x, { degrees: 90 });
 * expect([...(await turned.data())]).toEqual([2, 4, 1, 3]);
 * tf.dispose([x, turned]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1906.02530 | Ovadia et al., Can you trust your model's uncertainty?}, section 4.1
 *
 * @param x Images, float32 `[batch, height, width, channels]`, borrowed.
 * @param options The angles.
 * @returns Images of the shape of `x`, owned by the caller.
 * @throws {TypeError} When `x` is not a batch of images, or there is not one angle or one an image.
 * @throws {RangeError} When an angle or `fill` is not finite.
 */
export function rotateImages(x: Tensor4D, options: RotateImagesOptions): Tensor4D {
  const action = "rotate images";
  const { degrees, fill = -1 } = options;
  checkImages(action, x);
  const [batch, height, width] = x.shape;
  const angles = typeof degrees === "number" ? new Float64Array(batch).fill(degrees) : Float64Array.from(degrees ?? []);
  if (angles.length !== batch) {
    throw new TypeError(`Cannot ${action}: degrees must be a number or ${batch} numbers but found ${angles.length}`);
  }
  const wrong = [fill, ...angles].find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    throw new RangeError(`Cannot ${action}: degrees and fill must be finite but found ${String(wrong)}`);
  }
  const rows = new Float64Array(batch * height * width);
  const columns = new Float64Array(rows.length);
  for (let image = 0, i = 0; image < batch; image++) {
    const radians = (angles[image]! * Math.PI) / 180;
    const cos = Math.cos(radians);
    const sin = Math.sin(radians);
    for (let row = 0; row < height; row++) {
      const r = row - (height - 1) / 2;
      for (let column = 0; column < width; column++, i++) {
        const c = column - (width - 1) / 2;
        rows[i] = r * cos + c * sin + (height - 1) / 2;
        columns[i] = c * cos - r * sin + (width - 1) / 2;
      }
    }
  }
  return interpolatePixels(x, rows, columns, fill);
}
