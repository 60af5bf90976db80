import { mlpGenerator } from "@jem-js/models";
import { foldIn, key, normal } from "@jem-js/random";
import { expectNumericGradient, gaussian, leakFree } from "@jem-js-internal/testing";
import { concat, dispose, mean, square, sub, type Tensor, tensor1d, train, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { negativeScore } from "./_code_importance.ts";
import { amortizedNegatives, batchNormEntropy, type Generator, generatorNegatives } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

test("batchNormEntropy() is that of independent Gaussians, with the gradient of its value", async () => {
  const scales = [tensor1d([0.5, -2]), tensor1d([3])];
  const expected = [0.5, 2, 3].map((g) => 0.5 * Math.log(2 * Math.PI * Math.E * g * g));
  const total = expected.reduce((a, b) => a + b);
  expect(await read(batchNormEntropy(scales))).toBeAllclose([total]);
  expect(await read(batchNormEntropy(scales, { reduction: "mean" }))).toBeAllclose([total / 3]);
  await expectNumericGradient((g) => batchNormEntropy([g]), tensor1d([0.5, -2, 3]));
  expect(() => batchNormEntropy([])).toThrow("must have batch normalisation but found no scales");
  expect(() => batchNormEntropy(scales, { reduction: "max" as "sum" })).toThrow("one of sum, mean but found max");
});

test("only the scales get the gradient of the entropy, and the generator goes to low energy", async () => {
  const generator = mlpGenerator(key(0), { latent: 2, units: [8], outputShape: [2] });
  const flat = { logDensity: (x: Tensor) => x.mul(0).sum(1) as never };
  const before = await Promise.all(generator.variables.map(read));
  await generatorNegatives(flat, generator, { optimizer: train.sgd(0.1) })(key(1), zeros([16, 2]));
  const after = await Promise.all(generator.variables.map(read));
  const changed = after.map((values, i) => values.some((value, j) => value !== before[i]![j]));
  expect(changed).toEqual(generator.variables.map((one) => generator.scales.includes(one)));
  // The gradient of H is 1 / g, here 1: a step of 0.1 up.
  expect(await read(generator.scales[0]!)).toBeAllclose(new Array(8).fill(1.1));

  const target = gaussian(1, 3);
  const sample = generatorNegatives(target, generator, { optimizer: train.adam(0.02), entropyWeight: 0 });
  let last: Tensor = zeros([1, 2]);
  for (let i = 0; i < 150; i++) last = await sample(key(i), zeros([64, 2]));
  expect(await read(mean(last, 0))).toBeAllclose([3, 3], { atol: 0.2 });
});

/** `g(z) = a z` on the line. */
const linear = (a: Tensor): Generator => ({
  latent: 1,
  prior: "normal",
  generate: (z) => z.mul(a),
  variables: [],
  scales: [],
});

test("the score of a linear generator is that of its Gaussian", async () => {
  const [a, s, count, samples] = [0.8, 0.3, 64, 2000];
  const z = normal(key(0), [count, 1]) as never;
  const x = linear(tensor1d([a]))
    .generate(z)
    .add(normal(key(1), [count, 1]).mul(s)) as Tensor;
  // The posterior is a Gaussian of deviation s / sqrt(a^2 + s^2) around a point near z.
  const logPosterior = tensor1d([Math.log(0.5)]);
  const e = normal(key(2), [count, samples, 1]);
  const found = negativeScore(linear(tensor1d([a])), { x, z, e, logNoise: tensor1d([Math.log(s)]), logPosterior });
  expect((await read(mean(square(sub(found, x.div(a * a + s * s))))))[0]).toBeLessThan(0.02);
});

test("amortizedNegatives() learns the variance of a Gaussian, which it would lose without the entropy", async () => {
  const spread = async (entropyWeight: number): Promise<number> => {
    const generator = mlpGenerator(key(0), {
      latent: 1,
      units: [],
      outputShape: [1],
      prior: "normal",
      normalized: false,
    });
    const sample = amortizedNegatives(gaussian(1), generator, {
      optimizer: train.adam(0.03),
      posteriorOptimizer: train.adam(0.03),
      entropyWeight,
      samples: 100, // fewer lean towards less: see the docs
    });
    let negatives: Tensor = zeros([1]);
    for (let i = 0; i < 150; i++) {
      negatives.dispose();
      negatives = await sample(foldIn(key(1), i), zeros([32, 1]));
    }
    const all = concat(
      await Promise.all(Array.from({ length: 20 }, (_, i) => sample(foldIn(key(2), i), zeros([32, 1])))),
    );
    sample.dispose();
    return (await read(mean(square(all))))[0]!;
  };
  expect(await spread(1)).toBeAllclose(1, { rtol: 0.15 });
  expect(await spread(0)).toBeLessThan(0.1);
});

test("samplers leave no tensors, tell what they measured, and refuse what cannot work", async () => {
  const x = zeros([4, 2]);
  const normalized = mlpGenerator(key(0), { latent: 2, units: [4], outputShape: [2] });
  const plain = mlpGenerator(key(0), { latent: 2, units: [4], outputShape: [2], prior: "normal", normalized: false });
  const optimizers = { optimizer: train.sgd(0.01), posteriorOptimizer: train.sgd(0.01) };
  await leakFree(async () => {
    for (const sample of [
      generatorNegatives(gaussian(1), normalized, optimizers),
      amortizedNegatives(gaussian(1), plain, { ...optimizers, samples: 3 }),
    ]) {
      expect(sample.terms()).toEqual({});
      for (let i = 0; i < 2; i++) (await sample(key(i), x)).dispose();
      const terms = sample.terms();
      for (const term of Object.values(terms)) expect(Number.isFinite((await read(term))[0])).toBe(true);
      dispose(terms);
      sample.dispose();
    }
  });
  const amortized =
    (change: object, generator = plain) =>
    () =>
      amortizedNegatives(gaussian(1), generator, { ...optimizers, ...change });
  expect(() => generatorNegatives(gaussian(1), plain, optimizers)).toThrow("found no scales");
  expect(() => generatorNegatives(gaussian(1), normalized, { ...optimizers, entropyWeight: -1 })).toThrow(
    "entropyWeight must be at least 0 but found -1",
  );
  expect(amortized({}, normalized)).toThrow("prior of the generator must be normal but found uniform");
  const both = mlpGenerator(key(0), { latent: 2, units: [4], outputShape: [2], prior: "normal" });
  expect(amortized({}, both)).toThrow("must have no batch normalisation");
  expect(amortized({ samples: 0 })).toThrow("samples must be a positive integer but found 0");
  expect(amortized({ noiseScale: [0.3, 0.1] })).toThrow("min < max but found [0.3, 0.1]");
  expect(amortized({ posteriorScale: 0 })).toThrow("posteriorScale must be greater than 0 but found 0");
});
