import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { dispose } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { type BatchesOptions, batches, batchTensor, type Dataset, type PlacedBatch } from "./mod.ts";

/** Image `i` has the pixels `6 i, ..., 6 i + 5` and label `i`. */
function countingDataset(size: number): Dataset {
  return {
    images: Uint8Array.from({ length: 6 * size }, (_, i) => i),
    shape: [3, 2, 1],
    labels: Int32Array.from({ length: size }, (_, i) => i),
    size,
  };
}

/** What the batches hold, freed. */
async function read(iterator: Iterable<PlacedBatch>, limit: number = 100) {
  const seen: { epoch: number; index: number; x: number[]; labels: number[]; shape: number[] }[] = [];
  for (const { x, labels, epoch, index } of iterator) {
    seen.push({ epoch, index, x: [...(await x.data())], labels: [...(await labels.data())], shape: x.shape });
    dispose([x, labels]);
    if (seen.length === limit) break;
  }
  return seen;
}

const options: BatchesOptions = { key: key(3), batchSize: 4, epochs: 3 };

describe("batches()", () => {
  test("shows each image once an epoch, in an order of its own for each epoch", async () => {
    const seen = await read(batches(countingDataset(12), options));
    const epochs = [0, 1, 2].map((epoch) => seen.filter((batch) => batch.epoch === epoch).flatMap((b) => b.labels));
    for (const order of epochs) expect([...order].sort((a, b) => a - b)).toEqual([...countingDataset(12).labels]);
    expect(new Set(epochs.map(String)).size).toBe(3);
    expect(seen.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(seen.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
  });

  test("keeps images with their labels and scales bytes to [-1, 1]", async () => {
    for (const { x, labels, shape } of await read(batches(countingDataset(12), options))) {
      expect(shape).toEqual([4, 3, 2, 1]);
      const expected = labels.flatMap((label) =>
        [0, 1, 2, 3, 4, 5].map((i) => Math.fround(-1 + 2 * ((6 * label + i) / 255))),
      );
      expect(x).toEqual(expected);
    }
  });

  test("drops the remainder, or makes a smaller batch of it", async () => {
    const dropped = await read(batches(countingDataset(11), options));
    expect(dropped.map(({ labels }) => labels.length)).toEqual([4, 4, 4, 4, 4, 4]);
    const kept = await read(batches(countingDataset(11), { ...options, dropRemainder: false }));
    expect(kept.map(({ labels }) => labels.length)).toEqual([4, 4, 3, 4, 4, 3, 4, 4, 3]);
    expect(kept.at(-1)).toMatchObject({ epoch: 2, index: 8, shape: [3, 3, 2, 1] });
    expect(new Set(kept.slice(3, 6).flatMap(({ labels }) => labels)).size).toBe(11);
  });

  test.each([true, false])("with start goes on as if it had not stopped (dropRemainder %s)", async (dropRemainder) => {
    const all = await read(batches(countingDataset(11), { ...options, dropRemainder }));
    for (let start = 0; start <= all.length + 1; start++) {
      const rest = await read(batches(countingDataset(11), { ...options, dropRemainder, start }));
      expect(rest).toEqual(all.slice(start));
    }
  });

  test("is the same for equal keys and differs for others", async () => {
    const first = await read(batches(countingDataset(12), options));
    expect(await read(batches(countingDataset(12), options))).toEqual(first);
    expect(await read(batches(countingDataset(12), { ...options, key: key(4) }))).not.toEqual(first);
  });

  test("goes on for ever without epochs", async () => {
    const { epochs: _, ...endless } = options;
    const seen = await read(batches(countingDataset(4), endless), 50);
    expect(seen.at(-1)).toMatchObject({ epoch: 49, index: 49 });
    expect((await read(batches(countingDataset(4), { ...endless, start: 1_000_000 }), 1))[0]!.epoch).toBe(1_000_000);
  });

  test("holds no tensors of its own, also when left early", () =>
    leakFree(async () => {
      await read(batches(countingDataset(12), options));
      const iterator = batches(countingDataset(12), options);
      const { x, labels } = iterator.next().value!;
      iterator.return?.();
      dispose([x, labels]);
      expect(iterator.next().done).toBe(true);
    }));

  test.each([
    [{ batchSize: 13 }, RangeError, "batchSize must be an integer from 1 to 12 but found 13"],
    [{ batchSize: 13, dropRemainder: false }, RangeError, "batchSize must be an integer from 1 to 12 but found 13"],
    [{ batchSize: 0 }, RangeError, "batchSize must be an integer from 1 to 12 but found 0"],
    [{ batchSize: 1.5 }, RangeError, "but found 1.5"],
    [{ epochs: 0 }, RangeError, "epochs must be an integer from 1 to 9007199254740991 but found 0"],
    [{ epochs: Number.NaN }, RangeError, "but found NaN"],
    [{ start: -1 }, RangeError, "start must be an integer from 0 to 9007199254740991 but found -1"],
    [{ key: 3 }, TypeError, "key must come from key(), split() or foldIn() but found 3"],
  ])("refuses %o when called, not when iterated", (wrong, type, message) => {
    const call = (): unknown => batches(countingDataset(12), { ...options, ...wrong } as BatchesOptions);
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });

  test("refuses datasets whose parts do not belong together", () => {
    const dataset = countingDataset(12);
    const wrong: [Partial<Record<keyof Dataset, unknown>>, string][] = [
      [{ size: 0 }, "dataset.size must be an integer from 1"],
      [{ size: 11 }, "dataset.images must have 66 values for 11 images of [3, 2, 1] but found 72"],
      [{ shape: [3, 2] }, "dataset.shape must be [height, width, channels] but found [3,2]"],
      [{ shape: [3, 2, 0] }, "dataset.shape must be [height, width, channels] but found [3,2,0]"],
      [{ images: Array.from(dataset.images) }, "dataset.images must be a Uint8Array or a Float32Array"],
      [{ labels: new Int32Array(3) }, "dataset.labels must be an Int32Array of 12 labels but found 3"],
      [{ labels: [...dataset.labels] }, "dataset.labels must be an Int32Array of 12 labels"],
    ];
    for (const [part, message] of wrong) {
      expect(() => batches({ ...dataset, ...part } as Dataset, options)).toThrow(`Cannot make batches: ${message}`);
    }
  });
});

describe("batchTensor()", () => {
  test("makes tensors of the images asked for, with repetitions", async () => {
    const { x, labels } = batchTensor(countingDataset(12), Int32Array.of(5, 0, 5));
    expect(x.shape).toEqual([3, 3, 2, 1]);
    expect([x.dtype, labels.dtype]).toEqual(["float32", "int32"]);
    expect([...(await labels.data())]).toEqual([5, 0, 5]);
    expect((await x.data())[6]).toBe(-1);
    dispose([x, labels]);
  });

  test("uses floats as they are", async () => {
    const images = Float32Array.of(0.1, 0.2, 0.3, 0.4);
    const { x, labels } = batchTensor({ images, shape: [1, 2, 1], labels: Int32Array.of(0, 1), size: 2 }, [1]);
    expect(await x.data()).toEqual(Float32Array.of(0.3, 0.4));
    dispose([x, labels]);
  });

  test("leaves two tensors, and refuses indices out of range", () =>
    leakFree(() => {
      const { x, labels } = batchTensor(countingDataset(12), [0, 1]);
      dispose([x, labels]);
      const wrong = (indices: unknown) => () => batchTensor(countingDataset(12), indices as number[]);
      expect(wrong([0, 12])).toThrow("indices must be integers from 0 to 11 but found 12 at 1");
      expect(wrong([-1])).toThrow(RangeError);
      expect(wrong([0.5])).toThrow("but found 0.5 at 0");
      expect(wrong([])).toThrow("indices must have at least 1 entry but found 0");
      expect(wrong(3)).toThrow("indices must be an array but found 3");
    }));
});
