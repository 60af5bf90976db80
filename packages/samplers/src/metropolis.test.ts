import { key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  add,
  dispose,
  div,
  grad,
  logSumExp,
  mean,
  moments,
  mul,
  neg,
  ones,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { diagonalMass, energyLoss, leapfrog, type Phase } from "./_leapfrog.ts";
import { type DensityModel, hmc, type Kernel, type MetropolisState, mala, nuts, run } from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

/** The model of a log-density; its score is its gradient. */
function model(logDensity: (x: Tensor) => Tensor): DensityModel {
  return { logDensity, score: (x) => grad((input) => sum(logDensity(input)))(x) };
}
const gaussian: DensityModel = {
  logDensity: (x) => mul(sum(square(x), 1), -0.5),
  score: (x) => neg(x),
};
const quartic = model((x) => mul(sum(square(square(x)), 1), -0.25));

/** Four Gaussians at radius 1.2 with standard deviation 0.3, normalised: spec of the two-dimensional test bed. */
const fourGaussians = model((x) => {
  const centres = tensor2d([
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
    [0, -1.2],
  ]);
  const distance = sum(square(sub(x.reshape([-1, 1, 2]), centres)), 2);
  return sub(logSumExp(mul(distance, -0.5 / 0.09), 1), Math.log(4 * 2 * Math.PI * 0.09));
});

const kernels: [string, (head: DensityModel) => Kernel<MetropolisState>][] = [
  ["mala", (head) => mala(head, { stepSize: 0.3 })],
  ["hmc", (head) => hmc(head, { stepSize: 0.35, leapfrogSteps: 4 })],
  ["nuts", (head) => nuts(head, { stepSize: 0.6, maxTreeDepth: 3 })],
];

describe("from N(0, I), where the acceptance is known", () => {
  const n = 4000;
  test.each<[string, Kernel<MetropolisState>, number, number]>([
    ["mala, eta 0.1", mala(gaussian, { stepSize: 0.1 }), 2, 0.989],
    ["mala, eta 0.5", mala(gaussian, { stepSize: 0.5 }), 2, 0.875],
    ["mala, eta 0.3", mala(gaussian, { stepSize: 0.3 }), 10, 0.858],
    ["mala, eta 0.1", mala(gaussian, { stepSize: 0.1 }), 100, 0.912],
    ["hmc, 10 of 0.2", hmc(gaussian, { stepSize: 0.2, leapfrogSteps: 10 }), 2, 0.995],
    ["hmc, 10 of 0.2", hmc(gaussian, { stepSize: 0.2, leapfrogSteps: 10 }), 100, 0.964],
    ["hmc, 5 of 1", hmc(gaussian, { stepSize: 1, leapfrogSteps: 5 }), 10, 0.7],
  ])("%s in %#: acceptance and variance", async (_, kernel, dimensions, expected) => {
    const { x, info } = run(kernel, normal(key(9), [n, dimensions]), { key: key(1), steps: 2 });
    const { mean: acceptance, variance } = moments(info!.acceptance!);
    const [found, spread] = [...(await read(acceptance)), ...(await read(variance))] as [number, number];
    // Four standard errors and the rounding of the expected value.
    expect(Math.abs(found - expected)).toBeLessThan(4 * Math.sqrt(spread / n) + 5e-4);
    expect((await read(moments(x).variance))[0]).toBeAllclose(1, {
      rtol: 4 * Math.sqrt(2 / (n * dimensions)),
      atol: 0,
    });
    const rate = (await read(mean(info!.accepted!)))[0]!;
    expect(Math.abs(rate - found)).toBeLessThan(4 * Math.sqrt((found * (1 - found)) / n) + 1e-6);
  });
});

describe.each(kernels)("%s()", (name, make) => {
  test("has the moments of exp(-x^4 / 4): 0.676 and 1", async () => {
    const n = 10_000;
    const { x } = run(make(quartic), zeros([n, 1]), { key: key(2), steps: name === "mala" ? 60 : 20 });
    const second = square(x);
    const [m2, m4] = [(await read(mean(second)))[0]!, (await read(mean(square(second))))[0]!];
    // Var x^2 = 1 - 0.676^2, Var x^4 = E x^8 - 1 = 5 - 1.
    expect(Math.abs(m2 - 0.675978)).toBeLessThan(4 * Math.sqrt((1 - 0.457) / n));
    expect(Math.abs(m4 - 1)).toBeLessThan(4 * Math.sqrt(4 / n));
  });

  test("samples exp(f / T) at temperature T", async () => {
    const n = 10_000;
    const hot = { stepSize: 0.5, temperature: 4 };
    const kernels = {
      mala: mala(gaussian, hot),
      hmc: hmc(gaussian, hot),
      nuts: nuts(gaussian, { ...hot, maxTreeDepth: 3 }),
    };
    const kernel = kernels[name as "mala"];
    expect(kernel.temperature).toBe(4);
    const { x } = run(kernel, mul(normal(key(3), [n, 1]), 2), { key: key(4), steps: 10 });
    expect((await read(moments(x).variance))[0]).toBeAllclose(4, { rtol: 4 * Math.sqrt(2 / n), atol: 0 });
  });

  test("keeps the log-density and score of its positions", async () => {
    const state = run(make(quartic), ones([5, 2]), { key: key(5), steps: 3 });
    expect(await read(state.logDensity)).toBeAllclose(await read(quartic.logDensity(state.x)));
    expect(await read(state.score)).toBeAllclose(await read(quartic.score(state.x)));
    expect(state.step).toBe(3);
  });

  test("adapts the step size to the acceptance aimed at, then holds it", async () => {
    const targetAcceptance = 0.7;
    const options = { stepSize: 0.01, adaptationSteps: 80, targetAcceptance };
    // Of many frequencies: of one, the acceptance rises again where trajectories come back together.
    const variances = add(mul(tensor1d(Array.from({ length: 20 }, (_, i) => i)), 0.2), 0.2);
    const many: DensityModel = {
      logDensity: (x) => mul(sum(div(square(x), variances), 1), -0.5),
      score: (x) => neg(div(x, variances)),
    };
    const all = {
      mala: mala(many, options),
      hmc: hmc(many, { ...options, leapfrogSteps: 3 }),
      nuts: nuts(many, { ...options, maxTreeDepth: 3 }),
    };
    const kernel = all[name as "mala"];
    const sizes: Promise<number[]>[] = [];
    const rates: Promise<number[]>[] = [];
    run(kernel, normal(key(6), [300, 20]), {
      key: key(7),
      steps: 90,
      trace: ({ step, info }) => {
        sizes.push(read(info!.stepSize!.clone()));
        if (step > 20 && step <= 80) rates.push(read(mean(info!.acceptance!)));
      },
    });
    const used = (await Promise.all(sizes)).flat();
    expect(used[0]).toBeCloseTo(0.01, 6);
    expect(new Set(used.slice(80)).size).toBe(1);
    // What dual averaging brings to 0 is the mean difference over adaptation itself.
    const found = (await Promise.all(rates)).flat().reduce((a, b) => a + b, 0) / 60;
    expect(Math.abs(found - targetAcceptance)).toBeLessThan(0.05);
  });

  test("stays where a proposal is not finite, and frees what it makes", async () => {
    const cliff: DensityModel = {
      logDensity: (x) => add(sum(mul(x, 0), 1), div(0, sum(mul(neg(square(x)), 0), 1))),
      score: (x) => div(x, 0),
    };
    const kernel = make(cliff);
    await leakFree(async () => {
      const start = zeros([2, 3]);
      const state = run(kernel, start, { key: key(8), steps: 2 });
      expect(await read(state.x)).toEqual([0, 0, 0, 0, 0, 0]);
      dispose([start, state as object as Tensor]);
    });
  });

  test("passes the labels on", async () => {
    const shifted: DensityModel = {
      logDensity: (x, y) => mul(sum(square(sub(x, (y as Tensor).reshape([-1, 1]))), 1), -0.5),
      score: (x, y) => sub((y as Tensor).reshape([-1, 1]), x),
    };
    const labels = tensor1d([5, -5]);
    const kernel = { mala, hmc, nuts }[name as "mala"](shifted, { stepSize: 0.15, labels });
    const { x } = run(kernel, zeros([2, 1]), { key: key(1), steps: 40 });
    const [a, b] = await read(x);
    expect(a).toBeGreaterThan(1);
    expect(b).toBeLessThan(-1);
  });

  test("refuses a bad head and bad options", () => {
    const kernel = { mala, hmc, nuts }[name as "mala"];
    const score = (x: Tensor): Tensor => x;
    expect(() => kernel({} as DensityModel, { stepSize: 1 })).toThrow(
      `Cannot create ${name} kernel: head must have a score()`,
    );
    expect(() => kernel({ score } as DensityModel, { stepSize: 1 })).toThrow(
      "head must have a logDensity() but found undefined",
    );
    expect(() => kernel(gaussian, { stepSize: 0 })).toThrow("stepSize must be greater than 0 but found 0");
    expect(() => kernel(gaussian, { stepSize: 1, temperature: 0 })).toThrow("temperature must be greater than 0");
    expect(() => kernel(gaussian, { stepSize: 1, adaptationSteps: 0.5 })).toThrow("adaptationSteps must be an integer");
    expect(() => kernel(gaussian, { stepSize: 1, targetAcceptance: 1 })).toThrow("between 0 and 1 but found 1");
    expect(() => kernel(gaussian, { stepSize: () => 1, adaptationSteps: 1 })).toThrow("a number when it is adapted");
    expect(() => hmc(gaussian, { stepSize: 1, leapfrogSteps: 0 })).toThrow(
      "leapfrogSteps must be an integer of at least 1",
    );
    expect(() => nuts(gaussian, { stepSize: 1, maxTreeDepth: 0 })).toThrow(
      "maxTreeDepth must be an integer of at least 1",
    );
    const falling = kernel(gaussian, { stepSize: (step) => 1 - step });
    expect(() => run(falling, zeros([1, 1]), { key: key(0), steps: 2 })).toThrow(
      "Cannot make step 1: stepSize must be",
    );
  });
});

test.each(["hmc", "nuts"])("%s() has the moments of four Gaussians", async (name) => {
  const n = 2000;
  const kernel =
    name === "hmc"
      ? hmc(fourGaussians, { stepSize: (step) => 0.15 + 0.1 * (step % 2), leapfrogSteps: 6 })
      : nuts(fourGaussians, { stepSize: 0.25, maxTreeDepth: 3 });
  // From the centre of symmetry chains go to all modes alike.
  const { x, logDensity } = run(kernel, zeros([n, 2]), { key: key(3), steps: 16 });
  const { mean: centre, variance } = moments(x, 0);
  expect(await read(centre)).toBeAllclose([0, 0], { rtol: 0, atol: 4 * Math.sqrt(0.81 / n) });
  // Each variance is 1.2^2 / 2 + 0.3^2; that of its estimate is bounded by E x^4 / n < 1.2^4 (1 + 6 / 16) / 2 / n.
  expect(await read(variance)).toBeAllclose([0.81, 0.81], { rtol: 0, atol: 4 * Math.sqrt((1.43 - 0.81 ** 2) / n) });
  // E log p is minus the entropy, 1.8030; log p within a mode has variance 1.
  const found = (await read(mean(logDensity)))[0]!;
  expect(Math.abs(found + 1.803)).toBeLessThan(4 / Math.sqrt(n));
});

test("hmc() and nuts() with inverse masses fit coordinates of different scale", async () => {
  const n = 4000;
  const variances = tensor1d([1, 1e4]);
  const scaled: DensityModel = {
    logDensity: (x) => mul(sum(div(square(x), variances), 1), -0.5),
    score: (x) => neg(div(x, variances)),
  };
  const options = { stepSize: 0.5, inverseMass: variances };
  for (const kernel of [hmc(scaled, { ...options, leapfrogSteps: 3 }), nuts(scaled, { ...options, maxTreeDepth: 3 })]) {
    const { x } = run(kernel, zeros([n, 2]), { key: key(4), steps: 12 });
    const found = await read(div(moments(x, 0).variance, variances));
    expect(found).toBeAllclose([1, 1], { rtol: 4 * Math.sqrt(2 / n), atol: 0 });
  }
});

test("nuts() doubles until chains turn back, and tells", async () => {
  const n = 400;
  const depth = async (stepSize: number): Promise<number> => {
    const kernel = nuts(gaussian, { stepSize, maxTreeDepth: 8 });
    const { info } = run(kernel, normal(key(1), [n, 2]), { key: key(2), steps: 1 });
    return (await read(mean(info!.treeDepth!)))[0]!;
  };
  // Half the step size takes twice the points for the same path. The depths have a standard deviation below 1.
  expect(Math.abs((await depth(0.1)) - (await depth(0.2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  const far = run(nuts(quartic, { stepSize: 1, maxTreeDepth: 2 }), mul(ones([3, 1]), 100), { key: key(2), steps: 1 });
  expect(await read(far.info!.diverged!)).toEqual([1, 1, 1]);
  expect(await read(far.x)).toEqual([100, 100, 100]);
});

describe("leapfrog steps", () => {
  const dynamics = { score: gaussian.score, mass: diagonalMass(undefined), temperature: 1 };
  const follow = (from: Phase, steps: number, size: number): Phase => {
    let phase = from;
    for (let i = 0; i < steps; i++) phase = leapfrog(dynamics, phase, size);
    return phase;
  };
  const x = normal(key(0), [20, 3]);
  const start = { x, momentum: normal(key(1), [20, 3]), score: neg(x) };
  const lost = async (steps: number, size: number): Promise<number> => {
    const end = follow(start, steps, size);
    const withDensity = (phase: Phase): Phase & { logDensity: Tensor } => ({
      ...phase,
      logDensity: gaussian.logDensity(phase.x),
    });
    return (await read(sqrt(mean(square(energyLoss(dynamics, withDensity(start), withDensity(end)))))))[0]!;
  };

  test("are reversible", async () => {
    const back = follow(follow(start, 20, 0.3), 20, -0.3);
    expect(await read(back.x)).toBeAllclose(await read(start.x), { rtol: 0, atol: 1e-5 });
    expect(await read(back.momentum)).toBeAllclose(await read(start.momentum), { rtol: 0, atol: 1e-5 });
  });

  test("lose an energy that falls with the square of their size", async () => {
    expect((await lost(5, 0.4)) / (await lost(10, 0.2))).toBeAllclose(4, { rtol: 0.15, atol: 0 });
  });

  test("are stable below a size of 2 and not above", async () => {
    expect(await lost(100, 1.9)).toBeLessThan(100);
    expect(await lost(100, 2.1)).toBeGreaterThan(1e4);
  });
});
