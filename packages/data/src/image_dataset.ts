import { checkInteger, checkRange } from "./_check.ts";
import { ARRAYS } from "./_values.ts";
import type { Dataset } from "./dataset.ts";
import type { IdxArray } from "./read_idx.ts";
import { scalePixels } from "./scale_pixels.ts";

/** Options of {@linkcode imageDataset}. */
export interface ImageDatasetOptions {
  /** The images, `[size, height, width]` for one channel or `[size, height, width, channels]`; borrowed. */
  readonly images: IdxArray;
  /** The class indices, integers `[size]`; borrowed. */
  readonly labels: IdxArray;
  /** How many classes there are, at least 2. */
  readonly classes: number;
  /**
   * Smallest and largest value a pixel can have. With it the images are scaled from this range to floats in `[-1, 1]`;
   * without it bytes stay bytes and floats must be in `[-1, 1]`. Required for other integers.
   * @default {[0, 255] for uint8, [-1, 1] for floats}
   */
  readonly pixelRange?: readonly [number, number];
}

/**
 * Joins images and labels to a {@linkcode Dataset} and checks every value of both, so that a wrong file is found here and
 * not as a loss that is not a number.
 *
 * @example Usage
 * ```ts
 * import { imageDataset } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const dataset = imageDataset({
 *   images: { dtype: "uint8", shape: [2, 1, 3], data: Uint8Array.of(0, 1, 2, 3, 4, 5) },
 *   labels: { dtype: "uint8", shape: [2], data: Uint8Array.of(9, 0) },
 *   classes: 10,
 * });
 * expect(dataset.shape).toEqual([1, 3, 1]);
 * expect([...dataset.labels]).toEqual([9, 0]);
 * ```
 *
 * @param options The two arrays, as `readIdx` returns them, and what their values mean.
 * @returns The dataset. Without `pixelRange`, its `images` are the `data` of uint8 or float32 images, not a copy.
 * @throws {TypeError} When a shape, an element type or a length of data is not as described, or the counts differ.
 * @throws {RangeError} When a label is outside `[0, classes)`, a pixel is not finite or outside its range, or `classes` is
 * below 2.
 */
export function imageDataset(options: ImageDatasetOptions): Dataset {
  const { images, labels, classes, pixelRange } = options;
  const action = "create image dataset";
  checkInteger(action, "classes", classes, 2);
  if (pixelRange !== undefined) checkRange(action, "pixelRange", pixelRange);
  if (images.shape.length !== 3 && images.shape.length !== 4) {
    throw new TypeError(
      `Cannot ${action}: images must be [size, height, width] or [size, height, width, channels] ` +
        `but found [${images.shape.join(", ")}]`,
    );
  }
  if (labels.shape.length !== 1) {
    throw new TypeError(`Cannot ${action}: labels must be [size] but found [${labels.shape.join(", ")}]`);
  }
  checkData(action, "images", images);
  checkData(action, "labels", labels);
  const [size, height, width, channels = 1] = images.shape as [number, number, number, number?];
  if (labels.shape[0] !== size) {
    throw new TypeError(
      `Cannot ${action}: there must be one label an image but found ${size} images and ${labels.shape[0]} labels`,
    );
  }
  if (labels.dtype === "float32" || labels.dtype === "float64") {
    throw new TypeError(`Cannot ${action}: labels must be integers but found ${labels.dtype}`);
  }
  const wrong = labels.data.findIndex((label) => label < 0 || label >= classes);
  if (wrong !== -1) {
    throw new RangeError(
      `Cannot ${action}: labels must be integers from 0 to ${classes - 1} but found ${labels.data[wrong]} at ${wrong}`,
    );
  }
  return {
    images: pixelsOf(action, images, pixelRange),
    shape: [height, width, channels],
    labels: Int32Array.from(labels.data),
    size,
  };
}

function checkData(action: string, name: string, { dtype, shape, data }: IdxArray): void {
  const type = ARRAYS[dtype];
  if (type === undefined || !(data instanceof type)) {
    const expected =
      type === undefined ? `an element type of ${Object.keys(ARRAYS).join(", ")}` : `data in ${type.name}`;
    throw new TypeError(`Cannot ${action}: ${name} must have ${expected} but found ${dtype} in ${kindOf(data)}`);
  }
  if (!shape.every((side) => Number.isInteger(side) && side > 0)) {
    throw new TypeError(
      `Cannot ${action}: ${name} must have a shape of positive integers but found [${shape.join(", ")}]`,
    );
  }
  const expected = shape.reduce((product, side) => product * side, 1);
  if (data.length !== expected) {
    throw new TypeError(
      `Cannot ${action}: ${name} of shape [${shape.join(", ")}] must have ${expected} values but found ${data.length}`,
    );
  }
}

function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** The pixels as a dataset stores them, each checked. */
function pixelsOf(
  action: string,
  { dtype, shape, data }: IdxArray,
  pixelRange: readonly [number, number] | undefined,
): Uint8Array | Float32Array {
  if (dtype === "uint8" && pixelRange === undefined) return data;
  const isFloat = dtype === "float32" || dtype === "float64";
  if (pixelRange === undefined && !isFloat) {
    throw new TypeError(`Cannot ${action}: pixelRange must be given for pixels of type ${dtype} but found undefined`);
  }
  const [minimum, maximum] = pixelRange ?? [-1, 1];
  const perImage = data.length / shape[0]!;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    // Not written with `<` and `>`: every comparison with NaN is false.
    if (!(value >= minimum && value <= maximum)) {
      const place = `${value} at element ${i % perImage} of image ${Math.floor(i / perImage)}`;
      throw new RangeError(
        Number.isFinite(value)
          ? `Cannot ${action}: pixels must be in [${minimum}, ${maximum}] (see pixelRange) but found ${place}`
          : `Cannot ${action}: pixels must be finite but found ${place}`,
      );
    }
  }
  if (pixelRange !== undefined) return scalePixels(data, { from: pixelRange });
  return dtype === "float32" ? data : Float32Array.from(data);
}
