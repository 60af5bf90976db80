import { foldIn, key, uniformValues } from "@jem-js/random";
import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import {
  add,
  concat,
  div,
  fill,
  getBackend,
  log,
  matMul,
  min,
  mul,
  ones,
  setBackend,
  sub,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { type LabelAttack, pgd, robustAccuracy, runAttack } from "./mod.ts";

const fixture = golden("attacks");
const network = goldenNetwork(golden("ebm_cnn").model);
const model = (x: Tensor): Tensor2D => network.classifier(div(sub(x, 0.5), 0.5));

describe.each(["linf", "l2", "l1"] as const)("robustAccuracy() of a linear classifier in %s", (norm) => {
  const [examples, inputs] = [60, 5];
  const w = uniformValues(key(1), inputs, { min: -1, max: 1 });
  const magnitudes = w.map(Math.abs);
  const dual = { linf: magnitudes.reduce((a, b) => a + b), l2: Math.hypot(...w), l1: Math.max(...magnitudes) }[norm];
  // The inputs keep off the bounds, so that no ball is cut.
  const x = uniformValues(key(2), examples * inputs, { min: 0.4, max: 0.6 });
  const weights = tensor2d(Array.from(w, (v) => [0, v]));
  const middle = -0.5 * w.reduce((total, v) => total + v, 0);
  const linear = (z: Tensor): Tensor2D => add(matMul(z as Tensor2D, weights), tensor1d([0, middle]));
  const scores = Array.from({ length: examples }, (_, i) =>
    w.reduce((total, v, j) => total + v * x[i * inputs + j]!, middle),
  );
  // Every seventh label is wrong.
  const labels = scores.map((score, i) => Number(score > 0) ^ Number(i % 7 === 0));
  const distances = scores.map((score, i) => (i % 7 === 0 ? 0 : Math.abs(score) / dual));
  const epsilons = [0.08, 0, 0.01, 0.02, 0.04];
  const inputTensor = () => tensor2d(x, [examples, inputs]);

  test.each([[undefined], [key(9)]])("is its closed form (key: %s)", async (randomKey) => {
    const options = { norm, epsilons, batchSize: 16, ...(randomKey && { key: randomKey }) };
    const curve = await robustAccuracy(linear, inputTensor(), labels, options);
    const robust = (epsilon: number): number => distances.filter((distance) => distance > epsilon).length / examples;
    expect(curve.accuracies).toEqual(epsilons.map(robust));
    expect(curve.cleanAccuracy).toBe(robust(0));
    const ascending = [0, ...epsilons].sort((a, b) => a - b);
    const smallest = distances.map((d) => ascending.find((epsilon) => d <= epsilon) ?? Number.POSITIVE_INFINITY);
    expect([...curve.smallestEpsilons]).toEqual(smallest);
    // The check sees something at every radius.
    expect(new Set(curve.accuracies).size).toBe(epsilons.length);
  });

  test("does not depend on the batches or on other radii, and follows int32 labels", async () => {
    const options = { norm, epsilons, steps: 2, relativeStepSize: 0.6, key: key(4) };
    const whole = await robustAccuracy(linear, inputTensor(), tensor1d(labels, "int32"), options);
    const cut = await robustAccuracy(linear, inputTensor(), labels, { ...options, batchSize: 7 });
    expect(cut).toEqual(whole);
    const one = await robustAccuracy(linear, inputTensor(), labels, { ...options, epsilons: [0.04] });
    expect([...one.smallestEpsilons].map((e) => e <= 0.04)).toEqual([...whole.smallestEpsilons].map((e) => e <= 0.04));
    // Two steps of 0.6 from a random start do not reach every edge: the attack is no better than it is.
    expect(whole.accuracies).not.toEqual(epsilons.map((e) => distances.filter((d) => d > e).length / examples));
  });
});

test.each(["cpu", "wasm"])("robustAccuracy() attacks as pgd() does and never rises, on %s", async (backend) => {
  const before = getBackend();
  await setBackend(backend);
  const x = goldenTensor(fixture.x0);
  const epsilons = [0.001, 0.002, 0.005, 0.01, 0.02];
  const options = { norm: "linf", steps: 5, key: key(2) } as const;
  const curve = await robustAccuracy(model, x, fixture.labels, { ...options, epsilons });
  const broken: boolean[][] = [];
  for (const epsilon of epsilons) {
    const keys = [0, 1].map((i) => foldIn(foldIn(options.key, i), 0)); // of the first restart
    const adversarial = pgd(model, x, fixture.labels, { ...options, key: keys, epsilon, returnBest: true });
    const predictions = await model(adversarial).argMax(1).data();
    broken.push([0, 1].map((i) => predictions[i] !== fixture.labels[i]));
  }
  const first = [0, 1].map((i) => epsilons[broken.findIndex((row) => row[i])] ?? Number.POSITIVE_INFINITY);
  expect([...curve.smallestEpsilons]).toEqual(first);
  expect(new Set(first).size).toBe(2);
  for (let k = 1; k < epsilons.length; k++) expect(curve.accuracies[k]).toBeLessThanOrEqual(curve.accuracies[k - 1]!);
  await setBackend(before);
});

test("robustAccuracy() only attacks examples that are still standing", async () => {
  const sizes: number[] = [];
  // Class 0 as long as the first element is above 0.5.
  const counting = (x: Tensor): Tensor2D => {
    sizes.push(x.shape[0]!);
    return matMul(sub(x, 0.5), tensor2d([[1, -1]])) as Tensor2D;
  };
  const x = tensor2d([[0.1], [0.55], [0.65], [0.95]]);
  const curve = await robustAccuracy(counting, x, [0, 0, 0, 0], { norm: "l2", epsilons: [0.1, 0.2], steps: 1 });
  expect([...curve.smallestEpsilons]).toEqual([0, 0.1, 0.2, Number.POSITIVE_INFINITY]);
  // Clean; then at each radius the look at the start, one step, the look at its end and the verdict.
  expect(sizes).toEqual([4, 3, 3, 3, 3, 2, 2, 2, 2]);
});

test("robustAccuracy() takes for each example the worst of several attacks and restarts", async () => {
  const options = { norm: "linf", epsilons: [0.1, 0.2], key: key(5), restarts: 12 } as const;
  // Class 0 while both elements are above 0.5.
  const corner = (x: Tensor): Tensor2D => concat([min(sub(x, 0.5), 1, true), zeros([x.shape[0]!, 1])], 1) as Tensor2D;
  const x = tensor2d([
    [0.55, 0.9],
    [0.9, 0.62],
    [0.3, 0.9],
    [0.9, 0.9],
  ]);
  /** Moves one element, by as much as the ball allows times a random share. */
  const along =
    (axis: 0 | 1): LabelAttack =>
    (model, x, labels, ball) =>
      runAttack(model, x, labels, {
        ...ball,
        attack: ({ x, keys }) =>
          sub(
            x,
            tensor2d(keys!.map((k) => [0, 1].map((i) => (i === axis ? ball.epsilon * uniformValues(k, 1)[0]! : 0)))),
          ),
      });
  const curve = await robustAccuracy(corner, x, [0, 0, 0, 0], {
    ...options,
    attacks: { left: along(0), down: along(1) },
  });
  expect(curve.brokenBy).toEqual(["left", "down", "clean", undefined]);
  expect([...curve.smallestEpsilons]).toEqual([0.1, 0.2, 0, Number.POSITIVE_INFINITY]);
  const one = await robustAccuracy(corner, x, [0, 0, 0, 0], { ...options, attacks: { left: along(0) } });
  expect(one.brokenBy).toEqual(["left", undefined, "clean", undefined]);
});

test("robustAccuracy() counts NaN logits as misclassified", async () => {
  const exploding = (x: Tensor): Tensor2D => add(x, mul(log(sub(0.8, x)), 0)) as Tensor2D;
  const x = tensor2d([
    [0.9, 0.1],
    [0.7, 0.1],
  ]);
  const curve = await robustAccuracy(exploding, x, [0, 0], { norm: "linf", epsilons: [0.01] });
  expect([...curve.smallestEpsilons]).toEqual([0, Number.POSITIVE_INFINITY]);
});

test("robustAccuracy() takes the first of equal logits", async () => {
  const constant = (x: Tensor): Tensor2D => mul(x, 0) as Tensor2D;
  const curve = await robustAccuracy(constant, ones([2, 3]), [0, 1], { norm: "linf", epsilons: [0.1] });
  expect(curve.cleanAccuracy).toBe(0.5);
});

test("robustAccuracy() leaves no tensor, not even when it throws", async () => {
  const x = goldenTensor(fixture.x0);
  const identity = tensor2d([
    [0.5, 0.25],
    [0.125, 0.75],
  ]);
  const labels = tensor1d(fixture.labels, "int32");
  await leakFree(async () => {
    await robustAccuracy(model, x, labels, { norm: "linf", epsilons: [0.005, 0.01], steps: 2, key: key(0) });
    await robustAccuracy((z) => z as Tensor2D, identity, [0, 1], { norm: "l2", epsilons: [0.1], steps: 2 });
    await expect(robustAccuracy(model, x, [0, 4], { norm: "l2", epsilons: [1] })).rejects.toThrow(RangeError);
    await expect(robustAccuracy(model, x, labels, { norm: "l2", epsilons: [1], bounds: [0.5, 1] })).rejects.toThrow(
      RangeError,
    );
  });
  expect(x.isDisposed || labels.isDisposed || identity.isDisposed).toBe(false);
});

test("robustAccuracy() rejects what it cannot measure", async () => {
  const x = fill([2, 3], 0.5);
  const head = (z: Tensor): Tensor2D => z as Tensor2D;
  type Options = Partial<Parameters<typeof robustAccuracy>[3]>;
  const cases: [Options, string][] = [
    [{ epsilons: [] }, "Cannot measure robust accuracy: epsilons must hold a radius but found none"],
    [{ epsilons: [0.1, -0.1] }, "epsilon must be finite and at least 0 but found -0.1"],
    // @ts-expect-error: no key
    [{ key: 7 }, "key must come from key(), split() or foldIn() but found 7"],
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ relativeStepSize: 0 }, "relativeStepSize must be finite and greater than 0 but found 0"],
    [{ attacks: {} }, "attacks must hold an attack but found none"],
    [{ confidence: 1 }, "confidence must be above 0 and below 1 but found 1"],
    [{ restarts: 0 }, "restarts must be a positive integer but found 0"],
    [{ restarts: 2 }, "key must be given for 2 restarts but found none"],
    [{ batchSize: 1.5 }, "batchSize must be a positive integer but found 1.5"],
    [{ bounds: [0, 0] }, "low below high, but found [0, 0]"],
    [{ bounds: [0.75, 1] }, "x must lie in the bounds [0.75, 1] but found values from 0.5 to 0.5"],
    // @ts-expect-error: no such norm
    [{ norm: "l0" }, 'norm must be "linf", "l2" or "l1" but found l0'],
    // @ts-expect-error: no such loss
    [{ loss: "hinge" }, 'loss must be "crossEntropy", "margin" or "dlr" but found hinge'],
  ];
  for (const [options, message] of cases) {
    const promise = robustAccuracy(head, x, [0, 1], { norm: "linf", epsilons: [0.1], ...options });
    await expect(promise).rejects.toThrow(message);
  }
  const options = { norm: "linf", epsilons: [0.1] } as const;
  await expect(robustAccuracy(head, x, [0], options)).rejects.toThrow("labels must be [2] but found [1]");
  await expect(robustAccuracy(head, x, tensor1d([0, 7], "int32"), options)).rejects.toThrow(
    "labels must be integers from 0 to 2 but found 7 at 1",
  );
  await expect(robustAccuracy(head, ones([0, 3]), [], options)).rejects.toThrow(
    "x must hold at least one example but found none",
  );
  await expect(robustAccuracy(head, fill([2, 3], Number.NaN), [0, 1], options)).rejects.toThrow(
    "x must lie in the bounds",
  );
});
