/// <reference types="node" />
import { listImageFolder } from "./list_image_folder.ts";
import { type NamedDataset, type ReadImagesOptions, readImages } from "./read_images.ts";

/**
 * Reads a folder of images: each folder in it is a class, in the order of their names, and each PNG or JPEG file in that an image of
 * it. Other files, links, and names that begin with a dot are passed over. With `size` and `channels` the images become
 * of one shape, else they must be.
 *
 * It is `readImages` of `listImageFolder`; `streamImages` reads what is too large for memory.
 *
 * @example Usage
 * ```ts
 * import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readImageFolder } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * const folder = await mkdtemp(join(tmpdir(), "images-"));
 * const base64 = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg+A8AAQIBAEK+vGgAAAAASUVORK5CYII=";
 * const png = Buffer.from(base64, "base64");
 * for (const name of ["cat", "dog"]) {
 *   await mkdir(join(folder, name));
 *   await writeFile(join(folder, name, "1.png"), png);
 * }
 * const dataset = await readImageFolder(folder);
 * expect(dataset.classNames).toEqual(["cat", "dog"]);
 * expect([dataset.shape, ...dataset.labels]).toEqual([[1, 2, 1], 0, 1]);
 * ```
 *
 * @param folder The path of the folder.
 * @param options The shape of the images and how much to read at most.
 * @returns The images, of shape `[height, width, channels]`, their labels and the names of the classes.
 * @throws {TypeError} When a file is neither PNG nor JPEG, or has another shape than the first.
 * @throws {RangeError} When there is no class, a class has no image, a file is damaged, there are more than `maxBytes` bytes, or an option is
 * out of range.
 * @throws {Error} When the folder cannot be read, or `signal` was aborted (its reason).
 */
export async function readImageFolder(folder: string, options: ReadImagesOptions = {}): Promise<NamedDataset> {
  return readImages(await listImageFolder(folder), options);
}
