import { golden, goldenNetwork, goldenTensor, leakFree, numericGradient } from "@jem-js-internal/testing";
import { layers, sequential } from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import {
  add,
  fill,
  getBackend,
  matMul,
  mul,
  ones,
  setBackend,
  softmax,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { energyHead } from "./mod.ts";

const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

describe.each(["ebm_cnn", "ebm_mlp"])("energyHead() reproduces %s of PyTorch", (name) => {
  const fixture = golden(name);
  const head = () => energyHead(goldenNetwork(fixture.model).classifier);
  const x = () => goldenTensor(fixture.inputs);

  test.each(["cpu", "wasm"])("logits, energies, score and approximate mass on %s", async (backend) => {
    const before = getBackend();
    await setBackend(backend);
    const { logits, energy, dE_dx, approximate_mass_score, log_p_y_given_x } = fixture.expected;
    expect(await values(head().logits(x()))).toBeAllclose(logits.data);
    expect(await values(head().energy(x()))).toBeAllclose(energy.data);
    expect(await values(head().logDensity(x()))).toBeAllclose(energy.data.map((e: number) => -e));
    expect(await values(head().score(x()))).toBeAllclose(
      dE_dx.data.map((e: number) => -e),
      { atol: 5e-6 },
    );
    expect(await values(head().approximateMass(x()))).toBeAllclose(approximate_mass_score.data);
    expect(await values(head().probabilities(x()))).toBeAllclose(log_p_y_given_x.data.map(Math.exp));
    await setBackend(before);
  });

  test.each(["cpu", "wasm"])("joint energies are minus the logit of the label on %s", async (backend) => {
    const before = getBackend();
    await setBackend(backend);
    const classes = fixture.expected.logits.shape[1];
    const expected = fixture.labels.map((y: number, i: number) => -fixture.expected.logits.data[i * classes + y]);
    expect(await values(head().energy(x(), fixture.labels))).toBeAllclose(expected);
    expect(await values(head().energy(x(), tensor1d(fixture.labels, "int32")))).toBeAllclose(expected);
    await setBackend(before);
  });

  test("log-sum-exp stays finite at logits of 1e3", async () => {
    const { logits, logsumexp } = fixture.lse_stability;
    const identity = energyHead((input) => input as Tensor2D);
    expect(await values(identity.logDensity(tensor2d(logits)))).toBeAllclose(logsumexp);
  });

  test("no member leaks", async () => {
    const h = head();
    const input = x();
    await leakFree(async () => {
      await h.validate(input);
      for (const result of [h.logits(input), h.energy(input), h.energy(input, fixture.labels), h.logDensity(input)])
        result.dispose();
      for (const result of [h.probabilities(input), h.score(input), h.approximateMass(input)]) result.dispose();
    });
  });
});

test("the logits log p(x, y) of Gaussians give their density and the Bayes classifier, whatever c(x) is added", async () => {
  // f_y(x) = -||x - mu_y||^2 / (2 s^2) + log pi_y: the normaliser of exp f is 2 pi s^2, for all x.
  const means = [
    [1, 0],
    [-1, 0.5],
    [0, -2],
  ];
  const [priors, variance] = [[0.5, 0.3, 0.2], 0.4];
  const points = [
    [0.3, -0.1],
    [-0.8, 0.9],
    [0.1, -1.2],
    [4, 3],
  ];
  const joint = points.map((x) =>
    means.map(
      (mu, y) =>
        (priors[y]! / (2 * Math.PI * variance)) *
        Math.exp(-((x[0]! - mu[0]!) ** 2 + (x[1]! - mu[1]!) ** 2) / (2 * variance)),
    ),
  );
  const density = joint.map((row) => row.reduce((a, b) => a + b, 0));
  const logits = (x: Tensor): Tensor2D => {
    const [m, offsets] = [tensor2d(means), tensor1d(priors.map(Math.log))];
    const squares = add(sub(sum(square(x), 1, true), mul(matMul(x as Tensor2D, m, false, true), 2)), sum(square(m), 1));
    return add(mul(squares, -0.5 / variance), offsets);
  };
  const shift = (x: Tensor): Tensor => mul(sum(x, 1, true), 3);
  const x = tensor2d(points);
  const heads = [energyHead(logits), energyHead((input) => add(logits(input), shift(input)))];
  for (const [i, head] of heads.entries()) {
    const c = i === 0 ? [0, 0, 0, 0] : await values(shift(x));
    expect(await values(head.probabilities(x))).toBeAllclose(
      joint.flatMap((row, j) => row.map((p) => p / density[j]!)),
      { rtol: 1e-4, atol: 1e-6 },
    );
    expect(await values(head.logDensity(x))).toBeAllclose(
      density.map((p, j) => Math.log(p) + Math.log(2 * Math.PI * variance) + c[j]!),
      { rtol: 1e-5, atol: 1e-4 },
    );
  }
});

test("the class-conditional score is the gradient of the joint log-density", async () => {
  // The smooth network: across the kinks of a leaky ReLU a finite difference says nothing.
  const fixture = golden("ebm_mlp");
  const head = energyHead(goldenNetwork(fixture.model).classifier);
  const x = goldenTensor(fixture.inputs);
  const numeric = await numericGradient((input) => sum(head.logDensity(input, fixture.labels)), x);
  expect(await values(head.score(x, fixture.labels))).toBeAllclose(numeric, { rtol: 1e-3, atol: 1e-3 });
});

test("energyHead() takes a LayersModel, and follows a permutation of the batch", async () => {
  const model = sequential({ layers: [layers.dense({ units: 3, inputShape: [4] })] });
  const head = energyHead(model, { numClasses: 3 });
  const x = tensor2d([
    [1, 2, 3, 4],
    [0, -1, 0, 2],
  ]);
  const [first, second] = await values(head.energy(x));
  expect(await values(head.energy(x.reverse(0)))).toBeAllclose([second!, first!]);
});

test("energyHead() calls a layers model in inference mode, and a model without apply() by predict()", async () => {
  const x = ones([2, 4]);
  const dropout = sequential({ layers: [layers.dropout({ rate: 0.9, inputShape: [4] })] });
  expect(await values(energyHead(dropout).logits(x))).toEqual(await values(x));
  expect(await values(energyHead({ predict: (input: Tensor) => mul(input, 2) }).logits(x))).toEqual(
    new Array(8).fill(2),
  );
});

test("energyHead() refuses what is no classifier", () => {
  expect(() => energyHead({})).toThrow("a function or a model with apply() or predict() but found object");
  expect(() => energyHead((x) => x as Tensor2D, { numClasses: 1 })).toThrow(
    "numClasses must be an integer above 1 but found 1",
  );
});

test("every member refuses logits of another shape than [batch, classes]", () => {
  const x = ones([4, 6]);
  const cases: [(x: Tensor) => unknown, string][] = [
    [() => ones([4]), "logits must be [4, classes] for inputs [4, 6] but found [4]"],
    [() => ones([3, 2]), "logits must be [4, classes] for inputs [4, 6] but found [3, 2]"],
    [() => ones([4, 1]), "logits must have at least 2 classes but found 1"],
    [() => [ones([4, 2])], "it must return one tensor of logits"],
    [() => undefined, "it must return one tensor of logits"],
  ];
  for (const [classifier, message] of cases) {
    const head = energyHead(classifier as (x: Tensor) => Tensor2D);
    expect(() => head.energy(x)).toThrow(message);
    expect(() => head.score(x)).toThrow(message);
  }
  expect(() => energyHead((input) => input as Tensor2D, { numClasses: 5 }).logits(x)).toThrow(
    "logits must have 5 classes but found 6",
  );
});

test("a classifier that returns its input does not give the input away", async () => {
  const x = ones([2, 3]);
  const head = energyHead((input) => input as Tensor2D);
  await head.validate(x);
  head.logits(x).dispose();
  expect(await values(x)).toEqual(new Array(6).fill(1));
});

test("members refuse labels of the wrong length, kind or range", () => {
  const head = energyHead((x) => x as Tensor2D);
  const x = ones([2, 3]);
  expect(() => head.energy(x, [0])).toThrow("labels must be [2] but found [1]");
  expect(() => head.energy(x, [0, 3])).toThrow("labels must be integers from 0 to 2 but found 3 at 1");
  expect(() => head.energy(x, [-1, 0])).toThrow(RangeError);
  expect(() => head.energy(x, tensor1d([0, 1]))).toThrow("labels must be int32 class indices but found float32");
  expect(() => head.energy(x, tensor1d([0], "int32"))).toThrow("labels must be [2] but found [1]");
});

test("validate() refuses logits that are not finite and classifiers that end in softmax", async () => {
  const x = ones([2, 3]);
  const weights = ones([3, 3]) as Tensor2D;
  await expect(energyHead((input) => mul(input, fill([2, 3], Number.NaN)) as Tensor2D).validate(x)).rejects.toThrow(
    "logits must be finite but found NaN for example 0, class 0",
  );
  await expect(energyHead((input) => softmax(matMul(input, weights)) as Tensor2D).validate(x)).rejects.toThrow(
    "remove its final softmax",
  );
});
