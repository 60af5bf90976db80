import { balancedSubset, type Dataset, semiSupervisedBatches } from "@jem-js/data";
import { energyHead } from "@jem-js/energy";
import { key, uniform, uniformValues } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  argMax,
  cast,
  equal,
  matMul,
  mean,
  mul,
  ones,
  reshape,
  type Tensor,
  type Tensor2D,
  tanh,
  tensor1d,
  tensor2d,
  train,
  type Variable,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { fit, type PartlyLabeledBatch, type Procedure, semiSupervisedProcedure } from "./mod.ts";

/** Two bands: class 0 left of the middle, class 1 right, as images of two pixels. */
function bands(size: number): Dataset {
  const labels = Int32Array.from({ length: size }, (_, i) => i % 2);
  const images = uniformValues(key(9), 2 * size, { min: -0.3, max: 0.3 }).map((value, i) =>
    i % 2 === 0 ? value + (labels[i >> 1]! ? 0.6 : -0.6) : 3 * value,
  );
  return { images, shape: [1, 2, 1], labels, size };
}

function network(): { variables: Variable[]; classifier: (x: Tensor) => Tensor2D } {
  const hidden = variable(mul(uniform(key(0), [2, 16], { min: -1 }), 0.7));
  const bias = variable(zeros([16]));
  const output = variable(mul(uniform(key(1), [16, 2], { min: -1 }), 0.25));
  const classifier = (x: Tensor): Tensor2D =>
    matMul(tanh(add(matMul(reshape(x, [-1, 2]), hidden as unknown as Tensor2D), bias)), output as unknown as Tensor2D);
  return { variables: [hidden, bias, output], classifier };
}

function setUp(shape: number[] = [1, 2, 1]) {
  const { variables, classifier } = network();
  const head = energyHead(classifier);
  const buffer = replayBuffer({ key: key(1), size: 200, shape });
  const kernel = sgld(head, { stepSize: 0.5, noiseScale: 0.05 });
  return { head, buffer, kernel, variables, classifier };
}

type Fitted = Procedure<PartlyLabeledBatch & { [name: string]: Tensor; labels: Tensor }>;

test("semiSupervisedProcedure() learns the classes from two labels, and a density of all data", async () => {
  const all = bands(256);
  const few = balancedSubset(key(3), all, { perClass: 1 });
  const { head, buffer, kernel, variables, classifier } = setUp();
  const procedure = semiSupervisedProcedure(head, { kernel, buffer, steps: 5, energyL2: 0.05, entropyWeight: 0.1 });
  const terms: Record<string, number>[] = [];
  const source = (start: number) =>
    semiSupervisedBatches(few, all, { key: key(4), labeledBatchSize: 8, unlabeledBatchSize: 32, start });
  await fit(procedure as unknown as Fitted, source as never, {
    optimizer: train.adam(0.01),
    variables,
    iterations: 80,
    key: key(2),
    listeners: [(event) => void (event.type === "iteration" && terms.push({ ...event.terms }))],
  });
  expect(Object.keys(terms[0]!).sort()).toEqual([
    "accuracy",
    "chainDistance",
    "crossEntropy",
    "energyGap",
    "entropy",
    "gradientNorm",
    "loss",
    "px",
    "sampleMagnitude",
  ]);
  const x = tensor2d(all.images as Float32Array, [256, 2]);
  const found = await mean(cast(equal(argMax(classifier(x), 1), tensor1d(all.labels, "int32")), "float32")).data();
  expect(found[0]).toBeGreaterThan(0.97);
  expect(terms.at(-1)!.entropy).toBeLessThan(terms[0]!.entropy! - 0.05);
});

test("semiSupervisedProcedure() takes an empty labelled batch, first or later, and checks labels once there are some", async () => {
  const { head, buffer, kernel } = setUp([2]);
  const procedure = semiSupervisedProcedure(head, { kernel, buffer, steps: 1 });
  const context = { key: key(0), iteration: 0 };
  const unlabeled = ones([4, 2]);
  const step = await procedure({ x: zeros([0, 2]), labels: tensor1d([], "int32"), unlabeled }, context);
  const { crossEntropy, loss } = step.loss();
  expect((await crossEntropy!.data())[0]).toBe(0);
  expect(Number.isFinite((await loss.data())[0])).toBe(true);
  expect(step.slots).toHaveLength(4);
  step.dispose();
  const before = Float32Array.from(buffer.values);
  await expect(procedure({ x: ones([1, 2]), labels: [2], unlabeled }, context)).rejects.toThrow(
    "labels must be integers from 0 to 1 but found 2 at 0",
  );
  expect(buffer.values).toEqual(before);
  await expect(
    semiSupervisedProcedure(head, { kernel, buffer })(
      { x: zeros([0, 2]), labels: [], unlabeled: zeros([0, 2]) },
      context,
    ),
  ).rejects.toThrow("unlabeled must hold examples but found [0, 2]");
});

test("semiSupervisedProcedure() has a noise for each part, equal steps for equal keys, and leaves no tensors", async () => {
  const { head, kernel } = setUp([2]);
  const [x, unlabeled] = [zeros([2, 2]), zeros([4, 2])];
  const run = async (inputNoise: number, unlabeledNoise?: number): Promise<number[]> => {
    const buffer = replayBuffer({ key: key(1), size: 20, shape: [2] });
    const noises = { inputNoise, ...(unlabeledNoise !== undefined && { unlabeledNoise }) };
    const procedure = semiSupervisedProcedure(head, { kernel, buffer, steps: 1, ...noises });
    const step = await procedure({ x, labels: [0, 1], unlabeled }, { key: key(5), iteration: 0 });
    const terms = step.loss();
    const values = [(await terms.crossEntropy!.data())[0]!, (await terms.px!.data())[0]!];
    step.dispose();
    for (const [name, term] of Object.entries(terms)) {
      if (name !== "sampleMagnitude" && name !== "chainDistance") term.dispose();
    }
    return values;
  };
  await leakFree(() => run(0.1));
  expect(await run(0.1)).toEqual(await run(0.1, 0.1));
  const [noisy, clean, bare] = [await run(0.1), await run(0.1, 0), await run(0, 0)];
  expect(clean[0]).toBe(noisy[0]);
  expect(clean[1]).not.toBe(noisy[1]);
  expect(clean[1]).toBe(bare[1]);
  expect(clean[0]).not.toBe(bare[0]);
});

test("semiSupervisedProcedure() refuses bad options by value", () => {
  const { head, buffer, kernel } = setUp([2]);
  const attempt = (options: object) => () => semiSupervisedProcedure(head, { kernel, buffer, ...options });
  expect(attempt({ steps: 0 })).toThrow("steps must be a positive integer but found 0");
  expect(attempt({ inputNoise: -1 })).toThrow("inputNoise must be at least 0 but found -1");
  expect(attempt({ unlabeledNoise: -2 })).toThrow("unlabeledNoise must be at least 0 but found -2");
});
