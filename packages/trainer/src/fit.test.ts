import { type Key, key, normal } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import {
  losses,
  memory,
  mul,
  type Scalar,
  scalar,
  type Tensor,
  tensor1d,
  train,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { cosineDecay, DivergenceError, type FitOptions, fit, type Procedure, type TrainingEvent } from "./mod.ts";

/** Fits the slope of `y = 3 x` by least squares. */
function lineProblem(seen: Key[] = []): { slope: Variable; procedure: Procedure<Tensor> } {
  const slope = variable(scalar(0));
  const procedure: Procedure<Tensor> = (x, context) => {
    seen.push(context.key);
    return {
      loss: () => ({ loss: losses.meanSquaredError(mul(x, 3), mul(x, slope)) as Scalar }),
      dispose: () => {},
    };
  };
  return { slope, procedure };
}

function* batches(count: number = Number.POSITIVE_INFINITY): Generator<Tensor> {
  for (let i = 0; i < count; i++) yield tensor1d([1, 2]);
}

function options(slope: Variable, more: Partial<FitOptions> = {}): FitOptions {
  return { optimizer: train.sgd(0.1), variables: [slope], iterations: 20, key: key(0), ...more };
}

test("fit() minimises the loss and tells its listeners in order", async () => {
  const events: TrainingEvent[] = [];
  const keys: Key[] = [];
  const { slope, procedure } = lineProblem(keys);
  const result = await fit(procedure, batches(), options(slope, { listeners: [(event) => void events.push(event)] }));
  expect(result).toEqual({ reason: "completed", iterations: 20 });
  expect((await slope.data())[0]).toBeCloseTo(3, 4);
  expect(events.map((event) => event.type)).toEqual(["begin", ...new Array(20).fill("iteration"), "end"]);
  const first = events[1] as Extract<TrainingEvent, { type: "iteration" }>;
  // Mean of (3x)^2 over x = 1, 2 is 22.5; its derivative in the slope at 0 is -15.
  expect(first.terms).toEqual({ loss: 22.5, gradientNorm: 15 });
  expect(new Set(keys.map(String)).size).toBe(20);
});

test("fit() gives equal runs for equal keys", async () => {
  const noisy = async (seed: number): Promise<number> => {
    const { slope, procedure } = lineProblem();
    const withNoise: Procedure<Tensor> = async (x, context) => {
      const noise = normal(context.key, x.shape);
      const step = await procedure(mul(x, noise), context);
      return { loss: step.loss, dispose: () => noise.dispose() };
    };
    await fit(withNoise, batches(), options(slope, { key: key(seed), iterations: 3 }));
    return (await slope.data())[0]!;
  };
  expect(await noisy(1)).toBe(await noisy(1));
  expect(await noisy(1)).not.toBe(await noisy(2));
});

test.each([
  ["adam", () => train.adam(1), [0.05, 0.1, 0.0775, 0.0325]],
  // The gradient of the mean of (3x - s x)^2 over x = 1, 2 is -5 (3 - s).
  [
    "sgd",
    () => train.sgd(1),
    [0.05, 0.1, 0.0775, 0.0325].map((_, i, r) => 5 * r[i]! * 3 * r.slice(0, i).reduce((p, q) => p * (1 - 5 * q), 1)),
  ],
])("fit() follows the learning rate schedule with %s", async (_, optimizer, steps) => {
  const { slope, procedure } = lineProblem();
  const rates: number[] = [];
  const learningRate = cosineDecay({ learningRate: 0.1, iterations: 4, warmUp: 1, finalFraction: 0.1 });
  await fit(
    procedure,
    batches(),
    options(slope, {
      optimizer: optimizer(),
      iterations: 4,
      learningRate,
      listeners: [(event) => void (event.type === "iteration" && rates.push(event.terms.learningRate!))],
    }),
  );
  expect(rates).toBeAllclose([0.05, 0.1, 0.0775, 0.0325]);
  // Adam's first steps have the length of the learning rate.
  expect((await slope.data())[0]).toBeCloseTo(
    steps.reduce((a, b) => a + b),
    2,
  );
});

test("fit() stops before a diverged step is applied, and reports it", async () => {
  for (const [poison, reason] of [
    [Number.NaN, "loss is NaN"],
    [Number.POSITIVE_INFINITY, "loss is Infinity"],
    [1e9, "loss is 22500000000, beyond the limit of 100000000"],
  ] as const) {
    const { slope, procedure } = lineProblem();
    const poisoned: Procedure<Tensor> = async (x, context) => {
      const step = await procedure(x, context);
      const factor = context.iteration === 2 ? poison : 1;
      return { ...step, loss: () => ({ loss: mul(step.loss().loss, factor) }) };
    };
    const events: TrainingEvent[] = [];
    let atSecond = 0;
    const listener = async (event: TrainingEvent): Promise<void> => {
      events.push(event);
      if (event.type === "iteration") atSecond = (await slope.data())[0]!;
    };
    const given = options(slope, { listeners: [listener] });
    const before = memory().numTensors;
    const run = fit(poisoned, batches(), given);
    const error = await run.then(
      () => undefined,
      (e: unknown) => e as DivergenceError,
    );
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error!.divergence.iteration).toBe(2);
    if (poison !== 1e9) expect(error!.message).toBe(`Training diverged at iteration 2: ${reason}`);
    expect(events.at(-1)).toEqual({ type: "divergence", divergence: error!.divergence });
    expect((await slope.data())[0]).toBe(atSecond);
    expect(memory().numTensors).toBe(before);
  }
});

test("fit() stops when the gradient is not finite though the loss is", async () => {
  const x = variable(scalar(0));
  const root: Procedure<Tensor> = () => ({ loss: () => ({ loss: x.sqrt() as Scalar }), dispose: () => {} });
  await expect(fit(root, batches(), options(x))).rejects.toThrow("gradientNorm is Infinity");
  expect((await x.data())[0]).toBe(0);
});

test("fit() ends when it is aborted or the data ends, and closes the data", async () => {
  const { slope, procedure } = lineProblem();
  const controller = new AbortController();
  let closed = false;
  function* closable(): Generator<Tensor> {
    try {
      yield* batches();
    } finally {
      closed = true;
    }
  }
  const listener = (event: TrainingEvent): void => {
    if (event.type === "iteration" && event.iteration === 4) controller.abort();
  };
  const aborted = await fit(
    procedure,
    closable(),
    options(slope, { signal: controller.signal, listeners: [listener] }),
  );
  expect(aborted).toEqual({ reason: "aborted", iterations: 5 });
  expect(closed).toBe(true);
  expect(await fit(procedure, batches(3), options(slope))).toEqual({ reason: "exhausted", iterations: 3 });
  expect(await fit(procedure, batches(), options(slope, { signal: AbortSignal.abort() }))).toEqual({
    reason: "aborted",
    iterations: 0,
  });
});

test("fit() lets the event loop turn, so that an abort from outside is heard", async () => {
  const { slope, procedure } = lineProblem();
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  const result = await fit(procedure, batches(), options(slope, { iterations: 10_000, signal: controller.signal }));
  expect(result.reason).toBe("aborted");
});

test("fit() leaves no tensors, also when a listener or a procedure throws", async () => {
  const { slope, procedure } = lineProblem();
  // An optimizer holds a tensor of its own.
  const given = options(slope);
  await leakFree(() => fit(procedure, batches(), given));
  const failing = { listeners: [(event: TrainingEvent) => void (event.type === "iteration" && JSON.parse("{"))] };
  await leakFree(() => expect(fit(procedure, batches(), { ...given, ...failing })).rejects.toThrow(SyntaxError));
  const throwing: Procedure<Tensor> = () => ({
    loss: () => {
      // After an op TensorFlow.js itself would keep what the op saved for the gradient.
      throw new Error("no loss");
    },
    dispose: () => {},
  });
  await leakFree(() => expect(fit(throwing, batches(), given)).rejects.toThrow("no loss"));
});

test("fit() refuses bad options by value", async () => {
  const { slope, procedure } = lineProblem();
  await expect(fit(procedure, batches(), options(slope, { iterations: 0 }))).rejects.toThrow(
    "iterations must be a positive integer but found 0",
  );
  await expect(fit(procedure, batches(), options(slope, { lossLimit: -1 }))).rejects.toThrow("but found -1");
  await expect(fit(procedure, batches(), options(slope, { variables: [] }))).rejects.toThrow("is empty");
});

test("cosineDecay() refuses bad options by value", () => {
  const good = { learningRate: 1e-3, iterations: 10 };
  expect(() => cosineDecay({ ...good, learningRate: 0 })).toThrow("learningRate must be greater than 0 but found 0");
  expect(() => cosineDecay({ ...good, iterations: 1.5 })).toThrow("but found 1.5");
  expect(() => cosineDecay({ ...good, warmUp: 10 })).toThrow("from 0 to 9 but found 10");
  expect(() => cosineDecay({ ...good, finalFraction: 2 })).toThrow("from 0 to 1 but found 2");
  expect(cosineDecay(good)(10)).toBe(0);
  expect(cosineDecay(good)(99)).toBe(0);
});
