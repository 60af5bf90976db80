import { foldIn, key, uniformValues } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { concat, mul, neg, type Tensor, type Tensor2D, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type DistalAdversarialsOptions, distalAdversarials } from "./mod.ts";

/** Logits 5x and -5x of one input: the probability of class 0 is sigmoid(10 x). */
const model = (x: Tensor): Tensor2D => mul(concat([x, neg(x)], 1), 5) as Tensor2D;
const options = { key: key(2), shape: [1], bounds: [-1, 1] } as const;
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

test("distalAdversarials() descends the cross-entropy with momentum from noise", async () => {
  const settings = { ...options, stepSize: 0.002, momentum: 0.9, confidence: 0.95 };
  const classes = [0, 1, 0, 1];
  const result = await distalAdversarials(model, classes, settings);
  const start = await result.start.data();
  const end = await result.clipped.data();
  classes.forEach((target, i) => {
    expect(start[i]).toBe(uniformValues(foldIn(key(2), i), 1, { min: -1, max: 1 })[0]);
    const side = target === 0 ? 1 : -1;
    let [x, v, steps] = [start[i]!, 0, 0];
    while (sigmoid(side * 10 * x) < 0.95) {
      // d CE / dx = -10 side (1 - p)
      v = 0.9 * v + side * 10 * (1 - sigmoid(side * 10 * x));
      x = Math.max(-1, Math.min(1, x + 0.002 * v));
      steps += 1;
    }
    expect(result.steps[i]).toBe(steps);
    expect(end[i]).toBeCloseTo(x, 4);
    expect(result.confidences[i]).toBeCloseTo(sigmoid(side * 10 * x), 4);
    expect(result.energies[i]).toBeCloseTo(-Math.log(Math.exp(5 * x) + Math.exp(-5 * x)), 4);
    expect(result.startEnergies[i]).toBeCloseTo(-Math.log(2 * Math.cosh(5 * start[i]!)), 4);
  });
  expect(new Set(result.steps).size).toBeGreaterThan(2);
});

test("distalAdversarials() says where the steps do not suffice and where none were needed", async () => {
  const result = await distalAdversarials(model, [0, 1, 0, 1, 0, 1], { ...options, stepSize: 1e-4, steps: 3 });
  expect(new Set(result.status)).toEqual(new Set(["failed", "alreadyAdversarial"]));
  result.status.forEach((status, i) => {
    expect(result.steps[i]).toBe(status === "failed" ? 3 : 0);
    expect(result.confidences[i]! >= 0.9).toBe(status !== "failed");
  });
});

test("distalAdversarials() gives equal keys equal images, whatever the batches", async () => {
  const settings = { ...options, stepSize: 0.01, steps: 50 };
  const whole = await distalAdversarials(model, [0, 1, 0], settings);
  const cut = await distalAdversarials(model, [0, 1, 0], { ...settings, batchSize: 2 });
  expect(await cut.clipped.data()).toEqual(await whole.clipped.data());
  expect(cut.steps).toEqual(whole.steps);
  const other = await distalAdversarials(model, [0, 1, 0], { ...settings, key: key(3) });
  expect(await other.start.data()).not.toEqual(await whole.start.data());
});

test("distalAdversarials() ends at the signal", async () => {
  const signal = { aborted: false };
  const result = await distalAdversarials(model, [0, 1, 0, 1], {
    ...options,
    stepSize: 1e-6,
    signal,
    onProgress: ({ step }) => {
      signal.aborted = step === 2;
    },
  });
  expect(result.status).toContain("aborted");
  expect(Math.max(...result.steps)).toBe(2);
});

test("distalAdversarials() leaves no tensor but its three, and none when it throws", async () => {
  await leakFree(async () => {
    const result = await distalAdversarials(model, [0, 1], options);
    for (const tensor of [result.raw, result.clipped, result.start]) tensor.dispose();
    await expect(distalAdversarials(model, [0, 2], options)).rejects.toThrow(RangeError);
    let calls = 0;
    const failing = (x: Tensor): Tensor2D => {
      calls += 1;
      if (calls === 3) throw new Error("no logits");
      return model(x);
    };
    await expect(distalAdversarials(failing, [0, 1], { ...options, stepSize: 1e-6 })).rejects.toThrow("no logits");
  });
});

test("distalAdversarials() rejects what it cannot make", async () => {
  const cases: [Partial<DistalAdversarialsOptions>, string][] = [
    [{ shape: [] }, "Cannot make distal adversarials: shape must hold a side but found 0"],
    [{ shape: [2, 0] }, "shape must be a positive integer but found 0"],
    [{ confidence: 1 }, "probability must be above 0 and below 1 but found 1"],
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ stepSize: 0 }, "stepSize must be finite and greater than 0 but found 0"],
    [{ momentum: 2 }, "momentum must be from 0 to 1 but found 2"],
    [{ bounds: [1, 1] }, "low below high, but found [1, 1]"],
    // @ts-expect-error: no key
    [{ key: 0 }, "key must come from key(), split() or foldIn() but found 0"],
  ];
  for (const [some, message] of cases) {
    await expect(distalAdversarials(model, [0], { ...options, ...some })).rejects.toThrow(message);
  }
  await expect(distalAdversarials(model, [], options)).rejects.toThrow(
    "classes must hold a class index but found none",
  );
  await expect(distalAdversarials(() => zeros([1, 1]) as Tensor2D, [0], options)).rejects.toThrow(
    "logits must have at least 2 classes",
  );
});
