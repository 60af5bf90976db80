import { key } from "@jem-js/random";
import { golden } from "@jem-js-internal/testing";
import { add, memory, type Tensor, type Tensor2D, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type BoundaryOptions, boundary } from "./mod.ts";

const oracle = golden("linear_oracle");
const linear = (x: Tensor): Tensor2D => tidy(() => add(x.matMul(tensor2d(oracle.W)), tensor1d(oracle.b)) as Tensor2D);

test("boundary() converges to the nearest adversarial input of a linear classifier", async () => {
  const { distances, status } = await boundary(linear, tensor2d(oracle.x), oracle.labels, { key: key(0), steps: 6000 });
  expect(status.slice(1)).toEqual(new Array(11).fill("success"));
  for (let i = 1; i < 12; i++) {
    expect(distances[i]! / oracle.min_l2[i]).toBeGreaterThan(1 - 1e-5);
    expect(distances[i]! / oracle.min_l2[i]).toBeLessThan(1.02);
  }
});

test("boundary() asks 1.1 times a step until it has converged", async () => {
  const x = tensor2d([[0.75, 0.5]]);
  const model = (z: Tensor): Tensor2D =>
    tidy(
      () =>
        z.sub(0.5).matMul(
          tensor2d([
            [1, -1],
            [0, 0],
          ]),
        ) as Tensor2D,
    );
  const options: BoundaryOptions = { key: key(0), starts: tensor2d([[0.25, 0.5]]), steps: 200 };
  expect((await boundary(model, x, [0], options)).queries[0]).toBe(1 + 1 + 10 + 220 + 2);
  // Steps that start below what counts as converged are not taken.
  const done = await boundary(model, x, [0], { ...options, sourceStep: 1e-8 });
  expect(done.queries[0]).toBe(1 + 1 + 10 + 2);
  expect(done.distances[0]).toBeCloseTo(0.25, 3);
});

test("boundary() keeps memory flat", async () => {
  const x = tensor2d(oracle.x);
  const counts: number[] = [];
  await boundary(linear, x, oracle.labels, {
    key: key(0),
    steps: 300,
    onProgress: () => counts.push(memory().numTensors),
  });
  expect(counts.length).toBeGreaterThan(300);
  expect(new Set(counts)).toHaveLength(1);
});

test("boundary() throws on options that make no attack", async () => {
  const wrong: [Partial<BoundaryOptions>, string][] = [
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ sphericalStep: 0 }, "sphericalStep must be finite and greater than 0 but found 0"],
    [{ sourceStep: -1 }, "sourceStep must be finite and greater than 0 but found -1"],
    [{ convergence: Number.NaN }, "convergence must be finite and greater than 0 but found NaN"],
    [{ stepAdaptation: 1 }, "stepAdaptation - 1 must be finite and greater than 0 but found 0"],
    [{ epsilon: -1 }, "epsilon must be finite and at least 0 but found -1"],
  ];
  for (const [options, message] of wrong) {
    await expect(boundary(linear, tensor2d(oracle.x), oracle.labels, { key: key(0), ...options })).rejects.toThrow(
      message,
    );
  }
});
