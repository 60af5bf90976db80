/// <reference types="node" />
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Image files and their classes, not yet read. */
export interface ImageFiles {
  /** The path of each file. */
  readonly paths: readonly string[];
  /** The class of each file. */
  readonly labels: Int32Array;
  /** The name of each class. */
  readonly classNames: readonly string[];
}

/**
 * Lists a folder of images: each folder in it is a class, in the order of their names, and each `.png`, `.jpg` or `.jpeg` file in that an
 * image of it. Other files, links, and names that begin with a dot are passed over.
 *
 * @example Usage
 * ```ts
 * import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { listImageFolder } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * const folder = await mkdtemp(join(tmpdir(), "images-"));
 * await mkdir(join(folder, "cat"));
 * await writeFile(join(folder, "cat", "1.jpg"), "");
 * const files = await listImageFolder(folder);
 * expect([files.classNames, ...files.labels, ...files.paths]).toEqual([["cat"], 0, join(folder, "cat", "1.jpg")]);
 * ```
 *
 * @param folder The path of the folder.
 * @returns The files, of which there is at least one for each class.
 * @throws {RangeError} When there is no class or a class has no image.
 * @throws {Error} When the folder cannot be read.
 */
export async function listImageFolder(folder: string): Promise<ImageFiles> {
  const action = "read a folder of images";
  const classNames = await visible(folder, (entry) => entry.isDirectory());
  if (classNames.length === 0)
    throw new RangeError(`Cannot ${action}: ${folder} must have a folder for each class but found none`);
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, className] of classNames.entries()) {
    const inside = join(folder, className);
    const names = await visible(inside, (entry) => entry.isFile() && /\.(png|jpe?g)$/i.test(entry.name));
    if (names.length === 0)
      throw new RangeError(`Cannot ${action}: ${inside} must have .png or .jpg files but found none`);
    for (const name of names) {
      paths.push(join(inside, name));
      labels.push(label);
    }
  }
  return { paths, labels: Int32Array.from(labels), classNames };
}

async function visible(folder: string, isWanted: (entry: Dirent) => boolean): Promise<string[]> {
  return (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => isWanted(entry) && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}
