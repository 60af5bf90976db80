import { key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  dispose,
  div,
  matMul,
  moments,
  mul,
  neg,
  ones,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  geometricSchedule,
  type Kernel,
  type LangevinOptions,
  polynomialSchedule,
  psgld,
  pyld,
  run,
  type ScoreModel,
  sghmc,
  sgld,
} from "./mod.ts";

const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data());
const gaussian = (variance: number): ScoreModel => ({ score: (x) => div(neg(x), variance) });
const identity = (x: Tensor): Tensor => mul(x, 1);

const N = 100_000;
/** The variance of many chains that start from N(0, 1); `burnIn` steps make it stationary. */
async function variance(kernel: Kernel, burnIn: number): Promise<number> {
  const { x } = run(kernel, normal(key(0), [N, 1]), { key: key(1), steps: burnIn });
  return (await read(moments(x).variance))[0]!;
}
// Four standard errors of the variance of N Gaussians: 1.8 %.
const close = { rtol: 4 * Math.sqrt(2 / N), atol: 0 };

test.each([
  ["alpha 0.5", { alpha: 0.5 }, 1, 1],
  ["eta 0.25", { eta: 0.25 }, 1, 1],
  ["eta 0.5 at temperature 3", { eta: 0.5, temperature: 3 }, 2, 3],
  ["alpha 0.4 at temperature 0.1", { alpha: 0.4, temperature: 0.1 }, 0.5, 0.1],
] as const)("sgld() has its stationary variance: %s", async (_, options, s2, temperature) => {
  const kernel = sgld(gaussian(s2), options);
  const eta = "eta" in options ? options.eta : options.alpha / 2;
  expect(kernel.temperature).toBeCloseTo(temperature, 12);
  expect(await variance(kernel, 30)).toBeAllclose((temperature * s2) / (1 - eta / (2 * s2)), close);
});

test.each([
  [0.3, 0.4, 2, 1.5],
  [1.2, 0.7, 0.05, 0.9],
])("sghmc() has its stationary variance: eta %d, friction %d, temperature %d, s2 %d", async (...args) => {
  const [eta, friction, temperature, s2] = args;
  const kernel = sghmc(gaussian(s2), { eta, friction, temperature });
  // Without its velocity a chain is x'' = (2 - friction - k) x' - (1 - friction) x + noise, k = eta / s2: an AR(2) process.
  const [phi1, phi2] = [2 - friction - eta / s2, friction - 1];
  const noise = 2 * friction * eta * kernel.temperature;
  const expected = ((1 - phi2) * noise) / ((1 + phi2) * ((1 - phi2) ** 2 - phi1 ** 2));
  expect(kernel.temperature).toBe(temperature);
  expect(expected).toBeAllclose((temperature * s2) / (1 - eta / (2 * s2 * (2 - friction))));
  expect(await variance(kernel, 60)).toBeAllclose(expected, close);
});

test("sghmc() of friction 1 is sgld()", async () => {
  const start = normal(key(0), [5, 2]);
  const a = run(sghmc(gaussian(2), { eta: 0.1, friction: 1 }), start, { key: key(1), steps: 4 });
  const b = run(sgld(gaussian(2), { eta: 0.1 }), start, { key: key(1), steps: 4 });
  expect(await read(a.x)).toBeAllclose(await read(b.x));
});

test.each([undefined, 0.25])("psgld() has its stationary variance at temperature %s", async (temperature) => {
  const [eta, s2] = [0.4, 4];
  const kernel = psgld(gaussian(s2), { eta, decay: 0.8, ...(temperature && { temperature }) });
  expect(kernel.temperature).toBe(temperature ?? 1);
  // With many chains the preconditioner is s2 / sqrt(Var): its fixed point, with the step that it makes.
  let expected = s2;
  for (let i = 0; i < 200; i++) {
    expected = (kernel.temperature * s2) / (1 - (eta * (s2 / Math.sqrt(expected))) / (2 * s2));
  }
  expect(await variance(kernel, 60)).toBeAllclose(expected, close);
});

describe("pyld()", () => {
  const stemWeights = tensor2d([
    [1, 0.5],
    [0, 2],
  ]);
  const stem = (x: Tensor): Tensor => matMul(x as Tensor2D, stemWeights);

  test("is sgld() of the whole when it makes one inner step", async () => {
    const whole: ScoreModel = { score: (x) => matMul(neg(stem(x)) as Tensor2D, stemWeights, false, true) };
    const options = { stepSize: 0.1, noiseScale: 0.2, clamp: [-1, 1], noise: (): Tensor => ones([3, 2]) } as const;
    const start = normal(key(0), [3, 2]);
    const a = run(pyld({ score: neg }, { ...options, stem, innerSteps: 1 }), start, { key: key(1), steps: 3 });
    const b = run(sgld(whole, { ...options, gradientClip: 1 }), start, { key: key(1), steps: 3 });
    expect(await read(a.x)).toBeAllclose(await read(b.x));
  });

  test("has its stationary variance and tells the temperature", async () => {
    const [stepSize, noiseScale, innerSteps, slope, s2] = [0.06, 0.3, 3, 2, 1.5];
    // log p(x) = -(slope x)^2 / (2 slope^2 s2): the score at h = slope x is -h / (slope^2 s2).
    const kernel = pyld(gaussian(slope ** 2 * s2), {
      stem: (x) => mul(x, slope),
      stepSize,
      noiseScale,
      innerSteps,
      gradientClip: 1e3,
    });
    expect(kernel.temperature).toBeCloseTo(0.75, 12);
    // x' = (1 - 3a / s2) x + noise of variance 3 sigma^2.
    const expected = (innerSteps * noiseScale ** 2) / (1 - (1 - (innerSteps * stepSize) / s2) ** 2);
    expect(expected).toBeAllclose((0.75 * s2) / (1 - (innerSteps * stepSize) / (2 * s2)));
    expect(await variance(kernel, 30)).toBeAllclose(expected, close);
    expect(pyld(gaussian(1), { stem: identity }).temperature).toBe(0);
  });

  test("holds the rest of the network while the stem moves on", async () => {
    // stem(x) = x^2, rest f(h) = -h: score p = -1 at h, inner steps x <- x - 2 a x.
    const kernel = pyld({ score: (h) => neg(ones(h.shape)) }, { stem: (x) => mul(x, x), stepSize: 0.1, innerSteps: 3 });
    const { x } = run(kernel, tensor2d([[0.4]]), { key: key(0), steps: 2 });
    expect(await read(x)).toBeAllclose([0.4 * 0.8 ** 6]);
  });

  test("asks for noise once an inner step, and refuses bad options", () => {
    const asked: number[] = [];
    const noise = (step: number): Tensor => {
      asked.push(step);
      return zeros([1, 1]);
    };
    run(pyld({ score: identity }, { stem: identity, innerSteps: 2, noiseScale: 1, noise }), zeros([1, 1]), {
      key: key(0),
      steps: 2,
    });
    expect(asked).toEqual([0, 1, 2, 3]);
    expect(() => pyld({ score: identity }, { stem: identity, innerSteps: 0 })).toThrow(
      "innerSteps must be an integer of at least 1",
    );
    expect(() => pyld({ score: identity }, {} as { stem: typeof identity })).toThrow(
      "stem must be a function but found undefined",
    );
  });
});

describe.each<[string, (head: ScoreModel, options: LangevinOptions) => Kernel]>([
  ["sgld", (head, options) => sgld(head, { stepSize: 1, noiseScale: 0, ...options })],
  ["psgld", (head, options) => psgld(head, { eta: 1, temperature: 0, epsilon: 1e-12, ...options })],
  ["sghmc", (head, options) => sghmc(head, { eta: 1, temperature: 0, ...options })],
  [
    "pyld",
    (head, options) => pyld(head, { stem: identity, stepSize: 1, innerSteps: 1, gradientClip: 1e9, ...options }),
  ],
])("%s()", (name, make) => {
  const flow: ScoreModel = { score: (x) => mul(ones(x.shape), tensor2d([[30, 40]])) };
  const end = async (options: LangevinOptions): Promise<number[]> =>
    read(run(make(flow, options), zeros([2, 2]), { key: key(0), steps: 1 }).x);

  test("bounds the score and the positions", async () => {
    const scaled = name === "psgld";
    expect(await end({})).toBeAllclose(scaled ? [1, 1, 1, 1] : [30, 40, 30, 40]);
    expect(await end({ clamp: [-0.5, 0.5] })).toEqual([0.5, 0.5, 0.5, 0.5]);
    if (scaled) return;
    expect(await end({ gradientClip: 35 })).toBeAllclose([30, 35, 30, 35]);
    expect(await end({ maxGradientNorm: 5 })).toBeAllclose([3, 4, 3, 4]);
    expect(await end({ maxGradientNorm: 100 })).toBeAllclose([30, 40, 30, 40]);
  });

  test("tells the norm of the score when asked, and leaks nothing", async () => {
    await leakFree(async () => {
      const start = zeros([2, 2]);
      const state = run(make(flow, { diagnostics: true, gradientClip: 1 }), start, { key: key(0), steps: 3 });
      expect(await read(state.info!.gradientNorm!)).toBeAllclose([50, 50]);
      dispose([start, state as object as Tensor]);
    });
    const start = zeros([1, 2]);
    expect(run(make(flow, {}), start, { key: key(0), steps: 1 }).info).toBeUndefined();
  });

  test("passes the labels on and refuses bad options", async () => {
    const labelled: ScoreModel = { score: (x, y) => mul(ones(x.shape), (y as Tensor).reshape([-1, 1])) };
    const { x } = run(make(labelled, { labels: tensor1d([2, -3]) }), zeros([2, 1]), { key: key(0), steps: 1 });
    expect((await read(x)).map(Math.sign)).toEqual([1, -1]);
    expect(() => make(flow, { clamp: [1, 1] })).toThrow("min < max but found [1, 1]");
    expect(() => make(flow, { gradientClip: 0 })).toThrow("gradientClip must be greater than 0 but found 0");
    expect(() => make(flow, { maxGradientNorm: -1 })).toThrow("maxGradientNorm must be greater than 0 but found -1");
    expect(() => make({} as ScoreModel, {})).toThrow(
      `Cannot create ${name} kernel: head must have a score() but found object`,
    );
    expect(() => run(make(flow, {}), zeros([0, 2]), { key: key(0), steps: 1 })).toThrow("found float32 [0, 2]");
  });
});

test("schedules reach the steps: sgld() with an annealed step", async () => {
  const kernel = sgld(gaussian(1), { stepSize: (step) => [0.5, 0.25][step]!, noiseScale: 0 });
  expect(await read(run(kernel, ones([1]), { key: key(0), steps: 2 }).x)).toBeAllclose([0.5 * 0.75]);
  const temperature = (step: number): number => 1 - step;
  const falling = sgld(gaussian(1), { eta: 1, temperature });
  expect(falling.temperature).toBeCloseTo(1, 12);
  expect(psgld(gaussian(1), { eta: 1, temperature }).temperature).toBe(1);
  expect(sghmc(gaussian(1), { eta: 1, temperature }).temperature).toBe(1);
  expect(() => run(falling, ones([1]), { key: key(0), steps: 3 })).toThrow(
    "Cannot make step 2: temperature must be at least 0 but found -1",
  );
});

test("geometricSchedule() and polynomialSchedule() have their ends", () => {
  const geometric = geometricSchedule({ from: 8, to: 1, steps: 4 });
  expect([0, 1, 2, 3, 9].map(geometric)).toBeAllclose([8, 4, 2, 1, 1]);
  expect([0, 3].map(polynomialSchedule({ from: 2, decay: 0.5 }))).toBeAllclose([2, 1]);
  expect(() => geometricSchedule({ from: 0, to: 1, steps: 4 })).toThrow("from must be greater than 0 but found 0");
  expect(() => geometricSchedule({ from: 1, to: 1, steps: 1 })).toThrow("steps must be an integer of at least 2");
  expect(() => polynomialSchedule({ from: 1, delay: 0 })).toThrow("delay must be greater than 0 but found 0");
});

test("kernels refuse options out of range by value", () => {
  const head = gaussian(1);
  expect(() => sgld(head, { eta: 0 })).toThrow("Cannot create sgld kernel: eta must be greater than 0 but found 0");
  expect(() => sgld(head, { eta: 1, alpha: 1 })).toThrow("but found alpha and eta");
  expect(() => sgld(head, { stepSize: 1, noiseScale: 1, temperature: 1 } as object as { eta: 1 })).toThrow(
    "temperature follows from",
  );
  expect(() => sgld(head, { alpha: 1, temperature: -1 })).toThrow("temperature must be at least 0 but found -1");
  expect(() => psgld(head, { eta: 1, decay: 1 })).toThrow("decay must be less than 1 but found 1");
  expect(() => psgld(head, { eta: 1, epsilon: 0 })).toThrow("epsilon must be greater than 0");
  expect(() => sghmc(head, { eta: 1, friction: 0 })).toThrow("friction must be greater than 0 but found 0");
  expect(() => sghmc(head, { eta: 1, friction: 1.5 })).toThrow("friction must be from 0 to 1 but found 1.5");
});
