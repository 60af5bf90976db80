/// <reference types="node" />
import { checkInteger } from "./_check.ts";
import { type PictureOptions, readPicture } from "./_read_picture.ts";
import type { Dataset } from "./dataset.ts";
import type { ImageFiles } from "./list_image_folder.ts";

/** Options of {@linkcode readImages}. */
export interface ReadImagesOptions extends PictureOptions {
  /** The largest number of bytes that all images together may have, at least 1, and each file as it is decoded. @default {2 ** 31} */
  readonly maxBytes?: number;
  /** Ends the reading. @default {never} */
  readonly signal?: AbortSignal;
}

/** A dataset and the names of its classes. */
export interface NamedDataset extends Dataset {
  /** The name of each class. */
  readonly classNames: readonly string[];
}

/**
 * Reads listed image files into memory, all of one shape: with `size` and `channels` they become so, else they must be.
 *
 * @example Usage
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readImages } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "images-")), "1.png");
 * const base64 = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg+A8AAQIBAEK+vGgAAAAASUVORK5CYII=";
 * await writeFile(path, Buffer.from(base64, "base64"));
 * const files = { paths: [path], labels: Int32Array.of(0), classNames: ["all"] };
 * const dataset = await readImages(files, { size: [2, 2], channels: 3, fit: "stretch" });
 * expect(dataset.shape).toEqual([2, 2, 3]);
 * ```
 *
 * @param files The files, as `listImageFolder` or `listCelebA` give them.
 * @param options The shape of the images, `[height, width, channels]`, and how much to read at most.
 * @returns The images, their labels and the names of the classes.
 * @throws {TypeError} When a file is neither PNG nor JPEG, or has another shape than the first.
 * @throws {RangeError} When there is no file, a file is damaged, there are more than `maxBytes` bytes, or an option is out of range.
 * @throws {Error} When a file cannot be read, or `signal` was aborted (its reason).
 */
export async function readImages(files: ImageFiles, options: ReadImagesOptions = {}): Promise<NamedDataset> {
  const action = "read a folder of images";
  const { maxBytes = 2 ** 31, signal, ...rest } = options;
  const { paths, labels, classNames } = files;
  checkInteger(action, "maxBytes", maxBytes, 1);
  checkInteger(action, "the number of files", paths.length, 1);
  let shape: Dataset["shape"] | undefined;
  let images = new Uint8Array(0);
  for (const [i, path] of paths.entries()) {
    signal?.throwIfAborted();
    const picture = await readPicture(action, path, rest, maxBytes);
    if (shape === undefined) {
      shape = picture.shape;
      const needed = picture.data.length * paths.length;
      if (needed > maxBytes) {
        throw new RangeError(
          `Cannot ${action}: expected at most ${maxBytes} bytes but ${paths.length} images of [${shape.join(", ")}] have ${needed}`,
        );
      }
      images = new Uint8Array(needed);
    }
    if (picture.shape.join() !== shape.join()) {
      throw new TypeError(
        `Cannot ${action}: ${path} must be [${shape.join(", ")}] but found [${picture.shape.join(", ")}]; the options size and channels make all alike`,
      );
    }
    images.set(picture.data, i * picture.data.length);
  }
  return { images, shape: shape!, labels: labels.slice(), size: paths.length, classNames };
}
