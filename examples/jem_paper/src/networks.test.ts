import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { startBackend } from "./backend.ts";
import { readData, readParts } from "./data.ts";
import { shared } from "./models.ts";
import { networkOf } from "./networks.ts";
import { kernelOf } from "./objectives.ts";
import { presets } from "./presets.ts";
import type { Settings } from "./settings.ts";

const settings: Settings = {
  ...presets.smoke.settings,
  dataset: "synthetic",
  labelsPerClass: 3,
  iterations: 2,
  batchSize: 4,
  bufferSize: 20,
  augment: true,
};

test("readData() holds out the same images for all seeds and draws the labels that are known", async () => {
  const [a, b] = [await readData(settings, 0, "data"), await readData(settings, 1, "data")];
  const { train } = await readParts("synthetic", "data");
  expect(a.train.size + a.validation.size).toBe(train.size);
  expect(a.validation).toEqual(b.validation);
  expect(a.labeled.labels).toHaveLength(30);
  expect(a.labeled.images).not.toEqual(b.labeled.images);
});

test("networkOf() trains a network and reads it the next time", async () => {
  await startBackend();
  const folder = mkdtempSync(join(tmpdir(), "networks-"));
  const data = await readData(settings, 0, "data");
  const options = { folder, seed: 0, data, settings, signal: new AbortController().signal };
  const log: number[] = [];
  for (const objective of ["jem", "joint", "classifier"] as const) {
    const spec = { name: objective, objective, settings: { pxyWeight: objective === "jem" ? 1 : 0 } };
    const [first, second] = [await networkOf(spec, options), await networkOf(spec, options)];
    const [w, v] = [first, second].map(({ model }) => model.getWeights()[0]!.dataSync());
    expect(v).toEqual(w);
    expect(second.buffer?.values).toEqual(first.buffer?.values);
    log.push(w![0]!);
  }
  expect(new Set(log).size).toBe(3);
  const other = { ...options, settings: { ...settings, learningRate: 1 } };
  await expect(networkOf({ name: "jem", objective: "jem", settings: { pxyWeight: 1 } }, other)).rejects.toThrow(
    "settings.learningRate 0.002, now 1",
  );
  const none = { pxWeight: 0, pyxWeight: 0 };
  await expect(networkOf({ name: "none", objective: "jem", settings: none }, options)).rejects.toThrow("--p_x_weight");
});

test("networkOf() ends an interrupted training with what is there", async () => {
  await startBackend();
  const folder = mkdtempSync(join(tmpdir(), "networks-"));
  const data = await readData(settings, 0, "data");
  const training = networkOf(shared.JEM, { folder, seed: 0, data, settings, signal: AbortSignal.abort() });
  await expect(training).rejects.toThrow("The training of jem was interrupted after");
});

test("kernelOf() samples at the temperature of the paper", () => {
  const { temperature } = kernelOf({ score: (x: tf.Tensor) => x } as never, presets.paper.settings);
  expect(temperature).toBeCloseTo(5e-5, 12);
});
