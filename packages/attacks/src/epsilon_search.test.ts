import { key } from "@jem-js/random";
import { golden, leakFree } from "@jem-js-internal/testing";
import { add, gather, matMul, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { allOf, type EpsilonSearchOptions, epsilonSearch, fgsm, misclassification, targeted } from "./mod.ts";

const oracle = golden("linear_oracle");
const linear = (x: Tensor): Tensor2D => add(matMul(x as Tensor2D, tensor2d(oracle.W)), oracle.b) as Tensor2D;
const inputs = (): Tensor2D => tensor2d(oracle.x);

describe.each([
  ["linf", undefined],
  ["l2", undefined],
  ["linf", key(4)],
  ["l2", key(4)],
] as const)("%s, key %s", (norm, random) => {
  const keyed = random && { key: random };

  test("epsilonSearch() reaches the distance of a linear classifier, and never less", async () => {
    const exact: number[] = oracle[`min_${norm}`];
    const result = await epsilonSearch(linear, inputs(), oracle.labels, { norm, ...keyed });
    expect(result.status[0]).toBe("alreadyAdversarial");
    for (let i = 1; i < exact.length; i++) {
      expect(result.distances[i]! / exact[i]!).toBeGreaterThanOrEqual(1);
      expect(result.distances[i]! / exact[i]!).toBeLessThan(1.02);
    }
  });

  test("epsilonSearch() gives an example the same whatever its batch", async () => {
    const options = { norm, tries: 5, ...keyed };
    const whole = await epsilonSearch(linear, inputs(), oracle.labels, options);
    const cut = await epsilonSearch(linear, inputs(), oracle.labels, { ...options, batchSize: 5 });
    expect(cut.distances).toBeAllclose(whole.distances, { rtol: 1e-4 });
  });
});

test("epsilonSearch() in l1 moves the element that counts most", async () => {
  // The margin of class 1 is 3 x1 - x0 - 0.3.
  const model = (x: Tensor): Tensor2D =>
    add(
      matMul(
        x as Tensor2D,
        tensor2d([
          [1, 0],
          [0, 3],
        ]),
      ),
      [0.3, 0],
    ) as Tensor2D;
  const result = await epsilonSearch(model, tensor2d([[0.6, 0.1]]), [0], { norm: "l1" });
  expect(result.distances[0]! / 0.2).toBeGreaterThanOrEqual(1 - 1e-6);
  expect(result.distances[0]! / 0.2).toBeLessThan(1.01);
});

test("epsilonSearch() follows a permutation of examples and keys", async () => {
  const keys = [1, 2, 3, 4].map(key);
  const order = [3, 0, 2, 1];
  const x = gather(inputs(), [4, 5, 6, 7]);
  const options = { norm: "l2", tries: 4 } as const;
  const result = await epsilonSearch(linear, x, [3, 3, 3, 3], { ...options, key: keys });
  const permuted = await epsilonSearch(linear, gather(x, order), [3, 3, 3, 3], {
    ...options,
    key: order.map((i) => keys[i]!),
  });
  expect(permuted.distances).toBeAllclose(
    order.map((i) => result.distances[i]!),
    { rtol: 1e-4 },
  );
});

test("epsilonSearch() takes other attacks and criteria", async () => {
  const exact: number[] = oracle.min_linf;
  const search = await epsilonSearch(linear, inputs(), oracle.labels, {
    norm: "linf",
    attack: ({ model, x, criterion }, epsilon) => fgsm(model, x, criterion, { norm: "linf", epsilon, loss: "margin" }),
  });
  for (let i = 1; i < exact.length; i++) expect(search.distances[i]! / exact[i]!).toBeLessThan(1.02);
  const labels = oracle.labels.map(() => 3);
  const neither = allOf(misclassification(labels), misclassification(labels.map(() => 2)));
  const options = { norm: "l2", tries: 12 } as const;
  const [other, near] = [
    await epsilonSearch(linear, inputs(), neither, options),
    await epsilonSearch(linear, inputs(), labels, options),
  ];
  // Class 2 is the nearest of all: to get past it takes longer.
  other.distances.forEach((distance, i) => {
    expect(distance).toBeGreaterThan(near.distances[i]!);
  });
});

test("epsilonSearch() ends where nothing can be reached", async () => {
  const flat = (x: Tensor): Tensor2D => x.mul(0).slice([0, 0], [-1, 4]).add([0, 0, 0, 1]) as Tensor2D;
  const result = await epsilonSearch(flat, inputs(), targeted(oracle.labels.map(() => 0)), { norm: "linf" });
  expect(new Set(result.status)).toEqual(new Set(["failed"]));
  // 0.3, 0.45, 0.68 and 1, each with 40 steps, the look at the end and the verdict; clean and the last verdict.
  expect(new Set(result.queries)).toEqual(new Set([4 * 42 + 2]));
});

test("epsilonSearch() leaves nothing, and throws on what it cannot do", async () => {
  const x = inputs();
  await leakFree(async () => {
    const { raw, clipped } = await epsilonSearch(linear, x, oracle.labels, { norm: "l2", tries: 3 });
    raw.dispose();
    clipped.dispose();
  });
  const cases: [Partial<EpsilonSearchOptions>, string][] = [
    // @ts-expect-error: no such norm
    [{ norm: "l0" }, 'norm must be "linf", "l2" or "l1" but found l0'],
    [{ tries: 0 }, "tries must be a positive integer but found 0"],
    [{ tolerance: 0 }, "tolerance must be finite and greater than 0 but found 0"],
    [{ initialEpsilon: 0 }, "initialEpsilon must be finite and greater than 0 but found 0"],
  ];
  for (const [options, message] of cases) {
    await expect(epsilonSearch(linear, x, oracle.labels, { norm: "l2", ...options })).rejects.toThrow(message);
  }
});
