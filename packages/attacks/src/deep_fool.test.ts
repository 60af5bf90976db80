import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import { add, div, gather, matMul, sub, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { allOf, deepFool, misclassification, targeted } from "./mod.ts";

const fixture = golden("attacks");
const network = goldenNetwork(golden("ebm_cnn").model);
const model = (x: Tensor): Tensor2D => network.classifier(div(sub(x, 0.5), 0.5));
const oracle = golden("linear_oracle");
const linear = (x: Tensor): Tensor2D => add(matMul(x as Tensor2D, tensor2d(oracle.W)), oracle.b) as Tensor2D;
const oracleInputs = (): Tensor2D => tensor2d(oracle.x);

describe.each(["l2", "linf"] as const)("%s", (norm) => {
  test("deepFool() is as far as foolbox's", async () => {
    const { steps, overshoot, candidates, success, norms } = fixture.foolbox[`deepfool_${norm}`];
    const options = { norm, steps, overshoot, candidates };
    const result = await deepFool(model, goldenTensor(fixture.x0), fixture.labels, options);
    expect(result.success).toEqual(success);
    expect(result.distances).toBeAllclose(norms[norm], { atol: 2e-5 });
  });

  test("deepFool() reaches the distance of a linear classifier, and never less", async () => {
    const exact: number[] = oracle[`min_${norm}`];
    const result = await deepFool(linear, oracleInputs(), oracle.labels, { norm, overshoot: 0.01 });
    expect(result.status[0]).toBe("alreadyAdversarial");
    for (let i = 1; i < exact.length; i++) {
      expect(result.distances[i]! / exact[i]!).toBeGreaterThanOrEqual(1);
      expect(result.distances[i]! / exact[i]!).toBeLessThan(1.02);
    }
  });

  test("deepFool() reaches a class", async () => {
    const classes = oracle.labels.map(() => 1);
    const result = await deepFool(linear, oracleInputs(), targeted(classes), { norm, bounds: [-9, 9] });
    expect(result.success.every(Boolean)).toBe(true);
    const predictions = await linear(result.clipped).argMax(1).data();
    expect([...predictions]).toEqual(classes);
  });

  test("deepFool() follows a permutation of the batch and stays in the bounds", async () => {
    const order = [3, 0, 2, 1];
    const x = gather(oracleInputs(), [4, 5, 6, 7]);
    const options = { norm, bounds: [0.3, 0.7] } as const;
    const result = await deepFool(linear, x, [3, 3, 3, 3], options);
    const permuted = await deepFool(linear, gather(x, order), [3, 3, 3, 3], { ...options, batchSize: 3 });
    expect(permuted.distances).toBeAllclose(
      order.map((i) => result.distances[i]!),
      { rtol: 1e-5 },
    );
    const values = await result.raw.data();
    expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.fround(0.3));
    expect(Math.max(...values)).toBeLessThanOrEqual(Math.fround(0.7));
  });
});

test("deepFool() of L2 has foolbox's distances for a linear classifier", async () => {
  const result = await deepFool(linear, oracleInputs(), oracle.clean_pred, { norm: "l2" });
  expect(result.distances).toBeAllclose(oracle.deepfool_l2_foolbox, { rtol: 1e-4 });
});

test("deepFool() fails where nothing can be reached", async () => {
  const flat = (x: Tensor): Tensor2D => x.mul(0).slice([0, 0], [-1, 4]).add([0, 0, 0, 1]) as Tensor2D;
  const result = await deepFool(flat, oracleInputs(), oracle.clean_pred, { norm: "l2", steps: 3 });
  expect(new Set(result.status)).toEqual(new Set(["failed"]));
  expect((await result.raw.data()).every(Number.isFinite)).toBe(true);
});

test("deepFool() leaves nothing, and throws on what it cannot do", async () => {
  const x = oracleInputs();
  await leakFree(async () => {
    const { raw, clipped } = await deepFool(linear, x, oracle.labels, { norm: "linf" });
    raw.dispose();
    clipped.dispose();
  });
  const goalless = allOf(misclassification(oracle.labels));
  await expect(deepFool(linear, x, goalless, { norm: "l2" })).rejects.toThrow("found no goal");
  const labels = oracle.labels;
  // @ts-expect-error: no such norm
  await expect(deepFool(linear, x, labels, { norm: "l1" })).rejects.toThrow('norm must be "l2" or "linf" but found l1');
  await expect(deepFool(linear, x, labels, { norm: "l2", steps: 0 })).rejects.toThrow(
    "steps must be a positive integer",
  );
  await expect(deepFool(linear, x, labels, { norm: "l2", overshoot: -1 })).rejects.toThrow("overshoot must be finite");
  await expect(deepFool(linear, x, labels, { norm: "l2", candidates: 1 })).rejects.toThrow("but found 0");
});
