/// <reference types="node" />
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cachedFile } from "./cached_file.ts";
import { type DatasetName, datasetPresets } from "./dataset_presets.ts";
import type { NamedDataset } from "./read_images.ts";

/** Options of {@linkcode loadDataset}. */
export interface LoadDatasetOptions {
  /** The folder that keeps the files, in a folder named after the dataset; made when it is not there. */
  readonly folder: string;
  /** Which part. @default {"train"} */
  readonly part?: "train" | "test";
  /** Ends a download, which can be gone on with later. @default {never} */
  readonly signal?: AbortSignal;
}

/**
 * Loads a published dataset of the JEM paper: its files are downloaded once, checked, and used without a network from then on.
 *
 * Files that are already in `<folder>/<name>/`, wherever they came from, are used when their checksums are right. Look at
 * `datasetPresets[name].licence` for what may be done with the images.
 *
 * @example Usage
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { loadDataset } from "@jem-js/data/node";
 * import { expect } from "vitest";
 *
 * const folder = await mkdtemp(join(tmpdir(), "datasets-"));
 * // Without the signal: 50,000 images of [32, 32, 3], after the first time without a network.
 * const loading = loadDataset("cifar10", { folder, signal: AbortSignal.abort(new Error("not now")) });
 * await expect(loading).rejects.toThrow("not now");
 * ```
 *
 * @param name Which dataset.
 * @param options Where its files are kept, and which part.
 * @returns The images, of shape `[height, width, channels]`, their labels, and the names of the classes.
 * @throws {TypeError} When `name` or `part` is none of these, or a file has another form.
 * @throws {Error} When a file cannot be had (the message says what to put where), or its checksum is another.
 */
export async function loadDataset(name: DatasetName, options: LoadDatasetOptions): Promise<NamedDataset> {
  const action = "load a dataset";
  const { folder, part = "train", signal } = options;
  if (!Object.hasOwn(datasetPresets, name)) {
    const names = Object.keys(datasetPresets).join(", ");
    throw new TypeError(`Cannot ${action}: name must be one of ${names} but found ${String(name)}`);
  }
  if (part !== "train" && part !== "test") {
    throw new TypeError(`Cannot ${action}: part must be "train" or "test" but found ${String(part)}`);
  }
  const { parts, classNames } = datasetPresets[name];
  const { files, read } = parts[part];
  const contents: Uint8Array[] = [];
  for (const { url, sha256 } of files) {
    contents.push(
      await readFile(await cachedFile(url, { folder: join(folder, name), sha256, ...(signal && { signal }) })),
    );
  }
  return { ...(await read(contents)), classNames };
}
