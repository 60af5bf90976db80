import { checkBytes } from "./_check.ts";
import type { Dataset } from "./dataset.ts";

/** Options of {@linkcode readCifar}. */
export interface ReadCifarOptions {
  /** Which dataset: 10 for CIFAR-10; for CIFAR-100 its 100 fine or its 20 coarse labels. */
  readonly classes: 10 | 20 | 100;
}

const SIDE = 32;
const PLANE = SIDE * SIDE;

/**
 * Reads a file of the binary version of CIFAR-10 (`data_batch_1.bin`, ..., `test_batch.bin`) or CIFAR-100 (`train.bin`,
 * `test.bin`). The files of CIFAR-10 can be read one by one or, joined end to end, at once.
 *
 * An image is a record of its label, for CIFAR-100 first the coarse and then the fine one, and of 32 x 32 red, green and blue
 * bytes, plane after plane.
 *
 * @example Usage
 * ```ts
 * import { readCifar } from "@jem-js/data";
 * import { expect } from "vitest";
 *
 * const record = new Uint8Array(1 + 3 * 1024);
 * record[0] = 7;
 * record[1 + 1024] = 255; // the green of the first pixel
 * const dataset = readCifar(record, { classes: 10 });
 * expect(dataset.shape).toEqual([32, 32, 3]);
 * expect([dataset.labels[0], ...dataset.images.slice(0, 3)]).toEqual([7, 0, 255, 0]);
 * ```
 *
 * @see {@link https://www.cs.toronto.edu/~kriz/cifar.html | Krizhevsky, The CIFAR-10 and CIFAR-100 datasets}
 *
 * @param bytes The whole file or files, decompressed; borrowed.
 * @param options Which dataset it is.
 * @returns The images, of shape `[32, 32, 3]`, and their labels, as copies.
 * @throws {TypeError} When `bytes` is not a Uint8Array.
 * @throws {RangeError} When the length is not that of whole records, a label is out of range, or `classes` is none of these.
 */
export function readCifar(bytes: Uint8Array, options: ReadCifarOptions): Dataset {
  const action = "read CIFAR";
  const { classes } = options;
  checkBytes(action, bytes);
  if (classes !== 10 && classes !== 20 && classes !== 100) {
    throw new RangeError(`Cannot ${action}: classes must be 10, 20 or 100 but found ${String(classes)}`);
  }
  const header = classes === 10 ? 1 : 2;
  const record = header + 3 * PLANE;
  const size = bytes.length / record;
  if (size === 0 || !Number.isInteger(size)) {
    throw new RangeError(`Cannot ${action}: expected records of ${record} bytes but found ${bytes.length} bytes`);
  }
  const labels = new Int32Array(size);
  const images = new Uint8Array(3 * PLANE * size);
  for (let i = 0, to = 0; i < size; i++) {
    const start = i * record;
    const label = bytes[start + (classes === 100 ? 1 : 0)]!;
    if (label >= classes) {
      throw new RangeError(
        `Cannot ${action}: labels must be from 0 to ${classes - 1} but found ${label} in record ${i}`,
      );
    }
    labels[i] = label;
    for (let pixel = start + header; pixel < start + header + PLANE; pixel++) {
      images[to++] = bytes[pixel]!;
      images[to++] = bytes[pixel + PLANE]!;
      images[to++] = bytes[pixel + 2 * PLANE]!;
    }
  }
  return { images, shape: [SIDE, SIDE, 3], labels, size };
}
