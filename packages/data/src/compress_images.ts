import {
  abs,
  add,
  clipByValue,
  div,
  floor,
  gather,
  matMul,
  mul,
  reshape,
  sign,
  slice,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor1d,
  tensor2d,
  tidy,
  tile,
  transpose,
} from "@tensorflow/tfjs-core";
import { checkImages, checkInteger } from "./_check.ts";

/** Options of {@linkcode compressImages}. */
export interface CompressImagesOptions {
  /** The quality of the IJG encoder, an integer from 1 (worst) to 100. */
  readonly quality: number;
}

/**
 * Compresses images as JPEG does and decompresses them: blocks, ringing and lost detail, without a file in between.
 *
 * The lossy steps of the format are done and the lossless ones, which change nothing, left out: rounding to bytes, the
 * colour transform to YCbCr, the cosine transform of blocks of 8 x 8 pixels, division by the example quantisation tables of
 * the standard scaled for `quality` (`s = 5000 / q` below 50, else `200 - 2 q`, in percent), rounding, and the way back.
 * Colour keeps its full resolution (4:4:4). Encoders differ by a grey level or two, from their integer arithmetic.
 *
 * @example Usage
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { compressImages } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const x = tf.fill([1, 8, 8, 1], 0.5) as tf.Tensor4D;
 * const compressed = compressImages(x, { quality: 10 });
 * expect(new Set(await compressed.data()).size).toBe(1);
 * tf.dispose([x, compressed]);
 * ```
 *
 * @see {@link https://www.w3.org/Graphics/JPEG/itu-t81.pdf | ITU-T Recommendation T.81}, annexes A and K
 *
 * @param x Images in `[-1, 1]`, float32 `[batch, height, width, channels]` with 1 or 3 channels, borrowed. Values outside are
 * clipped.
 * @param options The quality.
 * @returns Images of the shape of `x`, multiples of 2 / 255 in `[-1, 1]`, owned by the caller.
 * @throws {TypeError} When `x` is not a batch of images of 1 or 3 channels.
 * @throws {RangeError} When `quality` is not an integer from 1 to 100.
 */
export function compressImages(x: Tensor4D, options: CompressImagesOptions): Tensor4D {
  const action = "compress images";
  checkImages(action, x);
  checkInteger(action, "quality", options.quality, 1, 100);
  const channels = x.shape[3];
  if (channels !== 1 && channels !== 3) {
    throw new TypeError(`Cannot ${action}: x must have 1 or 3 channels but found ${channels}`);
  }
  const luminance = scaleTable(LUMINANCE, options.quality);
  const tables =
    channels === 1 ? luminance : [...luminance, ...Array(2).fill(scaleTable(CHROMINANCE, options.quality)).flat()];
  return tidy(() => {
    const bytes = toBytes<Tensor4D>(mul(add(x, 1), 127.5));
    const planes = channels === 1 ? bytes : toBytes<Tensor4D>(add(mixChannels(bytes, TO_YCC), [0, 128, 128]));
    const coded = codeBlocks(planes, tensor2d(tables, [channels, 64], "float32"));
    const decoded = channels === 1 ? coded : toBytes(mixChannels(sub(coded, [0, 128, 128]), FROM_YCC));
    return sub(div(decoded, 127.5), 1);
  });
}

/** Transforms, rounds and restores each block of planes of bytes; the last row and column are repeated to fill blocks. */
function codeBlocks(planes: Tensor4D, tables: Tensor2D): Tensor4D {
  const [batch, height, width, channels] = planes.shape;
  const down = Math.ceil(height / 8);
  const across = Math.ceil(width / 8);
  const upTo = (side: number, blocks: number) =>
    tensor1d(
      Int32Array.from({ length: 8 * blocks }, (_, i) => Math.min(i, side - 1)),
      "int32",
    );
  const whole = gather(gather(planes, upTo(height, down), 1), upTo(width, across), 2);
  const split = reshape(whole, [batch * down, 8, across, 8 * channels]);
  const blocks = reshape(transpose(split, [0, 2, 1, 3]), [batch * down * across, 64, channels]);
  const rows = reshape(transpose(blocks, [0, 2, 1]), [batch * down * across * channels, 64]);
  const basis = tensor2d(cosineBasis(), [64, 64], "float32");
  const steps = tile(tables, [batch * down * across, 1]);
  const coefficients = mul(roundAwayFromZero(div(matMul(sub(rows, 128), basis, false, true), steps)), steps);
  const restored = reshape(toBytes(add(matMul(coefficients, basis), 128)), [batch * down * across, channels, 64]);
  const joined = reshape(transpose(restored, [0, 2, 1]), [batch * down, across, 8, 8 * channels]);
  const image = reshape(transpose(joined, [0, 2, 1, 3]), [batch, 8 * down, 8 * across, channels]);
  return slice(image, [0, 0, 0, 0], [batch, height, width, channels]) as Tensor4D;
}

/** Each pixel times a matrix, `[channels, channels]`. */
function mixChannels(x: Tensor, matrix: readonly number[]): Tensor4D {
  const [batch, height, width] = x.shape as Tensor4D["shape"];
  const pixels = reshape(x, [batch * height * width, 3]);
  return reshape(matMul(pixels, tensor2d([...matrix], [3, 3], "float32"), false, true), [batch, height, width, 3]);
}

function toBytes<T extends Tensor>(x: T): T {
  return clipByValue(floor(add(x, 0.5)), 0, 255);
}

/** Halves away from zero, as in integer arithmetic; the margin takes in halves that float32 has missed. */
function roundAwayFromZero(x: Tensor): Tensor {
  return mul(sign(x), floor(add(abs(x), 0.5 + 2 ** -12)));
}

/** The orthonormal cosine transform of flat blocks: row `8 u + v` holds the weights of the 64 pixels in coefficient (u, v). */
function cosineBasis(): Float32Array {
  const wave = (u: number, i: number): number =>
    Math.sqrt(u === 0 ? 1 / 8 : 1 / 4) * Math.cos(((2 * i + 1) * u * Math.PI) / 16);
  return Float32Array.from({ length: 64 * 64 }, (_, at) => {
    const [coefficient, pixel] = [at >> 6, at & 63];
    return wave(coefficient >> 3, pixel >> 3) * wave(coefficient & 7, pixel & 7);
  });
}

function scaleTable(table: readonly number[], quality: number): number[] {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return table.map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
}

/** JFIF: ITU-R BT.601 luma and colour differences of full range. */
const TO_YCC: readonly number[] = [0.299, 0.587, 0.114, -0.168736, -0.331264, 0.5, 0.5, -0.418688, -0.081312];
const FROM_YCC: readonly number[] = [1, 0, 1.402, 1, -0.344136, -0.714136, 1, 1.772, 0];

/** Table K.1 of the standard. */
// biome-ignore format: a table of 8 x 8
const LUMINANCE: readonly number[] = [
  16, 11, 10, 16, 24, 40, 51, 61,
  12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77,
  24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

/** Table K.2 of the standard. */
// biome-ignore format: a table of 8 x 8
const CHROMINANCE: readonly number[] = [
  17, 18, 24, 47, 99, 99, 99, 99,
  18, 21, 26, 66, 99, 99, 99, 99,
  24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
];
