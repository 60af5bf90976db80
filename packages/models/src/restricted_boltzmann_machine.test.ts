import { foldIn, key, normal } from "@jem-js/random";
import { annealedImportanceSampling, reverseAnnealedImportanceSampling, run, sample } from "@jem-js/samplers";
import { leakFree } from "@jem-js-internal/testing";
import {
  dispose,
  grad,
  mean,
  mul,
  type Scalar,
  sub,
  sum,
  type Tensor,
  tensor2d,
  train,
  type Variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { logPartition, type RestrictedBoltzmannMachine, restrictedBoltzmannMachine } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

/** A machine whose weights and biases are all far from 0. */
function machine(visible: number, hidden: number, units: "bernoulli" | "gaussian", variance = 0.5) {
  const rbm = restrictedBoltzmannMachine(key(1), { visible, hidden, units, variance, weightScale: 0.8 });
  rbm.visibleBias.assign(mul(normal(key(2), [visible]), 0.7));
  rbm.hiddenBias.assign(mul(normal(key(3), [hidden]), 0.7));
  return rbm;
}

/** All states of `n` binary units. */
const states = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, state) => Array.from({ length: n }, (_, bit) => (state >> bit) & 1));

const logSumExp = (values: readonly number[]): number => {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((total, value) => total + Math.exp(value - largest), 0));
};

test("logPartition() is the sum over all states, whichever layer is smaller", async () => {
  for (const [visible, hidden] of [
    [6, 3],
    [3, 6],
  ] as const) {
    const rbm = machine(visible, hidden, "bernoulli");
    const densities = await read(rbm.logDensity(tensor2d(states(visible))));
    expect(await logPartition(rbm)).toBeAllclose(logSumExp(densities), { rtol: 1e-5 });
    rbm.dispose();
  }
});

test("logPartition() of Gaussian units is the integral, by quadrature and by one hidden state after the other", async () => {
  const rbm = machine(2, 4, "gaussian");
  const [side, step] = [201, 0.1];
  const grid = Array.from({ length: side * side }, (_, i) => [
    ((i % side) - 100) * step,
    (Math.floor(i / side) - 100) * step,
  ]);
  const densities = await read(rbm.logDensity(tensor2d(grid)));
  expect(await logPartition(rbm)).toBeAllclose(logSumExp(densities) + 2 * Math.log(step), { rtol: 1e-5 });
  const free = machine(2, 4, "gaussian");
  free.weights.assign(zeros([2, 4]));
  const bias = await read(free.hiddenBias);
  const alone = Math.log(2 * Math.PI * 0.5) + bias.reduce((total, c) => total + Math.log1p(Math.exp(c)), 0);
  expect(await logPartition(free)).toBeAllclose(alone, { rtol: 1e-5 });
});

test("the score of a machine is the gradient of its log-density", async () => {
  const x = normal(key(0), [5, 3]);
  for (const units of ["bernoulli", "gaussian"] as const) {
    const rbm = machine(3, 4, units);
    const expected = grad((input: Tensor) => sum(rbm.logDensity(input)))(x);
    expect(await read(rbm.score(x))).toBeAllclose(await read(expected), { rtol: 1e-4, atol: 1e-5 });
  }
});

test("Gibbs sweeps have the marginals that enumeration gives", async () => {
  const rbm = machine(5, 3, "bernoulli");
  const all = states(5);
  const densities = await read(rbm.logDensity(tensor2d(all)));
  const total = logSumExp(densities);
  const expected = all[0]!.map((_, unit) =>
    all.reduce((sum, state, i) => sum + state[unit]! * Math.exp(densities[i]! - total), 0),
  );
  const chains = 8000;
  const { x } = run(rbm.gibbs, zeros([chains, 5]), { key: key(4), steps: 40 });
  const found = await read(mean(x, 0));
  for (const [unit, p] of expected.entries()) {
    expect(Math.abs(found[unit]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / chains));
  }
});

test("Gibbs sweeps of Gaussian units have their mean and variance", async () => {
  const rbm = machine(1, 3, "gaussian", 0.5);
  const points = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 200);
  const densities = await read(rbm.logDensity(tensor2d(points.map((point) => [point]))));
  const total = logSumExp(densities);
  const moment = (power: number): number =>
    points.reduce((sum, point, i) => sum + point ** power * Math.exp(densities[i]! - total), 0);
  const variance = moment(2) - moment(1) ** 2;
  const chains = 8000;
  const { x } = await sample(rbm.gibbs, zeros([chains, 1]), { key: key(5), burnIn: 40, samples: 1 });
  const values = await read(x!);
  const found = values.reduce((a, b) => a + b, 0) / chains;
  expect(Math.abs(found - moment(1))).toBeLessThan(4 * Math.sqrt(variance / chains));
  const spread = values.reduce((a, b) => a + (b - found) ** 2, 0) / chains;
  expect(spread).toBeAllclose(variance, { rtol: 4 * Math.sqrt(3 / chains) });
});

test("annealed importance sampling and its reverse bracket the exact log Z of machines", async () => {
  for (const units of ["bernoulli", "gaussian"] as const) {
    const rbm = machine(8, 6, units);
    const exact = await logPartition(rbm);
    const samples = run(rbm.gibbs, zeros([500, 8]), { key: key(6), steps: 200 }).x;
    const options = { temperatures: 200, chains: 500 };
    const forward = await annealedImportanceSampling(rbm.path, { key: key(7), ...options });
    const reverse = await reverseAnnealedImportanceSampling(rbm.path, samples, { key: key(8), ...options });
    expect(Math.abs(forward.logNormalizer - exact)).toBeLessThan(4 * forward.standardError);
    expect(Math.abs(reverse.logNormalizer - exact)).toBeLessThan(4 * reverse.standardError);
    expect(forward.standardError).toBeLessThan(0.05);
    // The mean of the logarithms of the weights is below, by Jensen's inequality, and that of the way back above.
    const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(meanOf(forward.logWeights)).toBeLessThan(exact);
    expect(meanOf(reverse.logWeights)).toBeGreaterThan(exact);
  }
});

test("a machine learns two patterns by CD-1, to what the best can know of them", async () => {
  const patterns = [
    [1, 1, 0, 0],
    [0, 0, 1, 1],
  ];
  const x = tensor2d(Array.from({ length: 64 }, (_, i) => patterns[i % 2]!));
  const rbm = restrictedBoltzmannMachine(key(0), { visible: 4, hidden: 3, weightScale: 0.1 });
  const optimizer = train.adam(0.05);
  const likelihood = async (): Promise<number> => (await read(mean(rbm.logDensity(x))))[0]! - (await logPartition(rbm));
  const before = await likelihood();
  for (let i = 0; i < 300; i++) {
    const { x: negatives } = run(rbm.gibbs, x, { key: foldIn(key(1), i), steps: 1 });
    const loss = (): Scalar => sub(mean(rbm.logDensity(negatives)), mean(rbm.logDensity(x)));
    optimizer.minimize(loss, false, rbm.variables as Variable[]);
    negatives.dispose();
  }
  expect(before).toBeCloseTo(-4 * Math.LN2, 1);
  expect(await likelihood()).toBeGreaterThan(-Math.LN2 - 0.35);
});

test("a machine leaks nothing and refuses bad sizes by value", async () => {
  const x = zeros([3, 2]);
  await leakFree(async () => {
    const rbm: RestrictedBoltzmannMachine = restrictedBoltzmannMachine(key(0), { visible: 2, hidden: 2 });
    const state = run(rbm.gibbs, x, { key: key(1), steps: 2 });
    dispose([rbm.logDensity(x), rbm.score(x), rbm.hiddenProbabilities(x), state.x]);
    dispose([rbm.path.sample(key(0), 2), rbm.path.logRatio(x, 0, 1)]);
    (await annealedImportanceSampling(rbm.path, { key: key(0), temperatures: 3, chains: 2 })).x.dispose();
    rbm.dispose();
  });
  const attempt = (options: object) => () => restrictedBoltzmannMachine(key(0), { visible: 2, hidden: 2, ...options });
  expect(attempt({ visible: 0 })).toThrow("visible must be an integer of at least 1 but found 0");
  expect(attempt({ units: "softmax" })).toThrow('must be one of "bernoulli", "gaussian" but found softmax');
  expect(attempt({ variance: 0 })).toThrow("variance must be greater than 0 but found 0");
  expect(attempt({ weightScale: -1 })).toThrow("weightScale must be at least 0 but found -1");
  const large = restrictedBoltzmannMachine(key(0), { visible: 25, hidden: 30 });
  await expect(logPartition(large)).rejects.toThrow("visible must be at most 24 units but found 25");
});
