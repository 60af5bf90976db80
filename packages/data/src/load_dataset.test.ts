import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { golden } from "@jem-js-internal/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DatasetName, datasetPresets, loadDataset } from "./node.ts";

interface Archive {
  readonly base64: string;
  readonly labels: number[];
}
const files: {
  cifar10: Archive;
  cifar100: Archive;
  svhn: Archive;
  idx: { images: string; labels_file: string; labels: number[] };
} = golden("image_files");
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** The rule by which the fixtures' images were made. */
const pixel = (i: number, row: number, column: number, channel: number): number =>
  (row * 7 + column * 3 + channel * 50 + i * 13) % 256;

/** The images `first` and on of the fixtures. */
function images(first: number, count: number, side: number, channels: number): number[] {
  const values: number[] = [];
  for (let i = first; i < first + count; i++) {
    for (let at = 0; at < side * side * channels; at++) {
      const place = Math.floor(at / channels);
      values.push(pixel(i, Math.floor(place / side), place % side, at % channels));
    }
  }
  return values;
}

describe("the readers of loadDataset()", () => {
  test.each([
    ["cifar10", "train", [files.cifar10.base64], files.cifar10.labels.slice(0, 10), [0, 10, 32, 3]],
    ["cifar10", "test", [files.cifar10.base64], files.cifar10.labels.slice(10), [10, 2, 32, 3]],
    ["cifar100", "train", [files.cifar100.base64], files.cifar100.labels, [0, 2, 32, 3]],
    ["cifar100", "test", [files.cifar100.base64], files.cifar100.labels, [2, 2, 32, 3]],
    ["svhn", "train", [files.svhn.base64], files.svhn.labels, [0, 3, 32, 3]],
    ["mnist", "test", [files.idx.images, files.idx.labels_file], files.idx.labels, [0, 3, 28, 1]],
  ] as const)(
    "read %s, %s, as other programs wrote it",
    async (name, part, contents, labels, [first, count, side, channels]) => {
      const { read } = datasetPresets[name].parts[part];
      const dataset = await read(contents.map(bytesOf));
      expect([...dataset.labels]).toEqual([...labels]);
      expect([dataset.size, dataset.shape]).toEqual([count, [side, side, channels]]);
      expect([...dataset.images]).toEqual(images(first, count, side, channels));
    },
  );

  test("say what an archive lacks", async () => {
    const { read } = datasetPresets.cifar10.parts.train;
    await expect(read([bytesOf(files.cifar100.base64)])).rejects.toThrow(
      "expected cifar-10-batches-bin/data_batch_1.bin in the archive but found cifar-100-binary/train.bin",
    );
  });
});

describe("datasetPresets", () => {
  test("name the labels of CIFAR-100 as the published data has them", () => {
    const { classNames, superclassNames } = datasetPresets.cifar100;
    expect([classNames.length, superclassNames?.length]).toEqual([100, 20]);
    // Of images of the training set: https://huggingface.co/datasets/uoft-cs/cifar100 has "8bicycle 18vehicles_1".
    const published = `0 apple 4 fruit and vegetables, 1 aquarium fish 1 fish, 8 bicycle 18 vehicles 1, 11 boy 14 people,
      17 castle 9 large man-made outdoor things, 19 cattle 11 large omnivores and herbivores, 21 chimpanzee 11 large omnivores and herbivores,
      23 cloud 10 large natural outdoor scenes, 24 cockroach 7 insects, 28 cup 3 food containers, 29 dinosaur 15 reptiles,
      39 keyboard 5 household electrical devices, 45 lobster 13 non-insect invertebrates, 59 pine tree 17 trees,
      64 possum 12 medium mammals, 74 shrew 16 small mammals, 81 streetcar 19 vehicles 2, 82 sunflower 2 flowers,
      84 table 6 household furniture, 97 wolf 8 large carnivores`;
    for (const pair of published.split(",")) {
      const [, fine, name, coarse, superclass] = pair.trim().match(/^(\d+) (\D+) (\d+) (.+)$/)!;
      expect([classNames[Number(fine)], superclassNames![Number(coarse)]]).toEqual([name, superclass]);
    }
    // The order of the labels is the alphabet's.
    expect([...classNames].sort()).toEqual(classNames);
    expect([...superclassNames!].sort()).toEqual(superclassNames);
  });

  test.each(Object.entries(datasetPresets))("%s has checksums, a licence and names of its classes", (_, preset) => {
    expect(preset.licence.length).toBeGreaterThan(2);
    expect(new Set(preset.classNames).size).toBe(preset.classNames.length);
    for (const { files } of Object.values(preset.parts)) {
      for (const { url, sha256 } of files) {
        expect(URL.canParse(url)).toBe(true);
        expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }
  });
});

describe("loadDataset()", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "datasets-"));
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    await rm(folder, { recursive: true });
  });

  test("says without a network what to put where", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
    const path = join(folder, "cifar10", "cifar-10-binary.tar.gz");
    await expect(loadDataset("cifar10", { folder })).rejects.toThrow(
      `put the file, of SHA-256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd, at ${path}`,
    );
  });

  test("refuses a file that is another", async () => {
    await mkdir(join(folder, "svhn"));
    await writeFile(join(folder, "svhn", "test_32x32.mat"), bytesOf(files.svhn.base64));
    await expect(loadDataset("svhn", { folder, part: "test" })).rejects.toThrow(
      "must have the SHA-256 cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b but found",
    );
  });

  test("refuses names that it does not know, before any work", async () => {
    await expect(loadDataset("imagenet" as DatasetName, { folder })).rejects.toThrow(
      "name must be one of mnist, fashion-mnist, cifar10, cifar100, svhn but found imagenet",
    );
    await expect(loadDataset("mnist", { folder, part: "extra" as "test" })).rejects.toThrow('part must be "train" or');
  });
});
