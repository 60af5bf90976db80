import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import { add, div, gather, matMul, sub, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type CarliniWagnerOptions, carliniWagner, targeted } from "./mod.ts";

const fixture = golden("attacks");
const network = goldenNetwork(golden("ebm_cnn").model);
const model = (x: Tensor): Tensor2D => network.classifier(div(sub(x, 0.5), 0.5));
const oracle = golden("linear_oracle");
const linear = (x: Tensor): Tensor2D => add(matMul(x as Tensor2D, tensor2d(oracle.W)), oracle.b) as Tensor2D;
const inputs = (): Tensor2D => tensor2d(oracle.x);

test("carliniWagner() is as far as foolbox's", async () => {
  const { binary_search_steps, steps, stepsize, initial_const, success, norms } = fixture.foolbox.cw_l2;
  const result = await carliniWagner(model, goldenTensor(fixture.x0), fixture.labels, {
    searchSteps: binary_search_steps,
    steps,
    stepSize: stepsize,
    initialWeight: initial_const,
    stopEarly: false,
  });
  expect(result.success).toEqual(success);
  // The tolerance of the fixture.
  expect(result.distances).toBeAllclose(norms.l2, { rtol: 0.02 });
});

test("carliniWagner() reaches the distance of a linear classifier, and never less", async () => {
  const exact: number[] = oracle.min_l2;
  const options = { searchSteps: 7, steps: 200, initialWeight: 0.1 };
  const result = await carliniWagner(linear, inputs(), oracle.labels, options);
  expect(result.status[0]).toBe("alreadyAdversarial");
  for (let i = 1; i < exact.length; i++) {
    expect(result.distances[i]! / exact[i]!).toBeGreaterThanOrEqual(1);
    expect(result.distances[i]! / exact[i]!).toBeLessThan(1.02);
  }
});

test("carliniWagner() reaches classes with the margin that is asked for", async () => {
  const classes = oracle.labels.map(() => 1);
  const options = { searchSteps: 4, steps: 100, stepSize: 0.05, initialWeight: 1, confidence: 0.5 };
  const result = await carliniWagner(linear, inputs(), targeted(classes), options);
  expect(result.success.every(Boolean)).toBe(true);
  const margins = await targeted(classes).margins(linear(result.clipped)).data();
  for (const margin of margins) expect(margin).toBeGreaterThanOrEqual(0.5 - 1e-5);
});

test("carliniWagner() follows a permutation of the batch", async () => {
  const order = [3, 0, 2, 1];
  const x = gather(inputs(), [4, 5, 6, 7]);
  const options = { searchSteps: 3, steps: 40, initialWeight: 1, stepSize: 0.05 };
  const result = await carliniWagner(linear, x, [3, 3, 3, 3], options);
  const permuted = await carliniWagner(linear, gather(x, order), [3, 3, 3, 3], { ...options, batchSize: 3 });
  expect(permuted.distances).toBeAllclose(
    order.map((i) => result.distances[i]!),
    { rtol: 1e-3 },
  );
  expect(new Set(result.queries).size).toBeGreaterThan(1);
});

test("carliniWagner() gives back the input where nothing can be reached", async () => {
  const flat = (x: Tensor): Tensor2D => x.mul(0).slice([0, 0], [-1, 4]).add([0, 0, 0, 1]) as Tensor2D;
  const x = inputs();
  const result = await carliniWagner(flat, x, oracle.clean_pred, { searchSteps: 2, steps: 3 });
  expect(new Set(result.status)).toEqual(new Set(["failed"]));
  expect(await result.raw.data()).toEqual(await x.data());
});

test("carliniWagner() leaves nothing, and throws on what it cannot do", async () => {
  const x = inputs();
  await leakFree(async () => {
    const options = { searchSteps: 2, steps: 20, initialWeight: 1 };
    for (const stopEarly of [true, false]) {
      const { raw, clipped } = await carliniWagner(linear, x, oracle.labels, { ...options, stopEarly });
      raw.dispose();
      clipped.dispose();
    }
  });
  const cases: [CarliniWagnerOptions, string][] = [
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ searchSteps: 0 }, "searchSteps must be a positive integer but found 0"],
    [{ stepSize: 0 }, "stepSize must be finite and greater than 0 but found 0"],
    [{ initialWeight: 0 }, "initialWeight must be finite and greater than 0 but found 0"],
    [{ confidence: -1 }, "confidence must be finite and at least 0 but found -1"],
  ];
  for (const [options, message] of cases) {
    await expect(carliniWagner(linear, x, oracle.labels, options)).rejects.toThrow(message);
  }
});
