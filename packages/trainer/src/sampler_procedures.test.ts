import { energyHead } from "@jem-js/energy";
import { mlpGenerator, productOfExperts } from "@jem-js/models";
import { amortizedNegatives, generatorNegatives, type NegativeSampler } from "@jem-js/objectives";
import { foldIn, key, normal } from "@jem-js/random";
import { replayBuffer, sgld } from "@jem-js/samplers";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  dispose,
  matMul,
  mean,
  mul,
  ones,
  type Tensor,
  type Tensor2D,
  tidy,
  train,
  type Variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  contrastiveProcedure,
  fit,
  jemProcedure,
  optimizerState,
  semiSupervisedProcedure,
  weightsState,
} from "./mod.ts";

const still: NegativeSampler = async (_, x) => mul(x, 2);
const context = { key: key(0), iteration: 0 };
const head = energyHead((x) => x as Tensor2D);

/** Normal data around (1, 1), by number. */
function* data(start: number): Generator<{ x: Tensor }> {
  for (let i = start; ; i++) yield { x: tidy(() => add(mul(normal(foldIn(key(7), i), [64, 2]), 0.3), 1)) };
}

test("every procedure takes a sampler in place of kernel and buffer, and asks it for as many as there are data", async () => {
  const x = ones([3, 2]);
  await leakFree(async () => {
    const unlabeled = zeros([5, 2]);
    const steps = [
      await jemProcedure(head, { sampler: still })({ x, labels: [0, 1, 0] }, context),
      await semiSupervisedProcedure(head, { sampler: still })({ x, labels: [0, 1, 0], unlabeled }, context),
      await contrastiveProcedure(head, { sampler: still })({ x }, context),
    ];
    for (const step of steps) {
      expect(step.slots).toBeUndefined();
      const terms = step.loss();
      expect((await terms.sampleMagnitude!.data())[0]).toBe(terms.entropy ? 0 : 2);
      expect(terms.chainDistance).toBeUndefined();
      const { sampleMagnitude: _, ...own } = terms;
      dispose(own);
      step.dispose();
    }
    unlabeled.dispose();
  });
});

test("the penalty of jemProcedure() is half the mean square of the score", async () => {
  const linear = energyHead((x) => tidy(() => matMul(x as Tensor2D, ones([2, 2]))));
  const procedure = jemProcedure(linear, {
    sampler: still,
    penaltyWeight: 0.5,
    inputNoise: 0,
    pxWeight: 0,
    pyxWeight: 0,
  });
  const step = await procedure({ x: ones([3, 2]), labels: [0, 0, 0] }, context);
  const { penalty, loss } = step.loss();
  expect((await penalty!.data())[0]).toBeCloseTo(1, 3); // the score is (1, 1)
  expect((await loss.data())[0]).toBeCloseTo(0.5, 3);
  step.dispose();
});

test("procedures refuse both or neither of chains and a sampler, by name", () => {
  const buffer = replayBuffer({ key: key(0), size: 4, shape: [2] });
  const kernel = sgld(head, { alpha: 1 });
  const attempt = (options: object) => () => contrastiveProcedure(head, options as { sampler: NegativeSampler });
  expect(attempt({})).toThrow("kernel and buffer, or a sampler, must be given but found neither");
  expect(attempt({ kernel })).toThrow("must be given but found kernel");
  expect(attempt({ sampler: still, kernel, buffer })).toThrow(
    "takes the place of kernel and buffer but found sampler, kernel, buffer",
  );
  expect(() => jemProcedure(head, { sampler: still, penaltyWeight: -1 })).toThrow(
    "penaltyWeight must be at least 0 but found -1",
  );
});

test("energy and generator train by turns, report both, and resume exactly", async () => {
  const run = async (lengths: number[]): Promise<number[]> => {
    const model = productOfExperts(key(1), { inputShape: [2], units: [16], experts: 4 });
    const generator = mlpGenerator(key(2), { latent: 2, units: [16], outputShape: [2] });
    const forGenerator = train.adam(5e-3, 0.5);
    const sampler = generatorNegatives(model, generator, { optimizer: forGenerator, entropyWeight: 0.1 });
    const rows: Record<string, number>[] = [];
    const store = new Map<string, unknown>();
    const parts = {
      generator: weightsState([...generator.variables, ...generator.averages] as Variable[]),
      forGenerator: optimizerState(forGenerator),
    };
    for (const [at, iterations] of lengths.entries()) {
      // A part of a run starts from what the part before left: weights, moments and keys by the iteration.
      const optimizer = train.adam(5e-3, 0.5);
      const own = { weights: weightsState(model.variables as Variable[]), optimizer: optimizerState(optimizer) };
      for (const [name, part] of Object.entries({ ...parts, ...own })) {
        if (at > 0) await part.restore(store.get(name) as never);
      }
      const start = lengths.slice(0, at).reduce((a, b) => a + b, 0);
      const procedure = contrastiveProcedure(model, { sampler });
      await fit(
        (batch: { x: Tensor }, step) => procedure(batch, { ...step, key: foldIn(key(5), start + step.iteration) }),
        data(start),
        {
          optimizer,
          variables: model.variables as Variable[],
          iterations,
          key: key(3),
          listeners: [(event) => void (event.type === "iteration" && rows.push({ ...event.terms }))],
        },
      );
      for (const [name, part] of Object.entries({ ...parts, ...own })) store.set(name, await part.snapshot());
    }
    expect(Object.keys(rows[0]!)).toEqual(expect.arrayContaining(["generatorEnergy", "generatorEntropy", "energyGap"]));
    const values = [...(await model.linear.data()), ...(await generator.variables[0]!.data())];
    return values;
  };
  expect(await run([4, 4])).toEqual(await run([8]));
});

test("the energy remembers: what an earlier generator made stays less likely than data and what the generator makes now", async () => {
  const model = productOfExperts(key(1), { inputShape: [2], units: [16], experts: 8, variance: 4 });
  const generator = mlpGenerator(key(2), { latent: 2, units: [16], outputShape: [2] });
  const sampler = generatorNegatives(model, generator, { optimizer: train.adam(0.01, 0.5), entropyWeight: 0.05 });
  const made = (): Tensor => generator.generate(tidy(() => mul(normal(key(8), [256, 2]), 0.5)));
  const early = made();
  await fit(contrastiveProcedure(model, { sampler }), data(0), {
    optimizer: train.adam(0.01, 0.5),
    variables: model.variables as Variable[],
    iterations: 250,
    key: key(3),
  });
  const energies = await Promise.all(
    [early, made(), data(1000).next().value!.x].map(async (x) => -(await mean(model.logDensity(x)).data())[0]!),
  );
  const [ofEarly, ofNow, ofData] = energies as [number, number, number];
  expect(ofEarly).toBeGreaterThan(ofData + 0.5);
  expect(ofEarly).toBeGreaterThan(ofNow + 0.5);
});

test("an amortised sampler trains with the joint model and leaves no tensors", async () => {
  const classifier = (x: Tensor): Tensor2D => tidy(() => matMul(x as Tensor2D, ones([2, 2])));
  const generator = mlpGenerator(key(2), {
    latent: 2,
    units: [8],
    outputShape: [2],
    prior: "normal",
    normalized: false,
  });
  const sampler = amortizedNegatives(energyHead(classifier), generator, {
    optimizer: train.sgd(1e-3),
    posteriorOptimizer: train.sgd(1e-3),
    samples: 3,
  });
  const x = zeros([4, 2]);
  const once = async (): Promise<void> => {
    const step = await jemProcedure(energyHead(classifier), { sampler })({ x, labels: [0, 1, 0, 1] }, context);
    const { sampleMagnitude: _, generatorEnergy, noiseScale, ...own } = step.loss();
    expect((await noiseScale!.data())[0]).toBeLessThan(0.301);
    expect(generatorEnergy).toBeDefined();
    dispose(own);
    step.dispose();
  };
  await once();
  await leakFree(once);
});
