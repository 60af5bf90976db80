import { foldIn, key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { dispose, linspace, type Tensor, type Tensor4D, tensor4d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { balancedSubset, type Dataset, dequantize, randomCrop, randomFlip } from "./mod.ts";

async function read(x: Tensor): Promise<number[]> {
  const data = [...(await x.data())];
  x.dispose();
  return data;
}

describe("randomCrop()", () => {
  test("shows each image moved, with its reflection beyond the edge, every move equally often", async () => {
    const count = 4000;
    const x = tensor4d(
      Float32Array.from({ length: 20 * count }, (_, i) => i % 20),
      [count, 4, 5, 1],
    );
    const cropped = await read(randomCrop(key(0), x, { padding: 2 }));
    x.dispose();
    const expected = new Map<string, number>();
    // np.pad(mode="reflect") of rows 0 1 2 3 is 2 1 0 1 2 3 2 1, of columns 0 1 2 3 4 it is 2 1 0 1 2 3 4 3 2.
    const [rows, columns] = [
      [2, 1, 0, 1, 2, 3, 2, 1],
      [2, 1, 0, 1, 2, 3, 4, 3, 2],
    ];
    for (let down = 0; down < 5; down++) {
      for (let right = 0; right < 5; right++) {
        const image = rows.slice(down, down + 4).flatMap((r) => columns.slice(right, right + 5).map((c) => 5 * r + c));
        expected.set(image.join(), 0);
      }
    }
    // Moves that show the same image would be counted together.
    expect(expected.size).toBe(25);
    for (let i = 0; i < count; i++) {
      const image = cropped.slice(20 * i, 20 * i + 20).join();
      expect(expected.has(image)).toBe(true);
      expected.set(image, expected.get(image)! + 1);
    }
    const standardError = Math.sqrt(count * 0.04 * 0.96);
    for (const times of expected.values()) expect(Math.abs(times - count / 25)).toBeLessThan(5 * standardError);
  });

  test("keeps channels together", async () => {
    const x = tensor4d(
      Float32Array.from({ length: 32 }, (_, i) => i),
      [1, 4, 4, 2],
    );
    const cropped = await read(randomCrop(key(5), x, { padding: 3 }));
    x.dispose();
    for (let i = 0; i < 32; i += 2) expect(cropped[i + 1]! - cropped[i]!).toBe(1);
  });
});

test("randomFlip() flips the share of images asked for, whole", async () => {
  const count = 4000;
  const x = tensor4d(
    Float32Array.from({ length: 6 * count }, (_, i) => i % 6),
    [count, 1, 3, 2],
  );
  const flipped = await read(randomFlip(key(0), x, { probability: 0.25 }));
  expect(await read(randomFlip(key(0), x, { probability: 0 }))).toEqual([...(await x.data())]);
  x.dispose();
  let times = 0;
  for (let i = 0; i < count; i++) {
    const image = flipped.slice(6 * i, 6 * i + 6).join();
    expect(["0,1,2,3,4,5", "4,5,2,3,0,1"]).toContain(image);
    if (image[0] === "4") times++;
  }
  expect(Math.abs(times - count / 4)).toBeLessThan(5 * Math.sqrt((count * 3) / 16));
});

test("dequantize() keeps the level of each value and is uniform within it", async () => {
  const bytes = linspace(-1, 1, 256);
  const spread = await read(dequantize(key(0), bytes));
  expect(spread.map((v) => Math.floor((v + 1) * 128))).toEqual(Array.from({ length: 256 }, (_, i) => i));
  bytes.dispose();
  const x = zeros([10_000]);
  const [low, high] = [0, 4];
  const share = (await read(dequantize(key(1), x, { levels: 2, range: [low, high] }))).map((v) => v / 2);
  x.dispose();
  const mean = share.reduce((sum, v) => sum + v) / share.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / share.length));
  expect(Math.max(...share)).toBeLessThan(1);
  expect(Math.min(...share)).toBeGreaterThanOrEqual(0);
});

describe("balancedSubset()", () => {
  const labels = Int32Array.from({ length: 60 }, (_, i) => (i % 6 === 5 ? 2 : i % 2));
  const dataset: Dataset = {
    images: Uint8Array.from({ length: 60 }, (_, i) => i),
    shape: [1, 1, 1],
    labels,
    size: 60,
  };

  test("takes as many of each class, in their order, all equally likely", () => {
    const times = new Int32Array(60);
    const draws = 2000;
    for (let draw = 0; draw < draws; draw++) {
      const chosen = balancedSubset(foldIn(key(0), draw), dataset, { perClass: 5 });
      expect([...chosen.images]).toEqual([...chosen.images].sort((a, b) => a - b));
      const counts = [0, 0, 0];
      chosen.labels.forEach((label, i) => {
        expect(label).toBe(labels[chosen.images[i]!]);
        counts[label]! += 1;
        times[chosen.images[i]!]! += 1;
      });
      expect(counts).toEqual([5, 5, 5]);
    }
    const members = [0, 1, 2].map((label) => labels.filter((other) => other === label).length);
    times.forEach((count, i) => {
      const p = 5 / members[labels[i]!]!;
      expect(Math.abs(count - draws * p)).toBeLessThan(5 * Math.sqrt(draws * p * (1 - p)));
    });
  });

  test("refuses what a class cannot give", () => {
    const wrong: [object, string][] = [
      [{ perClass: 11 }, "class 2 must have at least 11 images but found 10"],
      [{ perClass: 1, classes: 4 }, "class 3 must have at least 1 images but found 0"],
      [{ perClass: 1, classes: 2 }, "labels must be an integer from 0 to 1 but found 2"],
      [{ perClass: 0 }, "perClass must be an integer from 1 to 60 but found 0"],
    ];
    for (const [options, message] of wrong) {
      expect(() => balancedSubset(key(0), dataset, options as { perClass: number })).toThrow(RangeError);
      expect(() => balancedSubset(key(0), dataset, options as { perClass: number })).toThrow(message);
    }
  });
});

test("augmentation is reproducible, depends on the key and leaves one tensor", () =>
  leakFree(async () => {
    const x = tensor4d(
      Float32Array.from({ length: 8 * 36 }, (_, i) => i / 300),
      [8, 6, 6, 1],
    );
    for (const augment of [randomCrop, randomFlip, dequantize<Tensor4D>]) {
      const first = await read(augment(key(0), x));
      expect(await read(augment(key(0), x))).toEqual(first);
      expect(await read(augment(key(1), x))).not.toEqual(first);
    }
    x.dispose();
  }));

test("augmentation refuses what it cannot do", () => {
  const x = zeros([2, 4, 6, 1]) as Tensor4D;
  const integers = zeros([2, 4, 6, 1], "int32") as Tensor4D;
  const wrong: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => randomCrop(key(0), x), RangeError, "padding must be an integer from 0 to 3 but found 4"],
    [() => randomCrop(key(0), x, { padding: 0.5 }), RangeError, "but found 0.5"],
    [() => randomCrop(key(0), integers), TypeError, "Cannot crop images: x must be float32"],
    [() => randomFlip(key(0), integers), TypeError, "Cannot flip images: x must be float32"],
    [() => randomFlip(key(0), x, { probability: 2 }), RangeError, "probability must be from 0 to 1 but found 2"],
    [() => randomFlip(3 as never, x), TypeError, "key must come from"],
    [() => dequantize(key(0), integers), TypeError, "x must be float32 but found int32"],
    [() => dequantize(key(0), x, { levels: 1 }), RangeError, "levels must be an integer from 2"],
    [() => dequantize(key(0), x, { range: [1, 0] }), RangeError, "range must be two finite numbers"],
  ];
  for (const [call, type, message] of wrong) {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  }
  dispose([x, integers]);
});
