/**
 * The files of datasets on Node: downloaded once into a cache folder, checked, and used without a network from then on.
 *
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { gunzip, readIdx } from "@jem-js/data";
 * import { cachedFile } from "@jem-js/data/node";
 *
 * async function readRemoteIdx(url: string, sha256: string) {
 *   return readIdx(await gunzip(await readFile(await cachedFile(url, { folder: "data", sha256 }))));
 * }
 * ```
 *
 * @module
 */
export * from "./cached_file.ts";
export * from "./dataset_presets.ts";
export * from "./list_celeba.ts";
export * from "./list_image_folder.ts";
export * from "./load_dataset.ts";
export * from "./read_image_folder.ts";
export * from "./read_images.ts";
export * from "./read_jpeg.ts";
export * from "./stream_images.ts";
export * from "./uci_table.ts";
