import { isAvailable } from "@jem-js/native";
import { golden, goldenNetwork, goldenTensor, leakFree, numericGradient, useBackend } from "@jem-js-internal/testing";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, test } from "vitest";
import {
  checkSecondDerivatives,
  disagreement,
  type EnergyHead,
  energyHead,
  ensemble,
  guide,
  mixture,
  product,
  reweight,
  temper,
} from "./mod.ts";

const BACKENDS = ["cpu", "wasm", ...(isAvailable() ? ["native"] : [])];
const values = async (t: tf.Tensor): Promise<number[]> => Array.from(await t.data());
const log = Math.log;
const logSumExp = (f: readonly number[]): number => log(f.reduce((s, v) => s + Math.exp(v), 0));
const softmax = (f: readonly number[]): number[] => f.map((v) => Math.exp(v - logSumExp(f)));

const X = [
  [0.3, -1.1, 0.7],
  [1.5, 0.2, -0.4],
];
const LABELS = [2, 0];
/** Smooth logits of numbers and of tensors alike: `f(x)[y] = a_y sin(x_y) + b x_y^2`. */
const PARAMETERS = [
  { a: [1, -2, 0.5], b: -0.5 },
  { a: [-1, 1.5, 2], b: -0.25 },
];
const logits64 = (i: number, x: readonly number[]): number[] =>
  x.map((v, k) => PARAMETERS[i]!.a[k]! * Math.sin(v) + PARAMETERS[i]!.b * v * v);
const member = (i: number): EnergyHead =>
  energyHead((x) => {
    const { a, b } = PARAMETERS[i]!;
    return tf.add(tf.mul(tf.sin(x), tf.tensor1d(a)), tf.mul(tf.square(x), b)) as tf.Tensor2D;
  });

/** `log p(x, y)` of each composition as it is documented, up to a constant, in float64. */
const COMPOSITIONS: Record<string, { make: () => EnergyHead; joint: (f: number[], g: number[]) => number[] }> = {
  "temper()": { make: () => temper(member(0), 0.25), joint: (f) => f.map((v) => 4 * v) },
  "guide()": {
    make: () => guide(member(0), 3),
    joint: (f) => softmax(f).map((p) => logSumExp(f) + 3 * log(p)),
  },
  "reweight()": {
    make: () => reweight(member(0), { pxWeight: 2.5, pyxWeight: 0.5 }),
    joint: (f) => softmax(f).map((p) => 2.5 * logSumExp(f) + 0.5 * log(p)),
  },
  "product() of joint densities": {
    make: () => product([member(0), member(1)], { weights: [2, -0.5] }),
    joint: (f, g) => f.map((v, k) => 2 * v - 0.5 * g[k]!),
  },
  "product() of marginal densities": {
    make: () => product([member(0), member(1)], { of: "marginal" }),
    joint: (f, g) => softmax(f.map((v, k) => v + g[k]!)).map((p) => logSumExp(f) + logSumExp(g) + log(p)),
  },
  "mixture()": {
    make: () => mixture([member(0), member(1)], { weights: [0.2, 3] }),
    joint: (f, g) => f.map((v, k) => log(0.2 * Math.exp(v) + 3 * Math.exp(g[k]!))),
  },
  "ensemble()": {
    make: () => ensemble([member(0), member(1)]),
    joint: (f, g) => softmax(f).map((p, k) => (logSumExp(f) + logSumExp(g)) / 2 + log((p + softmax(g)[k]!) / 2)),
  },
};

describe.each(BACKENDS)("on %s", (backend) => {
  useBackend(backend);

  test.each(Object.keys(COMPOSITIONS))("%s is a head of its density: every member, and no leak", async (name) => {
    const { make, joint } = COMPOSITIONS[name]!;
    const head = make();
    const x = tf.tensor2d(X);
    const expected = X.map((row) => joint(logits64(0, row), logits64(1, row)));
    const near = { rtol: 2e-5, atol: 2e-5 };
    expect(await values(head.logits(x))).toBeAllclose(expected.flat(), near);
    expect(await values(head.logDensity(x))).toBeAllclose(expected.map(logSumExp), near);
    expect(await values(head.energy(x))).toBeAllclose(
      expected.map((f) => -logSumExp(f)),
      near,
    );
    expect(await values(head.energy(x, LABELS))).toBeAllclose(
      expected.map((f, i) => -f[LABELS[i]!]!),
      near,
    );
    expect(await values(head.probabilities(x))).toBeAllclose(expected.flatMap(softmax), near);
    for (const labels of [undefined, LABELS]) {
      const numeric = await numericGradient((z) => tf.sum(head.logDensity(z, labels)), x);
      expect(await values(head.score(x, labels))).toBeAllclose(numeric, { rtol: 2e-3, atol: 2e-3 });
    }
    const score = (await head.score(x).array()) as number[][];
    expect(await values(head.approximateMass(x))).toBeAllclose(
      score.map((row) => -Math.hypot(...row)),
      near,
    );
    await head.validate(x);
    expect((await checkSecondDerivatives(head, x)).method).toBe("exact");
    await leakFree(() => {
      for (const t of [head.logits(x), head.energy(x), head.energy(x, LABELS), head.score(x), head.probabilities(x)])
        t.dispose();
    });
  });

  test("disagreement() is the mutual information and the variance of the energies, and leaks nothing", async () => {
    const heads = [member(0), member(1)];
    const x = tf.tensor2d(X);
    const entropy = (p: readonly number[]): number => -p.reduce((s, v) => s + v * log(v), 0);
    const expected = X.map((row) => {
      const [p, q] = [softmax(logits64(0, row)), softmax(logits64(1, row))];
      return entropy(p.map((v, k) => (v + q[k]!) / 2)) - (entropy(p) + entropy(q)) / 2;
    });
    const variances = X.map((row) => ((logSumExp(logits64(0, row)) - logSumExp(logits64(1, row))) / 2) ** 2);
    const { mutualInformation, energyVariance } = disagreement(heads, x);
    expect(await values(mutualInformation)).toBeAllclose(expected, { rtol: 1e-4 });
    expect(await values(energyVariance)).toBeAllclose(variances, { rtol: 1e-4 });
    await leakFree(() => tf.dispose({ ...disagreement(heads, x) }));
  });

  test("disagreement() of equal, single and saturated members", async () => {
    const x = tf.tensor2d([
      [1000, 0, -1000],
      [0, 0, 0],
    ]);
    const identity = energyHead((z) => z as tf.Tensor2D);
    const reversed = energyHead((z) => tf.neg(z) as tf.Tensor2D);
    for (const heads of [[identity], [identity, identity, identity]]) {
      expect(await values(disagreement(heads, x).mutualInformation)).toBeAllclose([0, 0]);
      expect(await values(disagreement(heads, x).energyVariance)).toBeAllclose([0, 0]);
    }
    expect(await values(disagreement([identity, reversed], x).mutualInformation)).toBeAllclose([log(2), 0]);
  });
});

/** A Gaussian density with the class as a fair coin, so that joint and marginal products agree. */
const gaussian = (mean: number, variance: number): EnergyHead =>
  energyHead((x) => tf.mul(tf.square(tf.sub(x, mean)), [[-0.5 / variance, -0.5 / variance]]) as tf.Tensor2D);

test.each(["joint", "marginal"] as const)(
  "product() of two Gaussians is a Gaussian: precisions add (%s)",
  async (of) => {
    const both = product([gaussian(-1, 0.5), gaussian(2, 2)], { of });
    const precision = 1 / 0.5 + 1 / 2;
    const mean = (-1 / 0.5 + 2 / 2) / precision;
    const x = [-2, 0, 0.7, 3];
    expect(await values(both.score(tf.tensor2d(x, [4, 1])))).toBeAllclose(
      x.map((v) => -(v - mean) * precision),
      { atol: 1e-5 },
    );
  },
);

test("mixture() of two Gaussians has the score of the mixture density", async () => {
  const x = [-2, 0, 0.7, 3];
  const density = (v: number): number[] => [0.3 * Math.exp(-((v + 1) ** 2)), 0.7 * Math.exp(-((v - 2) ** 2) / 4)];
  const expected = x.map((v) => {
    const [p, q] = density(v);
    return (-2 * (v + 1) * p! - ((v - 2) / 2) * q!) / (p! + q!);
  });
  const head = mixture([gaussian(-1, 0.5), gaussian(2, 2)], { weights: [0.3, 0.7] });
  expect(await values(head.score(tf.tensor2d(x, [4, 1])))).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-5 });
});

test("guide() has the score of classifier-free guidance, on a network of PyTorch's numbers", async () => {
  const fixture = golden("ebm_cnn");
  const head = energyHead(goldenNetwork(fixture.model).classifier);
  const x = goldenTensor(fixture.inputs);
  const [free, conditional] = [head.score(x), head.score(x, fixture.labels)];
  const expected = tf.add(free, tf.mul(tf.sub(conditional, free), 4));
  const scale = (await expected.abs().max().data())[0]!;
  expect(await values(guide(head, 4).score(x, fixture.labels))).toBeAllclose(await values(expected), {
    rtol: 1e-5,
    atol: 1e-5 * scale,
  });
  const unchanged = guide(head, 1);
  expect(await values(unchanged.logits(x))).toEqual(await values(head.logits(x)));
  expect(await values(guide(head, 0).score(x, fixture.labels))).toBeAllclose(await values(free), {
    rtol: 1e-5,
    atol: 1e-5 * scale,
  });
});

test("a temperature of 5e-5, JEM's, leaves energies and classes their digits", async () => {
  const x = tf.tensor2d(X);
  const head = member(0);
  const temperature = 5e-5;
  const cold = reweight(head, { pxWeight: 1 / temperature });
  const logDensities = X.map((row) => logSumExp(logits64(0, row)));
  expect(await values(cold.logDensity(x))).toBeAllclose(logDensities.map((v) => v / temperature));
  expect(await values(cold.probabilities(x))).toBeAllclose(X.flatMap((row) => softmax(logits64(0, row))));
  expect(await values(cold.score(x))).toBeAllclose(await values(tf.div(head.score(x), temperature)), { rtol: 1e-5 });
  // The two readings of "at temperature T" differ: sum_y p(x, y)^(1/T) is not p(x)^(1/T).
  const joint = X.map((row) => Math.max(...logits64(0, row)) / temperature);
  expect(await values(temper(head, temperature).logDensity(x))).toBeAllclose(joint);
});

test("compositions compose, pass features on and gather variables once", async () => {
  const weights = tf.variable(tf.eye(3));
  const classifier = (x: tf.Tensor): tf.Tensor2D => tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D);
  const head = energyHead(classifier, { variables: [weights], features: (x) => x });
  const x = tf.tensor2d(X);
  const both = product([temper(head, 2), guide(head, 2)], { weights: [1, 1] });
  expect(both.variables).toEqual([weights]);
  expect(mixture([head, head]).variables).toEqual([weights]);
  const expected = X.flatMap((f) => f.map((v) => v / 2 + logSumExp(f) + 2 * (v - logSumExp(f))));
  expect(await values(both.logits(x))).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-5 });
  expect(await values(temper(head, 2).features!(x))).toBeAllclose(X.flat());
  expect("features" in both).toBe(false);
  const { grads } = tf.variableGrads(() => tf.mean(both.energy(x)), [...both.variables]);
  expect((await grads[weights.name]!.abs().max().data())[0]).toBeGreaterThan(0);
});

test("compositions of equal heads give the head back", async () => {
  const x = tf.tensor2d(X);
  const head = member(0);
  const logits = await values(head.logits(x));
  const same = [mixture([head, head]), ensemble([head, head, head]), product([head, head], { weights: [0.5, 0.5] })];
  for (const composed of [...same, temper(head, 1), guide(head, 1), reweight(head)]) {
    expect(await values(composed.logits(x))).toBeAllclose(logits, { rtol: 1e-5, atol: 1e-5 });
  }
});

test("compositions refuse what they cannot compose", () => {
  const head = member(0);
  const two = energyHead((x) => tf.slice(x, [0, 0], [-1, 2]) as tf.Tensor2D);
  const x = tf.tensor2d(X);
  expect(() => temper(head, 0)).toThrow("temperature must be greater than 0 but found 0");
  expect(() => guide(head, Number.NaN)).toThrow("weight must be finite but found NaN");
  expect(() => reweight(head, { pxWeight: -1 })).toThrow("pxWeight must be greater than 0 but found -1");
  expect(() => reweight(head, { pyxWeight: Number.POSITIVE_INFINITY })).toThrow("pyxWeight must be finite");
  expect(() => reweight(undefined as unknown as EnergyHead)).toThrow("head must have logits() but found undefined");
  for (const compose of [product, mixture, ensemble]) {
    expect(() => compose([])).toThrow("there must be at least one head");
    expect(() => compose([head, {} as EnergyHead])).toThrow("every head must have logits() but found object at 1");
    expect(() => compose([head, two]).energy(x)).toThrow(
      "every head must have the 3 classes of the first but found 2 at 1",
    );
  }
  expect(() => disagreement([], x)).toThrow("there must be at least one head");
  expect(() => product([head], { weights: [1, 2] })).toThrow("there must be 1 weights, one a head, but found 2");
  expect(() => product([head], { weights: [Number.NaN] })).toThrow("weights must be finite but found NaN at 0");
  expect(() => product([head], { of: "both" as "joint" })).toThrow('of must be "joint" or "marginal" but found "both"');
  expect(() => mixture([head, head], { weights: [1, 0] })).toThrow("weights must be greater than 0 but found 0 at 1");
  expect(() => temper(head, 2).energy(x, [0])).toThrow("labels must be [2] but found [1]");
});
