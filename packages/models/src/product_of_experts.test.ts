import { key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { dispose, grad, mul, sum, type Tensor, type Tensor2D, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { logPartition, productOfExperts, restrictedBoltzmannMachine } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

test("with the input as features it is a Gaussian-Bernoulli machine, with its partition function", async () => {
  const [d, experts, variance] = [2, 4, 1.5];
  const energy = productOfExperts(key(0), { inputShape: [d], experts, variance });
  energy.linear.assign(normal(key(1), [d]));
  energy.expertBias.assign(normal(key(2), [experts]));
  const [b, c] = [await read(energy.linear), await read(energy.expertBias)];
  const w = await read(energy.weights);
  // Z = sum_h exp(c . h) (pi s^2)^(d / 2) exp(s^2 ||b + W h||^2 / 4)
  let total = 0;
  for (let state = 0; state < 2 ** experts; state++) {
    const h = c.map((_, i) => (state >> i) & 1);
    const bias = c.reduce((sum, value, i) => sum + value * h[i]!, 0);
    const squares = b.reduce(
      (sum, value, j) => sum + (value + h.reduce((s, on, i) => s + on * w[j * experts + i]!, 0)) ** 2,
      0,
    );
    total += Math.exp(bias) * (Math.PI * variance) ** (d / 2) * Math.exp((variance * squares) / 4);
  }
  const [side, step] = [241, 0.1];
  const grid = Array.from({ length: side * side }, (_, i) => [
    ((i % side) - 120) * step,
    (Math.floor(i / side) - 120) * step,
  ]);
  const densities = await read(energy.logDensity(tensor2d(grid)));
  const quadrature = densities.reduce((sum, one) => sum + Math.exp(one) * step * step, 0);
  expect(quadrature).toBeAllclose(total, { rtol: 1e-4 });
  const machine = restrictedBoltzmannMachine(key(0), {
    visible: d,
    hidden: experts,
    units: "gaussian",
    variance: variance / 2,
  });
  machine.weights.assign(energy.weights);
  machine.hiddenBias.assign(energy.expertBias);
  machine.visibleBias.assign(mul(energy.linear, variance / 2));
  // The square is completed: exp(s^2 b^2 / 4) is not in the machine's.
  const completed = (variance * b.reduce((sum, value) => sum + value * value, 0)) / 4;
  expect((await logPartition(machine)) + completed).toBeAllclose(Math.log(total), { rtol: 1e-5 });
});

test("the score is the gradient of the log-density, with features of any kind", async () => {
  const x = normal(key(3), [4, 2, 1, 1]);
  const features = { size: 2, variables: [], apply: (input: Tensor): Tensor2D => mul(input.reshape([-1, 2]), 3) };
  for (const options of [{ units: [8, 4] }, { features }, { variance: Number.POSITIVE_INFINITY }]) {
    const energy = productOfExperts(key(4), { inputShape: [2, 1, 1], experts: 3, ...options });
    const expected = grad((input: Tensor) => sum(energy.logDensity(input)))(x);
    expect(await read(energy.score(x))).toBeAllclose(await read(expected));
    const values = await read(energy.logDensity(mul(x, 1e4)));
    expect(values.every(Number.isFinite)).toBe(true);
    energy.dispose();
  }
});

test("productOfExperts() frees what it made and refuses bad options by value", async () => {
  const x = zeros([2, 3]);
  await leakFree(() => {
    const energy = productOfExperts(key(0), { inputShape: [3], units: [4], experts: 2 });
    dispose([energy.logDensity(x), energy.score(x)]);
    energy.dispose();
  });
  const attempt = (options: object) => () => productOfExperts(key(0), { inputShape: [2], experts: 2, ...options });
  expect(attempt({ experts: 0 })).toThrow("experts must be an integer of at least 1 but found 0");
  expect(attempt({ variance: 0 })).toThrow("variance must be greater than 0 but found 0");
  expect(attempt({ units: [0] })).toThrow("units must be positive integers but found 0 at 0");
  const features = { size: 1, variables: [], apply: (input: Tensor) => input as Tensor2D };
  expect(attempt({ units: [2], features })).toThrow("just one of units and features");
});
