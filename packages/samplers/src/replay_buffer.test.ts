import { foldIn, type Key, key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { add, fill, mul, ones, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type BufferSnapshot, type ReplayBuffer, type ReplayBufferOptions, replayBuffer } from "./mod.ts";

test("replayBuffer() starts uniform on [-1, 1)", () => {
  const { values } = replayBuffer({ key: key(0), size: 1000, shape: [10] });
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.024); // four standard errors
  expect(Math.abs(variance - 1 / 3)).toBeLessThan(0.012);
});

test("draw() visits all slots equally often and starts anew at the given rate", () => {
  const size = 50;
  const buffer = replayBuffer({
    key: key(0),
    size,
    shape: [1],
    reinitProbability: 0.05,
    initializer: (_, count) => new Float32Array(count).fill(7),
  });
  buffer.values.fill(0);
  const counts = new Array<number>(size).fill(0);
  let fresh = 0;
  const n = 20_000;
  for (let i = 0; i < n / 100; i++) {
    const { x, slots } = buffer.draw(foldIn(key(1), i), 100);
    for (const slot of slots) counts[slot]! += 1;
    fresh += x.dataSync().filter((value) => value === 7).length;
    x.dispose();
  }
  const chiSquared = counts.reduce((sum, count) => sum + (count - n / size) ** 2 / (n / size), 0);
  expect(chiSquared).toBeLessThan(85.4); // 0.1 % point at 49 degrees of freedom
  expect(Math.abs(fresh / n - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / n));
});

test("write() goes back to the drawn slots, the last of equal slots wins", async () => {
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [2], reinitProbability: 0 });
  const before = Float32Array.from(buffer.values);
  await buffer.write(
    Int32Array.of(2, 0, 2),
    tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  );
  expect([...buffer.values]).toEqual([3, 4, before[2], before[3], 5, 6, before[6], before[7]]);
});

test("what was written is what is drawn", async () => {
  const buffer = replayBuffer({ key: key(0), size: 1, shape: [3], reinitProbability: 0 });
  await buffer.write(Int32Array.of(0), mul(ones([1, 3]), 5));
  expect([...buffer.draw(key(1), 2).x.dataSync()]).toEqual([5, 5, 5, 5, 5, 5]);
});

test("draw() gives equal chains for equal keys", () => {
  const buffer = replayBuffer({ key: key(0), size: 100, shape: [2], reinitProbability: 0.5 });
  const a = buffer.draw(key(2), 10);
  const b = buffer.draw(key(2), 10);
  expect(a.slots).toEqual(b.slots);
  expect(a.x.dataSync()).toEqual(b.x.dataSync());
});

test("a chain of the slot policy lives for 20 draws on average", async () => {
  const size = 1000;
  const buffer = replayBuffer({ key: key(0), size, shape: [1] });
  for (let i = 0; i < 1600; i++) {
    const drawn = buffer.draw(foldIn(key(1), i), 100);
    await buffer.write(drawn, drawn.x, { steps: 20 });
    drawn.x.dispose();
  }
  const chains = Array.from({ length: size }, (_, slot) => buffer.provenance(slot));
  const mean = chains.reduce((sum, { draws }) => sum + draws, 0) / size;
  // Geometric with p = 0.05: mean 20, standard deviation sqrt(0.95) / 0.05 = 19.5.
  expect(Math.abs(mean - 20)).toBeLessThan((4 * 19.5) / Math.sqrt(size));
  expect(chains.every(({ draws, steps }) => steps === 20 * draws)).toBe(true);
  expect(chains.filter(({ origin }) => origin === "initial").length).toBeLessThan(5);
});

test("draw() and write() with labels stay in the block of the class", async () => {
  const [size, classes] = [60, 3];
  const initializer = (_: Key, __: number, labels?: Int32Array): Float32Array => Float32Array.from(labels!);
  const buffer = replayBuffer({ key: key(0), size, shape: [1], classes, initializer, reinitProbability: 0.5 });
  const counts = new Array<number>(size).fill(0);
  const n = 6000;
  for (let i = 0; i < n / 100; i++) {
    const labels = Array.from({ length: 100 }, (_, j) => (i + j) % classes);
    const drawn = buffer.draw(foldIn(key(1), i), 100, { labels });
    expect([...drawn.labels]).toEqual(labels);
    expect([...drawn.x.dataSync()]).toEqual(labels);
    await buffer.write(drawn, drawn.x);
    drawn.x.dispose();
    for (const slot of drawn.drawn) counts[slot]! += 1;
  }
  expect([...buffer.values]).toEqual(Array.from({ length: size }, (_, slot) => Math.floor(slot / 20)));
  expect(buffer.provenance(45).label).toBe(2);
  const chiSquared = counts.reduce((sum, count) => sum + (count - n / size) ** 2 / (n / size), 0);
  expect(chiSquared).toBeLessThan(98.3); // 0.1 % point at 57 degrees of freedom: the counts of each class are given
});

test("draw() without labels from class blocks takes all slots and tells the classes", () => {
  const buffer = replayBuffer({ key: key(0), size: 100, shape: [1], classes: 10 });
  const { drawn, labels } = buffer.draw(key(1), 2000);
  expect(labels).toEqual(drawn.map((slot) => Math.floor(slot / 10)));
  expect(new Set(drawn).size).toBe(100);
});

test("the fifo policy replaces the oldest results", async () => {
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [1], policy: "fifo" });
  for (const results of [
    [1, 2, 3],
    [4, 5, 6],
  ]) {
    const drawn = buffer.draw(key(1), 3);
    await buffer.write(drawn, tensor2d(results, [3, 1]));
  }
  expect([...buffer.values]).toEqual([5, 6, 3, 4]);
});

test("the reservoir policy keeps a uniform sample of all results", async () => {
  const [size, results, repeats] = [10, 50, 400];
  const kept = new Array<number>(results).fill(0);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const buffer = replayBuffer({ key: key(0), size, shape: [1], policy: "reservoir" });
    for (let i = 0; i < results; i += 5) {
      const drawn = buffer.draw(foldIn(key(repeat), i), 5);
      await buffer.write(drawn, tensor2d([i, i + 1, i + 2, i + 3, i + 4], [5, 1]));
      drawn.x.dispose();
    }
    for (const result of buffer.values) kept[result]! += 1;
  }
  const expected = (repeats * size) / results;
  // Each count is binomial: the statistic is divided by 1 - size / results to have 49 degrees of freedom.
  const chiSquared = kept.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0) / (1 - size / results);
  expect(chiSquared).toBeLessThan(85.4);
});

test("fifo and reservoir results stay in their class block", async () => {
  for (const policy of ["fifo", "reservoir"] as const) {
    const buffer = replayBuffer({ key: key(0), size: 6, shape: [1], classes: 2, policy });
    for (let i = 0; i < 20; i++) {
      const drawn = buffer.draw(key(i), 4, { labels: [0, 1, 1, 0] });
      await buffer.write(drawn, tensor2d([10, 11, 11, 10], [4, 1]));
    }
    expect([...buffer.values]).toEqual([10, 10, 10, 11, 11, 11]);
  }
});

test("write() keeps the provenance of the chains, also of a slot drawn twice", async () => {
  const buffer = replayBuffer({ key: key(0), size: 3, shape: [1], reinitProbability: 0 });
  const x = tensor2d([1, 2], [2, 1]);
  await buffer.write(Int32Array.of(1, 1), x, { steps: 5, energies: [0.5, 0.25] });
  expect(buffer.provenance(1)).toEqual({ draws: 1, steps: 5, origin: "initial", label: 0, energy: 0.25 });
  await buffer.write(Int32Array.of(1, 0), x, { steps: 7, energies: tensor1d([3, 4]) });
  expect(buffer.provenance(1)).toEqual({ draws: 2, steps: 12, origin: "initial", label: 0, energy: 3 });
  await buffer.write(Int32Array.of(1), tensor2d([[1]]));
  expect(buffer.provenance(1)).toMatchObject({ draws: 3, energy: Number.NaN });
  expect(buffer.provenance(2)).toEqual({ draws: 0, steps: 0, origin: "initial", label: 0, energy: Number.NaN });
});

test("reinitialize() starts the given slots anew and leaves the others", async () => {
  const initializer = (_: Key, count: number): Float32Array => new Float32Array(2 * count).fill(9);
  const buffer = replayBuffer({ key: key(0), size: 3, shape: [2], initializer });
  await buffer.write(Int32Array.of(0, 1, 2), ones([3, 2]), { steps: 4 });
  buffer.reinitialize(key(1), [2, 0]);
  expect([...buffer.values]).toEqual([9, 9, 1, 1, 9, 9]);
  expect(buffer.provenance(2)).toMatchObject({ draws: 0, steps: 0, origin: "reinitialize" });
  expect(buffer.provenance(1)).toMatchObject({ draws: 1, steps: 4, origin: "initial" });
  expect(() => buffer.reinitialize(key(1), [1, 3])).toThrow("slots must be from 0 to 2 but found 3");
  expect([...buffer.values]).toEqual([9, 9, 1, 1, 9, 9]);
});

test("uint8 storage keeps values to half a bin and is drawn uniformly from the bin", async () => {
  const buffer = replayBuffer({ key: key(0), size: 1, shape: [4], reinitProbability: 0, storage: "uint8" });
  await buffer.write(Int32Array.of(0), tensor2d([[-5, 0.3, 0.999, 7]]));
  const width = 2 / 256;
  expect(buffer.values).toBeAllclose([-1 + width / 2, 0.3, 0.999, 1 - width / 2], { rtol: 0, atol: width / 2 });
  expect(buffer.snapshot().arrays.chains).toEqual(Uint8Array.of(0, 166, 255, 255));
  const drawn = Array.from(await buffer.draw(key(1), 5000).x.data());
  const second = drawn.filter((_, i) => i % 4 === 1).map((value) => (value + 1) / width - 166);
  const mean = second.reduce((a, b) => a + b, 0) / second.length;
  const variance = second.reduce((a, b) => a + (b - 0.5) ** 2, 0) / second.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 5000));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / 5000));
});

test.each(["slot", "fifo", "reservoir"] as const)(
  "restore() goes on bit by bit where snapshot() was (%s)",
  async (policy) => {
    const options = { size: 12, shape: [3], classes: 3, policy, storage: "uint8", reinitProbability: 0.3 } as const;
    const go = async (buffer: ReplayBuffer, from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        const drawn = buffer.draw(key(i), 5);
        await buffer.write(drawn, add(drawn.x, 0.1), { steps: 2, energies: [1, 2, 3, 4, 5] });
      }
    };
    const one = replayBuffer({ key: key(0), ...options });
    await go(one, 0, 8);
    const saved = one.snapshot();
    const stored = { values: JSON.parse(JSON.stringify(saved.values)), arrays: saved.arrays };
    await go(one, 8, 16);
    expect(stored).toEqual(saved); // copies
    const two = replayBuffer({ key: key(99), ...options });
    two.restore(stored);
    await go(two, 8, 16);
    expect(two.snapshot()).toEqual(one.snapshot());
  },
);

test("restore() names what differs and changes nothing", () => {
  const options = { key: key(0), size: 4, shape: [2] };
  const buffer = replayBuffer(options);
  const before = buffer.snapshot();
  const good = replayBuffer({ ...options, key: key(1) }).snapshot();
  const of = (other: Partial<ReplayBufferOptions>): BufferSnapshot => replayBuffer({ ...options, ...other }).snapshot();
  const bad: [BufferSnapshot, string][] = [
    [of({ size: 5 }), "Cannot restore the replay buffer: size must be 4 but found 5"],
    [of({ shape: [1, 2] }), "shape must be [2] but found [1,2]"],
    [of({ storage: "uint8" }), 'storage must be "float32" but found "uint8"'],
    [of({ policy: "fifo" }), 'policy must be "slot" but found "fifo"'],
    [of({ classes: 2 }), "classes must be 1 but found 2"],
    [{ ...good, values: { ...good.values, written: [-1] } }, "written must be 1 counts but found [-1]"],
    [
      { ...good, arrays: { ...good.arrays, draws: new Int32Array(3) } },
      "draws must be Int32Array of 4 but found Int32Array of 3",
    ],
    [{ ...good, arrays: { chains: good.arrays.chains! } }, "draws must be Int32Array of 4 but found nothing"],
    [
      { ...good, arrays: { ...good.arrays, chains: new Float32Array(8).fill(Number.NaN) } },
      "chains must be finite but found NaN",
    ],
    [{} as BufferSnapshot, "snapshot must be { values, arrays }"],
  ];
  for (const [snapshot, message] of bad) {
    expect(() => buffer.restore(snapshot)).toThrow(message);
    expect(buffer.snapshot()).toEqual(before);
  }
  buffer.restore(good);
  expect(buffer.snapshot()).toEqual(good);
});

test("a buffer holds no tensors; draw() makes one", () =>
  leakFree(async () => {
    const buffer = replayBuffer({ key: key(0), size: 10, shape: [2] });
    const { x, slots } = buffer.draw(key(1), 3);
    await buffer.write(slots, x);
    x.dispose();
    buffer.dispose();
  }));

test("replayBuffer() refuses bad options, values and slots, and keeps what it had", async () => {
  const options = { key: key(0), shape: [2] };
  expect(() => replayBuffer({ ...options, size: 0 })).toThrow("size must be an integer of at least 1 but found 0");
  expect(() => replayBuffer({ ...options, shape: [2, 0] })).toThrow("each side of shape");
  expect(() => replayBuffer({ ...options, reinitProbability: 1.5 })).toThrow("from 0 to 1 but found 1.5");
  expect(() => replayBuffer({ ...options, size: 2, initializer: () => new Float32Array(3) })).toThrow(
    "initializer must make 4 values but made 3",
  );
  const buffer = replayBuffer({ ...options, size: 3 });
  const before = Float32Array.from(buffer.values);
  expect(() => buffer.draw(key(0), 0)).toThrow("batch must be an integer of at least 1 but found 0");
  await expect(buffer.write(Int32Array.of(0), ones([1, 3]))).rejects.toThrow("x must be [1, 2] but found [1, 3]");
  await expect(buffer.write(Int32Array.of(3), ones([1, 2]))).rejects.toThrow("slots must be from 0 to 2 but found 3");
  await expect(buffer.write(Int32Array.of(0), fill([1, 2], Number.NaN))).rejects.toThrow("found NaN in chain 0");
  expect(buffer.values).toEqual(before);
  const one = Int32Array.of(0);
  await expect(buffer.write(one, ones([1, 2]), { energies: [1, 2] })).rejects.toThrow(
    "energies must be [1] but found [2]",
  );
  await expect(buffer.write(one, ones([1, 2]), { energies: [Number.NaN] })).rejects.toThrow("energies must be finite");
  await expect(buffer.write(one, ones([1, 2]), { steps: -1 })).rejects.toThrow(
    "steps must be an integer of at least 0",
  );
  expect(() => replayBuffer({ ...options, size: 3, classes: 2 })).toThrow("a multiple of the 2 classes but found 3");
  expect(() => replayBuffer({ ...options, range: [1, 1] })).toThrow("min < max but found [1, 1]");
  expect(() => replayBuffer({ ...options, policy: "lifo" as "fifo" })).toThrow(
    "one of slot, fifo, reservoir but found lifo",
  );
  expect(() => buffer.draw(key(0), 1, { labels: [0] })).toThrow("labels need a buffer with classes");
  const blocks = replayBuffer({ ...options, size: 4, classes: 2 });
  expect(() => blocks.draw(key(0), 1, { labels: [2] })).toThrow("labels must be from 0 to 1 but found 2");
  expect(() => blocks.draw(key(0), 2, { labels: [1] })).toThrow("labels must be [2] but found [1]");
  expect(() => buffer.provenance(3)).toThrow("slot must be from 0 to 2 but found 3");
  buffer.dispose();
  expect(() => buffer.draw(key(0), 1)).toThrow("it was disposed");
  expect(() => buffer.values).toThrow("it was disposed");
});
