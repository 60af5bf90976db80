import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAvailable } from "@jem-js/native";
import { golden } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import { afterAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const readme = readFileSync(join(ROOT, "packages/data/README.md"), "utf8");
const section = readme.slice(readme.indexOf("## Your own images"), readme.indexOf("## API"));
const [threeLines, whole] = [...section.matchAll(/```ts ignore\n([\s\S]*?)```/g)].map(([, code]) => code!) as [
  string,
  string,
];

const folder = mkdtempSync(join(tmpdir(), "photos-"));
const modules = join(ROOT, ".doctest/image_folder");
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(modules, { recursive: true, force: true });
});

/** Seventy files in three classes: PNG and JPEG of several sizes and kinds, as other programs wrote them. */
function writePhotos(): void {
  const pngs: { base64: string }[] = golden("data_files").png;
  const jpegs: { base64: string }[] = golden("image_files").jpeg;
  const files = [
    ...pngs.map(({ base64 }) => ({ base64, extension: "png" })),
    ...jpegs.map(({ base64 }) => ({ base64, extension: "jpg" })),
  ];
  for (let i = 0; i < 70; i++) {
    const { base64, extension } = files[i % files.length]!;
    const inside = join(folder, ["cat", "dog", "a bird"][i % 3]!);
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `photo ${i}.${extension}`), Buffer.from(base64, "base64"));
  }
}

test("the README's lines train on a folder of images", async () => {
  // They are what the whole program ends with, but for what is between.
  const lines = threeLines.trim().split("\n");
  for (const line of lines) expect(whole).toContain(line);
  writePhotos();
  const backend = tf.getBackend();
  await tf.setBackend(isAvailable() ? "native" : "cpu");
  mkdirSync(modules, { recursive: true });
  const path = join(modules, "whole.ts");
  const changed = whole
    .replace('"photos"', JSON.stringify(folder))
    .replace("iterations: 1000", "iterations: 2")
    .replace("steps: 10", "steps: 2");
  writeFileSync(path, `${changed}\nexport { dataset, model, optimizer };\n`);
  const { dataset, model, optimizer } = await import(/* @vite-ignore */ path);
  expect([dataset.size, dataset.shape, dataset.classNames]).toEqual([70, [32, 32, 3], ["a bird", "cat", "dog"]]);
  expect(optimizer.iterations).toBe(2);
  const trained = model.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor;
  expect(trained.shape).toEqual([1, 3]);
  for (const value of await trained.data()) expect(Number.isFinite(value)).toBe(true);
  tf.dispose([model.weights.map((weight: tf.LayerVariable) => weight.read()), trained]);
  await tf.setBackend(backend);
  expect(existsSync(path)).toBe(true);
});
