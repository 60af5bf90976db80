import { energyHead } from "@jem-js/energy";
import { key, uniform } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  dispose,
  matMul,
  memory,
  mul,
  ones,
  softmax,
  type Tensor,
  type Tensor2D,
  tanh,
  tensor1d,
  tidy,
  train,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { classifierProcedure, DivergenceError, fit, jemProcedure, type Procedure } from "./mod.ts";

interface Batch {
  [name: string]: Tensor;
  x: Tensor;
  labels: Tensor;
}

function network(seed: number): { variables: Variable[]; classifier: (x: Tensor) => Tensor2D } {
  const hidden = variable(mul(uniform(key(seed), [2, 16], { min: -1 }), 0.7));
  const bias = variable(zeros([16]));
  const output = variable(mul(uniform(key(seed + 1), [16, 2], { min: -1 }), 0.25));
  const classifier = (x: Tensor): Tensor2D =>
    matMul(tanh(add(matMul(x as Tensor2D, hidden), bias)), output as Tensor2D);
  return { variables: [hidden, bias, output], classifier };
}

/** Two squares: class 0 around (-1, 0), class 1 around (1, 0). */
function* batches(): Generator<Batch> {
  for (let i = 0; ; i++) {
    yield tidy(() => {
      const labels = uniform(key(1000 + i), [32])
        .greater(0.5)
        .toInt();
      const centre = labels
        .mul(2)
        .sub(1)
        .expandDims(1)
        .mul([[1, 0]]);
      return { x: centre.add(uniform(key(5000 + i), [32, 2], { min: -0.3, max: 0.3 })), labels };
    });
  }
}

function jemRun(energyL2: number, learningRate: number): Parameters<typeof fit<Batch>> {
  const { variables, classifier } = network(0);
  const head = energyHead(classifier);
  const kernel = sgld(head, { stepSize: 0.5, noiseScale: 0.05 });
  const buffer = replayBuffer({ key: key(1), size: 200, shape: [2] });
  const procedure = jemProcedure(head, { kernel, buffer, steps: 5, energyL2, inputNoise: 0.03 });
  const optimizer = train.adam(learningRate);
  return [procedure as Procedure<Batch>, batches(), { optimizer, variables, iterations: 60, key: key(2) }];
}

test("jemProcedure() learns the classes and a lower energy for data than for noise", async () => {
  const [procedure, data, options] = jemRun(0.05, 0.01);
  const terms: Record<string, number>[] = [];
  const listeners = [(event: { type: string; terms?: object }) => void (event.terms && terms.push({ ...event.terms }))];
  await fit(procedure, data, { ...options, listeners });
  expect(Object.keys(terms[0]!).sort()).toEqual([
    "accuracy",
    "chainDistance",
    "crossEntropy",
    "energyGap",
    "gradientNorm",
    "loss",
    "px",
    "sampleMagnitude",
  ]);
  const last = terms.at(-1)!;
  expect(last.accuracy).toBe(1);
  expect(last.crossEntropy).toBeLessThan(terms[0]!.crossEntropy! / 2);
  expect(last.px).toBeCloseTo(-last.energyGap!, 5);
});

test("two runs of jemProcedure() with equal keys give equal terms", async () => {
  const record = async (): Promise<string> => {
    const [procedure, data, options] = jemRun(0.05, 0.01);
    const lines: string[] = [];
    const listener = (event: { type: string; terms?: object }): void => void lines.push(JSON.stringify(event.terms));
    await fit(procedure, data, { ...options, iterations: 5, listeners: [listener] });
    return lines.join("\n");
  };
  expect(await record()).toBe(await record());
});

test("jemProcedure() reports chains that are not finite as a divergence", async () => {
  const head = { logits: (x: Tensor) => x as Tensor2D };
  const kernel = sgld({ score: (x) => mul(x, Number.NaN) }, { stepSize: 1, noiseScale: 0 });
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [2] });
  const before = Float32Array.from(buffer.values);
  const procedure = jemProcedure(head, { kernel, buffer });
  const count = memory().numTensors;
  const x = ones([2, 2]);
  await expect(procedure({ x, labels: [0, 1] }, { key: key(0), iteration: 3 })).rejects.toThrow(DivergenceError);
  x.dispose();
  expect(memory().numTensors).toBe(count);
  expect(buffer.values).toEqual(before);
});

test("a run of jemProcedure() leaves no tensors but the optimizer's", async () => {
  const [procedure, data, options] = jemRun(0.05, 0.01);
  await fit(procedure, data, { ...options, iterations: 2 });
  await leakFree(() => fit(procedure, batches(), { ...options, iterations: 5 }));
});

test("classifierProcedure() adds its noise and disposes it", async () => {
  const head = { logits: (x: Tensor) => x as Tensor2D };
  const x = zeros([4, 3]);
  await leakFree(async () => {
    const clean = await classifierProcedure(head)({ x, labels: [0, 1, 2, 0] }, { key: key(0), iteration: 0 });
    const noisy = await classifierProcedure(head, { inputNoise: 1 })(
      { x, labels: [0, 1, 2, 0] },
      { key: key(0), iteration: 0 },
    );
    const [a, b] = [clean.loss().loss, noisy.loss().loss];
    expect((await a.data())[0]).toBeCloseTo(Math.log(3), 5);
    expect((await b.data())[0]).not.toBeCloseTo(Math.log(3), 2);
    dispose([a, b]);
    clean.dispose();
    noisy.dispose();
  });
});

test("procedures refuse a classifier or labels that cannot work, before any chain is run", async () => {
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [3] });
  const before = Float32Array.from(buffer.values);
  const context = { key: key(0), iteration: 0 };
  const x = ones([2, 3]);
  const attempt = async (classifier: (x: Tensor) => Tensor, labels: Tensor | number[]): Promise<void> => {
    const head = energyHead(classifier as (x: Tensor) => Tensor2D);
    const kernel = sgld(head, { alpha: 1 });
    const count = memory().numTensors;
    for (const procedure of [classifierProcedure(head), jemProcedure(head, { kernel, buffer })]) {
      await expect(procedure({ x, labels }, context)).rejects.toThrow(expected);
    }
    expect(memory().numTensors).toBe(count);
  };
  const identity = { logits: (input: Tensor) => input as Tensor2D };
  const still = sgld({ score: (input) => input }, { alpha: 1 });
  let expected = "logits must be finite but found NaN";
  await attempt((input) => mul(input, Number.NaN), [0, 1]);
  expected = "remove its final softmax";
  await attempt((input) => softmax(input), [0, 1]);
  for (const procedure of [classifierProcedure(identity), jemProcedure(identity, { kernel: still, buffer })]) {
    await expect(procedure({ x: zeros([0, 3]), labels: [] }, context)).rejects.toThrow(
      "x must hold examples but found [0, 3]",
    );
  }
  expected = "labels must be integers from 0 to 2 but found 3 at 1";
  await attempt((input) => mul(input, 2), tensor1d([0, 3], "int32"));
  expect(buffer.values).toEqual(before);
});

test("procedures refuse bad options by value", () => {
  const head = { logits: (x: Tensor) => x as Tensor2D };
  const kernel = sgld({ score: (x) => x }, { alpha: 1 });
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [2] });
  expect(() => jemProcedure(head, { kernel, buffer, steps: 0 })).toThrow(
    "steps must be a positive integer but found 0",
  );
  expect(() => jemProcedure(head, { kernel, buffer, inputNoise: -1 })).toThrow(
    "inputNoise must be at least 0 but found -1",
  );
  expect(() => classifierProcedure(head, { inputNoise: Number.NaN })).toThrow("but found NaN");
});
