import { key, normal, uniform } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { mean, moments, ones, square, type Tensor, type Tensor2D, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { mlpGenerator } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

test("batch normalisation uses the batch in training and its moving averages else", async () => {
  const generator = mlpGenerator(key(0), { latent: 3, units: [5], outputShape: [2] });
  const z = uniform(key(1), [64, 3], { min: -1 }) as Tensor2D;
  const before = await read(generator.generate(z));
  const trained = await read(generator.generate(z, { training: true }));
  expect(trained).not.toEqual(before);
  for (let i = 0; i < 100; i++) generator.generate(z, { training: true });
  expect(await read(generator.generate(z))).toBeAllclose(trained, { rtol: 1e-3, atol: 1e-3 });
  const hidden = z.matMul(generator.variables[0]! as Tensor as Tensor2D).add(generator.variables[1]!);
  const { mean: center, variance } = moments(hidden, 0);
  expect(await read(generator.averages[0]!)).toBeAllclose(await read(center), { atol: 1e-4 });
  expect(await read(generator.averages[1]!)).toBeAllclose(await read(variance), { atol: 1e-4 });
  // One sample does not depend on the others.
  const alone = await read(generator.generate(z.slice([0, 0], [1, 3])));
  expect(alone).toBeAllclose((await read(generator.generate(z))).slice(0, 2));
});

test("mlpGenerator() is a function of its key, of any output, and bounded by tanh", async () => {
  const options = { latent: 2, units: [8], outputShape: [3, 2, 1], output: "tanh", normalized: false } as const;
  const z = normal(key(1), [4, 2]);
  const [a, b, c] = [key(0), key(0), key(2)].map((k) => mlpGenerator(k, options).generate(z));
  expect(a!.shape).toEqual([4, 3, 2, 1]);
  expect(await read(a!)).toEqual(await read(b!));
  expect(await read(a!)).not.toEqual(await read(c!));
  expect((await read(mean(square(a!))))[0]).toBeLessThan(1);
  const { scales, averages, variables } = mlpGenerator(key(0), options);
  expect([scales.length, averages.length, variables.length]).toEqual([0, 0, 4]);
});

test("mlpGenerator() leaves nothing and refuses bad options by value", async () => {
  const z = ones([4, 2]);
  await leakFree(() => {
    const generator = mlpGenerator(key(0), { latent: 2, units: [3, 3], outputShape: [2] });
    generator.generate(z, { training: true }).dispose();
    generator.generate(zeros([1, 2])).dispose();
    generator.dispose();
  }, 1); // the zeros
  const attempt = (options: object) => () =>
    mlpGenerator(key(0), { latent: 2, units: [3], outputShape: [2], ...options });
  expect(attempt({ latent: 0 })).toThrow("latent must be an integer of at least 1 but found 0");
  expect(attempt({ prior: "cauchy" })).toThrow('must be one of "normal", "uniform" but found cauchy');
  expect(attempt({ output: "sigmoid" })).toThrow('must be one of "linear", "tanh" but found sigmoid');
});
