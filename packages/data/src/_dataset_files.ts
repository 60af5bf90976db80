import { joinBytes } from "./_inflate.ts";
import type { Dataset } from "./dataset.ts";
import { gunzip } from "./gunzip.ts";
import { imageDataset } from "./image_dataset.ts";
import { readCifar } from "./read_cifar.ts";
import { readIdx } from "./read_idx.ts";
import { readSvhn } from "./read_svhn.ts";
import { readTar } from "./read_tar.ts";

/** A file of a dataset. */
export interface DatasetFile {
  /** Where it is published, or a copy of it by others. */
  readonly url: string;
  /** Its SHA-256. */
  readonly sha256: string;
}

/** How the contents of the files of a part become a dataset. */
export type ReadFiles = (files: readonly Uint8Array[]) => Promise<Dataset>;

/** Compressed images and labels in IDX files. */
export const readIdxPair: ReadFiles = async (files) => {
  const [images, labels] = await Promise.all(files.map(async (bytes) => readIdx(await gunzip(bytes))));
  return imageDataset({ images: images!, labels: labels!, classes: 10 });
};

/** The archive of CIFAR, of which the members with these names are joined. */
export function readCifarArchive(classes: 10 | 100, members: readonly string[]): ReadFiles {
  return async ([archive]) => {
    const found = readTar(await gunzip(archive!, { maxBytes: 2 ** 30 }));
    const parts = members.map((member) => {
      const bytes = found.get(member);
      if (bytes === undefined) {
        const names = [...found.keys()].join(", ").slice(0, 500);
        throw new TypeError(`Cannot read CIFAR: expected ${member} in the archive but found ${names}`);
      }
      return bytes;
    });
    return readCifar(joinBytes(parts), { classes });
  };
}

/** A file of SVHN. */
export const readSvhnFile: ReadFiles = ([bytes]) => readSvhn(bytes!, { maxBytes: 2 ** 33 });
