import { isAvailable } from "@jem-js/native";
import { key } from "@jem-js/random";
import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import "@tensorflow/tfjs-backend-wasm";
import {
  dispose,
  div,
  engine,
  getBackend,
  grad,
  logSumExp,
  moments,
  mul,
  neg,
  oneHot,
  ones,
  setBackend,
  slice,
  sum,
  type Tensor,
  tensor1d,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { run, type ScoreModel, type SgldOptions, sgld } from "./mod.ts";

const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const gaussian = (variance: number): ScoreModel => ({ score: (x) => div(neg(x), variance) });

/** The score of a classifier, written out: samplers do not depend on the energy package. */
function scoreOf(classifier: (x: Tensor) => Tensor): ScoreModel & { f(x: Tensor, y?: number[]): Tensor } {
  const f = (x: Tensor, y?: ArrayLike<number> | Tensor): Tensor => {
    const logits = classifier(x);
    if (y === undefined) return logSumExp(logits, 1);
    return sum(mul(logits, oneHot(tensor1d(Array.from(y as number[]), "int32"), logits.shape[1]!)), 1);
  };
  return { f, score: (x, y) => grad((input) => sum(f(input, y)))(x) };
}

describe.each(["ebm_cnn", "ebm_mlp"])("sgld() replays the trajectories of PyTorch on %s", (name) => {
  const fixture = golden(name);
  const { x_init, labels, noise } = fixture.sgld;
  const perStep = (step: number): Tensor => {
    const all = goldenTensor(noise);
    return slice(all, [step], [1]).reshape(all.shape.slice(1));
  };
  const cases: [string, SgldOptions][] = [
    ["jem", { stepSize: 1, noiseScale: 0.01, noise: perStep }],
    ["jem_conditional", { stepSize: 0.5, noiseScale: 0.01, noise: perStep, labels }],
    ["langevin", { alpha: 0.02, noise: perStep }],
  ];
  test.each(cases.flatMap((c) => ["cpu", "wasm"].map((backend) => [...c, backend] as const)))(
    "%s",
    async (rule, options, backend) => {
      const before = getBackend();
      await setBackend(backend);
      const model = scoreOf(goldenNetwork(fixture.model).classifier);
      const seen: number[] = [];
      const start = goldenTensor(x_init);
      const record = (x: Tensor): number =>
        seen.push(...model.f(x, rule === "jem_conditional" ? labels : undefined).dataSync());
      record(start);
      const { x } = run(sgld(model, options), start, {
        key: key(0),
        steps: 5,
        trace: (state) => state.step < 5 && record(state.x),
      });
      const expected = fixture.sgld[rule];
      // Rounding of float32 is carried along the five steps: golden/README.md says below 3e-5 at their end.
      expect(await values(x)).toBeAllclose(expected.x_final.data, { rtol: 1e-5, atol: 3e-5 });
      expect(seen).toBeAllclose(expected.f_before_each_step.data, { rtol: 1e-5, atol: 3e-5 });
      await setBackend(before);
    },
  );
});

// Stationary variance of x' = x - (a / s2) x + sigma xi: sigma^2 / (1 - (1 - a / s2)^2).
test.each([
  [1, 1, 0.01],
  [1, 4, 0.01],
  [0.5, 1, 1],
  [0.1, 1, Math.sqrt(0.2)],
  [1.5, 1, Math.sqrt(3)],
])("sgld() has its stationary variance at a=%d, s2=%d, sigma=%d", async (stepSize, variance, noiseScale) => {
  const n = 100_000;
  const { x } = run(sgld(gaussian(variance), { stepSize, noiseScale }), zeros([n, 1]), { key: key(1), steps: 60 });
  const found = (await moments(x).variance.data())[0]!;
  const expected = noiseScale ** 2 / (1 - (1 - stepSize / variance) ** 2);
  // Four standard errors of the variance of n Gaussians: 1.8 %.
  expect(found).toBeAllclose(expected, { rtol: 4 * Math.sqrt(2 / n), atol: 0 });
});

test("sgld() reports its temperature", () => {
  expect(sgld(gaussian(1), { stepSize: 1, noiseScale: 0.01 }).temperature).toBeCloseTo(5e-5, 12);
  expect(sgld(gaussian(1), { alpha: 0.3 }).temperature).toBeCloseTo(1, 12);
});

test("sgld() keeps positions inside clamp", async () => {
  const kernel = sgld(gaussian(1), { stepSize: 0.1, noiseScale: 3, clamp: [-1, 1] });
  const found = await values(run(kernel, zeros([500]), { key: key(2), steps: 3 }).x);
  expect(Math.min(...found)).toBe(-1);
  expect(Math.max(...found)).toBe(1);
});

test("run() gives equal chains for equal keys and different chains for different keys", async () => {
  const chain = (seed: number): Promise<number[]> =>
    values(run(sgld(gaussian(1), { alpha: 0.1 }), zeros([4]), { key: key(seed), steps: 3 }).x);
  expect(await chain(3)).toEqual(await chain(3));
  expect(await chain(3)).not.toEqual(await chain(4));
});

test("run() uses new noise at each step", async () => {
  const flat: ScoreModel = { score: (x) => mul(x, 0) };
  const { x } = run(sgld(flat, { stepSize: 1, noiseScale: 1 }), zeros([20_000]), { key: key(5), steps: 4 });
  expect((await moments(x).variance.data())[0]).toBeAllclose(4, { rtol: 0.04, atol: 0 });
});

test.skipIf(!isAvailable()).each<[string, SgldOptions]>([
  ["with noise", { stepSize: 0.3, noiseScale: 0.5 }],
  ["with bounds", { stepSize: 0.3, noiseScale: 0.5, clamp: [-1.1, 1.2], gradientClip: 0.2, maxGradientNorm: 2 }],
  ["proximal", { stepSize: 1, noiseScale: 0, clamp: [-1, 1], gradientClip: 0.1, diagnostics: true }],
])("sgld() takes the fused step of the native backend, which agrees with the composed one: %s", async (_, options) => {
  const before = getBackend();
  const chain = async (backend: string): Promise<number[]> => {
    await setBackend(backend);
    const kernel = sgld(gaussian(2), options);
    const { kernels } = await engine().profile(() => run(kernel, ones([3, 50]), { key: key(8), steps: 1 }).x);
    const names = kernels.map(({ name }) => name);
    expect(names.includes("LangevinStep")).toBe(backend === "native");
    if (backend === "native") expect(names).not.toContain("ClipByValue");
    const { x, info } = run(kernel, ones([3, 50]), { key: key(8), steps: 6 });
    return [...(await values(x)), ...(info ? await values(info.gradientNorm!) : [])];
  };
  expect(await chain("native")).toBeAllclose(await chain("cpu"));
  await setBackend(before);
});

test("run() leaves the start alive and makes one tensor, also when a step throws", async () => {
  const start = ones([2, 3]);
  await leakFree(() => dispose(run(sgld(gaussian(1), { alpha: 0.1 }), start, { key: key(0), steps: 5 }).x));
  expect(await values(start)).toEqual([1, 1, 1, 1, 1, 1]);
  const failing: ScoreModel = {
    score: () => {
      throw new Error("no score");
    },
  };
  await leakFree(() =>
    expect(() => run(sgld(failing, { alpha: 0.1 }), start, { key: key(0), steps: 5 })).toThrow("no score"),
  );
});

test("run() with 0 steps returns a copy of the start", async () => {
  const start = ones([2]);
  const { x } = run(sgld(gaussian(1), { alpha: 0.1 }), start, { key: key(0), steps: 0 });
  start.dispose();
  expect(await values(x)).toEqual([1, 1]);
});

test("sgld() and run() refuse bad options by value", () => {
  const model = gaussian(1);
  expect(() => sgld(model, { stepSize: -1, noiseScale: 0.01 })).toThrow(
    "Cannot create sgld kernel: stepSize must be greater than 0 but found -1",
  );
  expect(() => sgld(model, { stepSize: 0, noiseScale: 0.01 })).toThrow(RangeError);
  expect(() => sgld(model, { stepSize: Number.NaN, noiseScale: 0.01 })).toThrow("but found NaN");
  expect(() => sgld(model, { stepSize: 1, noiseScale: -0.1 })).toThrow("noiseScale must be at least 0 but found -0.1");
  expect(() => sgld(model, { alpha: 0 })).toThrow("alpha must be greater than 0 but found 0");
  expect(() => sgld(model, { alpha: 1, stepSize: 1, noiseScale: 1 })).toThrow(
    "but found alpha and stepSize and noiseScale",
  );
  expect(() => sgld(model, { stepSize: 1 } as SgldOptions)).toThrow(
    "give alpha, eta, or both stepSize and noiseScale but found stepSize",
  );
  expect(() => sgld(model, { alpha: 1, clamp: [1, -1] })).toThrow("min < max but found [1, -1]");
  expect(() => sgld({} as ScoreModel, { alpha: 1 })).toThrow("head must have a score() but found object");
  const kernel = sgld(model, { alpha: 1 });
  expect(() => run(kernel, zeros([1]), { key: key(0), steps: -1 })).toThrow(
    "steps must be an integer of at least 0 but found -1",
  );
  expect(() => run(kernel, zeros([0, 2]), { key: key(0), steps: 1 })).toThrow("found float32 [0, 2]");
  expect(() => run(kernel, zeros([2], "int32"), { key: key(0), steps: 1 })).toThrow("found int32 [2]");
});
