import { matMul, reshape, type Tensor4D, tensor2d, tidy, transpose } from "@tensorflow/tfjs-core";
import { checkBetween, checkImages, checkPositive } from "./_check.ts";

/** Options of {@linkcode blurImages}. */
export interface BlurImagesOptions {
  /** The standard deviation of the kernel in pixels, greater than 0 and at most 1000. */
  readonly sigma: number;
  /** How many standard deviations from its middle the kernel ends. @default {4} */
  readonly truncate?: number;
}

/**
 * Blurs images with a Gaussian kernel; beyond its edges an image goes on as its mirror image (`d c b a | a b c d | d c b a`).
 *
 * Blur takes away the detail that a class hangs on and keeps the colours. The filter is separable,
 * `w[k] = exp(-k^2 / (2 sigma^2)) / sum`, and is done as one matrix product along the rows and one along the columns.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { blurImages } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.tensor4d([0, 0, 1, 0, 0], [1, 1, 5, 1]);
 * const blurred = blurImages(x, { sigma: 0.5 });
 * const values = [...(await blurred.data())];
 * expect(values[2]).toBeCloseTo(0.787, 3);
 * expect(values.reduce((sum, value) => sum + value)).toBeCloseTo(1, 6);
 * tf.dispose([x, blurred]);
 * ```
 *
 * @see {@link https://arxiv.org/abs/1903.12261 | Hendrycks and Dietterich, Benchmarking neural network robustness to common corruptions and perturbations}
 *
 * @param x Images, float32 `[batch, height, width, channels]`, borrowed.
 * @param options The width of the kernel.
 * @returns Images of the shape of `x`, owned by the caller.
 * @throws {TypeError} When `x` is not a batch of images.
 * @throws {RangeError} When `sigma` or `truncate` is not positive, or `sigma` above 1000.
 */
export function blurImages(x: Tensor4D, options: BlurImagesOptions): Tensor4D {
  const action = "blur images";
  const { sigma, truncate = 4 } = options;
  checkImages(action, x);
  checkPositive(action, "sigma", sigma);
  checkBetween(action, "sigma", sigma, 0, 1000);
  checkPositive(action, "truncate", truncate);
  const [batch, height, width, channels] = x.shape;
  return tidy(() => {
    const along = (side: number) => tensor2d(blurMatrix(side, sigma, truncate), [side, side], "float32");
    const columns = reshape(transpose(x, [0, 1, 3, 2]), [batch * height * channels, width]);
    const wide = reshape(matMul(columns, along(width), false, true), [batch, height, channels, width]);
    const rows = reshape(transpose(wide, [0, 3, 2, 1]), [batch * width * channels, height]);
    const both = reshape(matMul(rows, along(height), false, true), [batch, width, channels, height]);
    return transpose(both, [0, 3, 1, 2]) as Tensor4D;
  });
}

/** The matrix of the filter along a side: row `i` holds the weights of all pixels in the blurred pixel `i`. */
function blurMatrix(side: number, sigma: number, truncate: number): Float32Array {
  // Further out there is nothing that float64 could add.
  const radius = Math.floor(Math.min(truncate, 38) * sigma + 0.5);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-(((i - radius) / sigma) ** 2) / 2));
  const total = kernel.reduce((sum, weight) => sum + weight);
  const matrix = new Float64Array(side * side);
  for (let i = 0; i < side; i++) {
    for (let k = -radius; k <= radius; k++) {
      const place = (((i + k) % (2 * side)) + 2 * side) % (2 * side);
      matrix[i * side + Math.min(place, 2 * side - 1 - place)]! += kernel[k + radius]! / total;
    }
  }
  return Float32Array.from(matrix);
}
