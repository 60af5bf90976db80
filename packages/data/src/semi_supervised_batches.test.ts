import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { dispose } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type Dataset, type SemiSupervisedBatch, semiSupervisedBatches } from "./mod.ts";

const dataset = (size: number): Dataset => ({
  images: Float32Array.from({ length: size }, (_, i) => i),
  shape: [1, 1, 1],
  labels: Int32Array.from({ length: size }, (_, i) => i % 2),
  size,
});
const options = { key: key(0), labeledBatchSize: 5, unlabeledBatchSize: 4 };

async function read(count: number, start = 0): Promise<{ x: number[]; labels: number[]; unlabeled: number[] }[]> {
  const rows = [];
  const source = semiSupervisedBatches(dataset(3), dataset(10), { ...options, start });
  for (let i = 0; i < count; i++) {
    const { x, labels, unlabeled, index } = source.next().value as SemiSupervisedBatch;
    expect(index).toBe(start + i);
    rows.push({
      x: [...(await x.data())],
      labels: [...(await labels.data())],
      unlabeled: [...(await unlabeled.data())],
    });
    dispose([x, labels, unlabeled]);
  }
  return rows;
}

test("semiSupervisedBatches() repeats few labels equally often, with their images, and goes through all images", async () => {
  const rows = await read(6);
  const images = rows.flatMap(({ x }) => x);
  expect(images).toHaveLength(30);
  expect([0, 1, 2].map((image) => images.filter((one) => one === image).length)).toEqual([10, 10, 10]);
  for (const { x, labels } of rows) expect(labels).toEqual(x.map((image) => image % 2));
  const epoch = rows.slice(0, 2).flatMap(({ unlabeled }) => unlabeled);
  expect(new Set(epoch).size).toBe(8);
});

test("semiSupervisedBatches() goes on from any batch as if it had not stopped, and owns no tensor", async () => {
  expect(await read(3, 4)).toEqual((await read(7)).slice(4));
  await leakFree(() => read(3));
});

test("semiSupervisedBatches() refuses bad options by value, before the first batch", () => {
  const attempt = (change: object) => () => semiSupervisedBatches(dataset(3), dataset(10), { ...options, ...change });
  expect(attempt({ labeledBatchSize: 0 })).toThrow("labeledBatchSize must be an integer from 1");
  expect(attempt({ unlabeledBatchSize: 11 })).toThrow("batchSize must be an integer from 1 to 10 but found 11");
  expect(attempt({ start: -1 })).toThrow("but found -1");
});
