import { key } from "@jem-js/random";
import { expect, test } from "vitest";
import { type Dataset, splitDataset, subset } from "./mod.ts";

const dataset: Dataset = {
  images: Uint8Array.from({ length: 40 }, (_, i) => i),
  shape: [1, 2, 2],
  labels: Int32Array.from({ length: 10 }, (_, i) => i),
  size: 10,
};

test("subset() takes the first images or chosen ones, with their labels", () => {
  const first = {
    images: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7),
    shape: [1, 2, 2],
    labels: Int32Array.of(0, 1),
    size: 2,
  };
  expect(subset(dataset, 2)).toEqual(first);
  expect(subset(dataset, [0, 1])).toEqual(first);
  const repeated = subset(dataset, [9, 0, 9]);
  expect([...repeated.images]).toEqual([36, 37, 38, 39, 0, 1, 2, 3, 36, 37, 38, 39]);
  expect([...repeated.labels]).toEqual([9, 0, 9]);
  const floats = subset({ ...dataset, images: Float32Array.from(dataset.images) }, [1]);
  expect(floats.images).toEqual(Float32Array.of(4, 5, 6, 7));
});

test.each([2, [0, 1]])("subset(%o) copies, also from a Buffer", (selection) => {
  const images = Buffer.from(dataset.images);
  const taken = subset({ ...dataset, images }, selection);
  images.fill(99);
  expect([...taken.images]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("subset() refuses counts and indices out of range", () => {
  expect(() => subset(dataset, 11)).toThrow("Cannot take a subset: count must be an integer from 1 to 10 but found 11");
  expect(() => subset(dataset, 0)).toThrow(RangeError);
  expect(() => subset(dataset, [10])).toThrow("indices must be integers from 0 to 9 but found 10 at 0");
  expect(() => subset(dataset, [])).toThrow("indices must have at least 1 entry but found 0");
  expect(() => subset(dataset, undefined as never)).toThrow("indices must be an array but found undefined");
});

test("splitDataset() makes disjoint, complete parts in order, equal for equal keys", () => {
  const split = splitDataset(key(0), dataset, { validation: 3 });
  expect([split.train.size, split.validation.size]).toEqual([7, 3]);
  for (const { labels, images } of [split.train, split.validation]) {
    expect([...labels]).toEqual([...labels].sort((a, b) => a - b));
    expect([...images]).toEqual([...labels].flatMap((label) => [0, 1, 2, 3].map((i) => 4 * label + i)));
  }
  expect([...split.train.labels, ...split.validation.labels].sort((a, b) => a - b)).toEqual([...dataset.labels]);
  expect(splitDataset(key(0), dataset, { validation: 3 })).toEqual(split);
});

test("splitDataset() holds out each image equally often", () => {
  const counts = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 2000; seed++) {
    for (const label of splitDataset(key(seed), dataset, { validation: 3 }).validation.labels) counts[label]! += 1;
  }
  // Binomial(2000, 0.3): four standard deviations are 82.
  for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(82);
});

test("splitDataset() refuses to leave a part empty", () => {
  for (const validation of [0, 10, 2.5]) {
    expect(() => splitDataset(key(0), dataset, { validation })).toThrow(
      `Cannot split a dataset: validation must be an integer from 1 to 9 but found ${validation}`,
    );
  }
});
