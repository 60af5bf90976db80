import { key, normal } from "@jem-js/random";
import { gaussian, leakFree } from "@jem-js-internal/testing";
import {
  add,
  matMul,
  ones,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tidy,
  train,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { evaluateStein, steinCriticLoss, type TrainableCritic } from "./mod.ts";

const data = { train: normal(key(0), [2000, 2]), test: normal(key(1), [2000, 2]) };

/** `h(x) = x A + b`, from 0. */
function linearCritic(): TrainableCritic & { readonly bias: Variable; readonly matrix: Variable } {
  const [matrix, bias] = [[2, 2], [2]].map((shape) => tidy(() => variable(zeros(shape)))) as [Variable, Variable];
  const apply = (x: Tensor): Tensor => add(matMul(x as Tensor2D, matrix as Tensor as Tensor2D), bias);
  return { apply, variables: [matrix, bias], matrix, bias };
}

test("the critic of N(0, I) and data of N(m, I) ends at -m / (2 l2) with a loss of -||m||^2 / (4 l2)", async () => {
  const mean = tensor1d([1, -0.5]);
  const critic = linearCritic();
  const x = add(data.train, mean);
  const optimizer = train.adam(0.05);
  for (let i = 0; i < 300; i++) {
    optimizer.minimize(() => steinCriticLoss(gaussian(1), critic.apply, { x }, { l2: 2 }).loss, false, [
      ...critic.variables,
    ]);
  }
  // The mean and the covariance of 2000 examples are off by 1 / sqrt(2000), about 0.022.
  expect(await critic.bias.data()).toBeAllclose([-0.25, 0.125], { rtol: 0, atol: 0.03 });
  expect(await critic.matrix.data()).toBeAllclose([0, 0, 0, 0], { rtol: 0, atol: 0.03 });
  const { loss } = steinCriticLoss(gaussian(1), critic.apply, { x }, { l2: 2 });
  expect((await loss.data())[0]).toBeAllclose(-1.25 / 8, { rtol: 0.1 });
});

test("evaluateStein() ranks models by how far they are from the data, and knows the right one", async () => {
  const evaluate = async (precision: number, mean: number) => {
    const critic = linearCritic();
    const options = { key: key(5), optimizer: train.adam(0.05), steps: 150, l2: 1 };
    return evaluateStein(gaussian(precision, mean), critic, data, options);
  };
  const found = [await evaluate(1, 0), await evaluate(1, 0.5), await evaluate(1, 1), await evaluate(2, 1)];
  const discrepancies = found.map(({ discrepancy }) => discrepancy);
  expect(discrepancies).toEqual([...discrepancies].sort((a, b) => a - b));
  // E ||s_model - s_data||^2 / 2: of two coordinates m^2 each, or E (2 (1 - x) + x)^2 = 4 + 1.
  const expected = [0, 0.25, 1, 5];
  found.forEach(({ discrepancy, standardError }, i) => {
    expect(Math.abs(discrepancy - expected[i]!)).toBeLessThan(4 * standardError + 0.05 * expected[i]!);
  });
});

test("evaluateStein() frees what it makes, stops at a signal, and refuses bad input by value", async () => {
  const critic = linearCritic();
  const options = { key: key(5), optimizer: train.sgd(0.01), steps: 2 };
  await leakFree(() => evaluateStein(gaussian(1), critic, data, options));
  const before = await critic.bias.data();
  await evaluateStein(gaussian(1, 3), critic, data, { ...options, signal: { aborted: true } });
  expect(await critic.bias.data()).toEqual(before);
  const attempt = (change: object) => evaluateStein(gaussian(1), critic, data, { ...options, ...change });
  await expect(attempt({ steps: 0 })).rejects.toThrow("steps must be a positive integer but found 0");
  await expect(attempt({ batchSize: 1.5 })).rejects.toThrow("batchSize must be a positive integer but found 1.5");
  const empty = { train: zeros([0, 2]), test: ones([1, 2]) };
  await expect(evaluateStein(gaussian(1), critic, empty, options)).rejects.toThrow("train is empty");
});
