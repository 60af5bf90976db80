import { key } from "@jem-js/random";
import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import { add, div, gather, matMul, sub, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { allOf, deepFool, type FabOptions, fab, misclassification, targeted } from "./mod.ts";

const oracle = golden("linear_oracle");
const linear = (x: Tensor): Tensor2D => add(matMul(x as Tensor2D, tensor2d(oracle.W)), oracle.b) as Tensor2D;
const inputs = (): Tensor2D => tensor2d(oracle.x);
const W: number[][] = oracle.W;
const sumOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const ways: [string, Partial<FabOptions>][] = [
  ["FAB", {}],
  ["FAB-T", { targetClasses: 3 }],
  ["FAB with restarts", { restarts: 2, key: key(3) }],
];

describe.each(["linf", "l2"] as const)("%s", (norm) => {
  test.each(ways)("%s reaches the distance of a linear classifier, and never less", async (_, options) => {
    const exact: number[] = oracle[`min_${norm}`];
    const result = await fab(linear, inputs(), oracle.labels, { norm, steps: 30, ...options });
    expect(result.status[0]).toBe("alreadyAdversarial");
    for (let i = 1; i < exact.length; i++) {
      expect(result.distances[i]! / exact[i]!).toBeGreaterThanOrEqual(1);
      expect(result.distances[i]! / exact[i]!).toBeLessThan(1.02);
    }
  });

  test("fab() is as close as deepFool() on a network, to 2 %", async () => {
    const fixture = golden("attacks");
    const network = goldenNetwork(golden("ebm_cnn").model);
    const model = (x: Tensor): Tensor2D => network.classifier(div(sub(x, 0.5), 0.5));
    const x = goldenTensor(fixture.x0);
    const [ours, theirs] = [
      await fab(model, x, fixture.labels, { norm, steps: 30 }),
      await deepFool(model, x, fixture.labels, { norm }),
    ];
    for (const i of [0, 1]) expect(ours.distances[i]).toBeLessThanOrEqual(1.02 * theirs.distances[i]!);
  });

  test("fab() follows a permutation of examples and keys", async () => {
    const keys = [1, 2, 3, 4].map(key);
    const order = [3, 0, 2, 1];
    const x = gather(inputs(), [4, 5, 6, 7]);
    const options = { norm, steps: 5, restarts: 2 } as const;
    const result = await fab(linear, x, [3, 3, 3, 3], { ...options, key: keys });
    const permuted = await fab(linear, gather(x, order), [3, 3, 3, 3], {
      ...options,
      key: order.map((i) => keys[i]!),
      batchSize: 3,
    });
    expect(permuted.distances).toBeAllclose(
      order.map((i) => result.distances[i]!),
      { rtol: 1e-4 },
    );
  });
});

test("fab() in l1 moves the element that counts most", async () => {
  const x = inputs();
  const result = await fab(linear, x, oracle.labels, { norm: "l1", steps: 30, bounds: [-9, 9] });
  const logits = (await linear(x).array()) as number[][];
  for (let i = 1; i < logits.length; i++) {
    const gaps = [0, 1, 2].map((c) => {
      const widest = Math.max(...W.map((row) => Math.abs(row[c]! - row[3]!)));
      return (logits[i]![3]! - logits[i]![c]!) / widest;
    });
    const exact = Math.min(...gaps);
    expect(result.distances[i]! / exact).toBeGreaterThanOrEqual(1);
    expect(result.distances[i]! / exact).toBeLessThan(1.02);
  }
});

test.each(["linf", "l2", "l1"] as const)(
  "fab() reaches classes in %s, never closer than the planes to cross, and as closely as deepFool()",
  async (norm) => {
    const classes: number[] = oracle.clean_pred.map((label: number) => (label + 1) % 4);
    const options = { norm, steps: 60, bounds: [-9, 9] as const };
    const result = await fab(linear, inputs(), targeted(classes), options);
    const logits = (await linear(inputs()).array()) as number[][];
    const dual = (w: readonly number[]): number =>
      norm === "linf" ? sumOf(w.map(Math.abs)) : norm === "l2" ? Math.hypot(...w) : Math.max(...w.map(Math.abs));
    const farthest = logits.map((z, i) =>
      Math.max(
        ...z.map((_, c) =>
          c === classes[i] ? 0 : (z[c]! - z[classes[i]!]!) / dual(W.map((row) => row[c]! - row[classes[i]!]!)),
        ),
      ),
    );
    expect(result.status).toEqual(classes.map(() => "success"));
    result.distances.forEach((distance, i) => {
      expect(distance / farthest[i]!).toBeGreaterThanOrEqual(1 - 1e-6);
    });
    if (norm === "l1") return;
    const theirs = await deepFool(linear, inputs(), targeted(classes), { norm, bounds: [-9, 9] });
    result.distances.forEach((distance, i) => {
      expect(distance).toBeLessThanOrEqual(1.02 * theirs.distances[i]!);
    });
  },
);

test("fab() does the same for the class to reach as for the one to leave, where there are two", async () => {
  const two = (x: Tensor): Tensor2D => linear(x).slice([0, 0], [-1, 2]);
  const labels = [...(await two(inputs()).argMax(1).data())];
  const options = { norm: "l2", steps: 30 } as const;
  const [left, reached] = [
    await fab(two, inputs(), labels, options),
    await fab(two, inputs(), targeted(labels.map((label) => 1 - label)), options),
  ];
  expect(reached.status).toEqual(left.status);
  expect(reached.distances).toEqual(left.distances);
});

test("fab() gives back the input where nothing can be reached", async () => {
  const flat = (x: Tensor): Tensor2D => x.mul(0).slice([0, 0], [-1, 4]).add([0, 0, 0, 1]) as Tensor2D;
  const result = await fab(flat, inputs(), oracle.clean_pred, { norm: "linf", steps: 2 });
  expect(new Set(result.status)).toEqual(new Set(["failed"]));
  expect(await result.raw.data()).toEqual(await inputs().data());
});

test("fab() leaves nothing, and throws on what it cannot do", async () => {
  const x = inputs();
  await leakFree(async () => {
    const options = { norm: "l2", steps: 3, restarts: 2, key: key(0) } as const;
    const { raw, clipped } = await fab(linear, x, oracle.labels, options);
    raw.dispose();
    clipped.dispose();
  });
  const cases: [Partial<FabOptions>, string][] = [
    // @ts-expect-error: no such norm
    [{ norm: "l0" }, 'norm must be "linf", "l2" or "l1" but found l0'],
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ maxBias: 2 }, "maxBias must be from 0 to 1 but found 2"],
    [{ backward: -1 }, "backward must be from 0 to 1 but found -1"],
    [{ overshoot: 0 }, "overshoot must be finite and greater than 0 but found 0"],
    [{ targetClasses: 0 }, "targetClasses must be a positive integer but found 0"],
  ];
  for (const [options, message] of cases) {
    await expect(fab(linear, x, oracle.labels, { norm: "l2", ...options })).rejects.toThrow(message);
  }
  const goalless = allOf(misclassification(oracle.labels));
  await expect(fab(linear, x, goalless, { norm: "l2" })).rejects.toThrow("found no goal");
  const classes = targeted(oracle.labels);
  await expect(fab(linear, x, classes, { norm: "l2", targetClasses: 3 })).rejects.toThrow("targetClasses");
});
