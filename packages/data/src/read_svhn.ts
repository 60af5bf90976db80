import { checkInteger } from "./_check.ts";
import { readVariables } from "./_mat.ts";
import type { Dataset } from "./dataset.ts";
import type { DecompressOptions } from "./gunzip.ts";

/**
 * Reads a file of the cropped digits of SVHN (`train_32x32.mat`, `test_32x32.mat`, `extra_32x32.mat`, MATLAB 5): the variable
 * `X` of bytes `[32, 32, 3, size]` and the labels `y`, in which 10 stands for the digit 0.
 *
 * @example Usage
 * ```ts
 * import { readSvhn } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * await expect(readSvhn(new Uint8Array(128))).rejects.toThrow("expected a little-endian MATLAB 5 file");
 * ```
 *
 * @see {@link http://ufldl.stanford.edu/housenumbers/ | Netzer et al., The Street View House Numbers dataset}
 *
 * @param bytes The whole file; borrowed.
 * @param options How large the decompressed variables and the arrays made of them may be together; the extra set needs 4 GiB.
 * @returns The images, of shape `[height, width, channels]`, and labels from 0 to 9; owned by the caller.
 * @throws {TypeError} When `bytes` is not a Uint8Array, not such a file, or lacks `X` or `y`.
 * @throws {RangeError} When the file is damaged or too large, or a label is not an integer from 1 to 10.
 */
export async function readSvhn(bytes: Uint8Array, options: DecompressOptions = {}): Promise<Dataset> {
  const action = "read SVHN";
  const variables = await readVariables(action, bytes, options.maxBytes ?? 2 ** 31);
  const x = variables.find(({ name }) => name === "X");
  const y = variables.find(({ name }) => name === "y");
  const found = variables.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ") || "no variable";
  if (!x || !y || x.shape.length !== 4 || !(x.data instanceof Uint8Array) || y.data.length !== x.shape[3]) {
    throw new TypeError(
      `Cannot ${action}: expected bytes X [height, width, channels, size] and y [size, 1] but found ${found}`,
    );
  }
  const [height, width, channels, size] = x.shape as [number, number, number, number];
  if (x.data.length === 0) throw new RangeError(`Cannot ${action}: expected at least 1 image but found ${found}`);
  const labels = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    checkInteger(action, "labels", y.data[i]!, 1, 10);
    labels[i] = y.data[i]! % 10;
  }
  const images = new Uint8Array(x.data.length);
  const perImage = height * width * channels;
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let channel = 0; channel < channels; channel++, to++) {
        const from = row + height * (column + width * channel);
        for (let i = 0; i < size; i++) images[i * perImage + to] = x.data[i * perImage + from]!;
      }
    }
  }
  return { images, shape: [height, width, channels], labels, size };
}
