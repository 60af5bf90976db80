/// <reference types="node" />
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "./dataset.ts";
import { readPng } from "./read_png.ts";

/** Options of {@linkcode readImageFolder}. */
export interface ReadImageFolderOptions {
  /** The largest number of bytes that all images together may have, at least 1. @default {2 ** 31} */
  readonly maxBytes?: number;
}

/** A dataset and the names of its classes. */
export interface NamedDataset extends Dataset {
  /** The name of each class, that is of its folder. */
  readonly classNames: readonly string[];
}

/**
 * Reads a folder of images: each folder in it is a class, in the order of their names, and each `.png` file in that an image of
 * it. Other files, links, and names that begin with a dot are passed over. All images must have one shape.
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
 * @param options How much to read at most.
 * @returns The images, of the shape of the first, their labels and the names of the classes.
 * @throws {TypeError} When an image is no PNG file that `readPng` reads, or has another shape than the first.
 * @throws {RangeError} When there is no class, a class has no image, a file is damaged, or there are more than `maxBytes` bytes.
 * @throws {Error} When the folder cannot be read.
 */
export async function readImageFolder(folder: string, options: ReadImageFolderOptions = {}): Promise<NamedDataset> {
  const action = "read a folder of images";
  const { maxBytes = 2 ** 31 } = options;
  const visible = async (path: string, isWanted: "isDirectory" | "isFile", end: string): Promise<string[]> =>
    (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry[isWanted]() && !entry.name.startsWith(".") && entry.name.toLowerCase().endsWith(end))
      .map(({ name }) => name)
      .sort();
  const classNames = await visible(folder, "isDirectory", "");
  if (classNames.length === 0)
    throw new RangeError(`Cannot ${action}: ${folder} must have a folder for each class but found none`);
  const pictures: Uint8Array[] = [];
  const labels: number[] = [];
  let shape: Dataset["shape"] | undefined;
  let left = maxBytes;
  for (const [label, className] of classNames.entries()) {
    const names = await visible(join(folder, className), "isFile", ".png");
    if (names.length === 0)
      throw new RangeError(`Cannot ${action}: ${join(folder, className)} must have .png files but found none`);
    for (const name of names) {
      const path = join(folder, className, name);
      const picture = await readPng(await readFile(path), { maxBytes: Math.max(1, left) }).catch((error: Error) => {
        const Kind = error instanceof RangeError ? RangeError : TypeError;
        throw new Kind(`Cannot ${action}: ${path}: ${error.message}`, { cause: error });
      });
      shape ??= picture.shape;
      if (picture.shape.join() !== shape.join()) {
        throw new TypeError(
          `Cannot ${action}: ${path} must be [${shape.join(", ")}] but found [${picture.shape.join(", ")}]`,
        );
      }
      left -= picture.data.length;
      pictures.push(picture.data);
      labels.push(label);
    }
  }
  const images = new Uint8Array(pictures.length * pictures[0]!.length);
  for (const [i, picture] of pictures.entries()) images.set(picture, i * picture.length);
  return { images, shape: shape!, labels: Int32Array.from(labels), size: labels.length, classNames };
}
