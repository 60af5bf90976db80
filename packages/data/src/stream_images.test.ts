import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { key } from "@jem-js/random";
import { golden } from "@jem-js-internal/testing";
import { dispose, memory } from "@tensorflow/tfjs-core";
import { build } from "tsup";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { batches } from "./mod.ts";
import { type ImageFiles, listImageFolder, readImages, type StreamImagesOptions } from "./node.ts";

const files: { jpeg: { base64: string }[] } = golden("image_files");

/** The functions as they are published: a thread loads no TypeScript. */
async function buildNode(): Promise<{ folder: string; node: typeof import("./node.ts") }> {
  const parent = fileURLToPath(new URL("../.doctest/", import.meta.url));
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "stream-"));
  const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  await build({
    config: false,
    silent: true,
    entry: { node: source("node.ts"), _decode_worker: source("_decode_worker.ts") },
    outDir: folder,
    format: "esm",
    platform: "node",
    target: "node20",
    noExternal: [/^@jem-js\//],
    external: [/^@tensorflow\//, /^@jsquash\//],
    outExtension: () => ({ js: ".js" }),
    esbuildOptions: (options) => {
      options.conditions = ["@jem-js/source"];
    },
  });
  return { folder, node: await import(/* @vite-ignore */ join(folder, "node.js")) };
}

describe("streamImages()", () => {
  let folder: string;
  let list: ImageFiles;
  let built: Awaited<ReturnType<typeof buildNode>>;
  const streamImages: typeof import("./node.ts").streamImages = (paths, some) => built.node.streamImages(paths, some);
  const options = (more: Partial<StreamImagesOptions> = {}): StreamImagesOptions => ({
    key: key(3),
    batchSize: 4,
    size: 8,
    channels: 3,
    ...more,
  });
  beforeAll(async () => {
    built = await buildNode();
    folder = await mkdtemp(join(tmpdir(), "stream-"));
    for (const [label, name] of ["cat", "dog"].entries()) {
      await mkdir(join(folder, name));
      for (let i = 0; i < 5; i++) {
        const { base64 } = files.jpeg[(2 * i + label) % files.jpeg.length]!;
        await writeFile(join(folder, name, `${i}.jpg`), Buffer.from(base64, "base64"));
      }
    }
    list = await listImageFolder(folder);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await rm(built.folder, { recursive: true });
  });

  test("gives the batches that batches() gives of the images in memory, from any start", async () => {
    const dataset = await readImages(list, { size: 8, channels: 3 });
    for (const [start, workers] of [
      [0, 1],
      [3, 2],
    ] as const) {
      const place = { key: key(3), batchSize: 4, epochs: 3, dropRemainder: false, start };
      const expected = [...batches(dataset, place)];
      const before = memory().numTensors;
      let i = 0;
      for await (const { x, labels, epoch, index } of streamImages(list, options({ ...place, workers, ahead: 2 }))) {
        const wanted = expected[i++]!;
        expect([epoch, index, ...(await labels.data())]).toEqual([
          wanted.epoch,
          wanted.index,
          ...(await wanted.labels.data()),
        ]);
        expect(await x.data()).toEqual(await wanted.x.data());
        dispose([x, labels]);
      }
      expect(i).toBe(expected.length);
      expect(memory().numTensors).toBe(before);
      for (const { x, labels } of expected) dispose([x, labels]);
    }
  });

  test("ends its threads when a loop is left", async () => {
    for await (const { x, labels, index } of streamImages(list, options())) {
      dispose([x, labels]);
      if (index === 2) break;
    }
  });

  test("throws what is wrong with a file when it is its turn", async () => {
    await writeFile(join(folder, "dog", "9.jpg"), "no image");
    const broken = await listImageFolder(folder);
    await rm(join(folder, "dog", "9.jpg"));
    const iterate = async (paths: ImageFiles, more: Partial<StreamImagesOptions>): Promise<void> => {
      for await (const { x, labels } of streamImages(paths, options({ epochs: 1, batchSize: 2, ...more }))) {
        dispose([x, labels]);
      }
    };
    await expect(iterate(broken, {})).rejects.toThrow("ENOENT");
    await writeFile(join(folder, "dog", "9.jpg"), "no image");
    await expect(iterate(broken, {})).rejects.toThrow("9.jpg: Cannot read PNG: expected a PNG file");
    await rm(join(folder, "dog", "9.jpg"));
    await expect(iterate(list, { maxBytes: 100 })).rejects.toThrow(RangeError);
  });

  test("refuses options out of range when it is called", () => {
    expect(() => streamImages(list, options({ batchSize: 11 }))).toThrow("batchSize must be an integer from 1 to 10");
    expect(() => streamImages(list, options({ workers: 0 }))).toThrow("workers must be an integer from 1");
    expect(() => streamImages(list, options({ ahead: 0 }))).toThrow("ahead must be");
    expect(() => streamImages(list, options({ start: -1 }))).toThrow("start must be");
    expect(() => streamImages(list, options({ key: 1 as never }))).toThrow(TypeError);
  });
});
