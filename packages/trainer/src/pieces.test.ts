import { key } from "@jem-js/random";
import { replayBuffer } from "@jem-js/samplers";
import { leakFree } from "@jem-js-internal/testing";
import {
  dispose,
  losses,
  mul,
  neg,
  type Optimizer,
  type Scalar,
  scalar,
  square,
  sum,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tensor2d,
  tidy,
  train,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  averageWeights,
  bufferOutliers,
  chainsStuck,
  earlyStopping,
  energyDrift,
  type FitOptions,
  fit,
  memoryCheckpoints,
  optimizerState,
  type Procedure,
  samplesOutOfBounds,
  stepDecay,
  timeBudget,
  weightsState,
} from "./mod.ts";

/** Makes `steps` steps of `optimizer` down `sum x^2`. */
function descend(optimizer: Optimizer, x: Variable, steps: number): void {
  for (let i = 0; i < steps; i++) optimizer.minimize(() => sum(square(x)) as Scalar, false, [x]);
}

test("optimizerState() carries Adam's powers of beta to the bit, which setWeights() does not", async () => {
  const start = [1, -2, 0.3];
  const after = async (carry: (from: Optimizer, to: Optimizer) => Promise<void>): Promise<number[]> => {
    const [first, second] = [train.adam(0.1), train.adam(0.1)];
    const x = variable(tensor1d(start));
    descend(first, x, 27);
    await carry(first, second);
    descend(second, x, 7);
    const values = [...(await x.data())];
    dispose(x);
    return values;
  };
  const optimizer = train.adam(0.1);
  const x = variable(tensor1d(start));
  descend(optimizer, x, 34);
  const whole = [...(await x.data())];
  const exact = await after(async (from, to) => optimizerState(to).restore(await optimizerState(from).snapshot()));
  expect(exact).toEqual(whole);
  const rounded = await after(async (from, to) => to.setWeights(await from.getWeights()));
  expect(rounded).not.toEqual(whole);
  expect(rounded).toBeAllclose(whole, { rtol: 1e-3, atol: 1e-5 });
});

test("optimizerState() goes back to before the first step, and forward again, without a tensor left", async () => {
  const optimizer = train.rmsprop(0.1, 0.9, 0.5, undefined, true);
  const state = optimizerState(optimizer);
  const x = variable(tensor1d([1, -2, 0.3]));
  const fresh = await state.snapshot();
  descend(optimizer, x, 3);
  const used = await state.snapshot();
  expect(used.values.iterations).toBe(3);
  await leakFree(() => state.restore(used));
  await leakFree(() => state.restore(fresh), -3);
  expect(await state.snapshot()).toEqual(fresh);
  await leakFree(() => state.restore(used), 3);
  expect(await state.snapshot()).toEqual(used);
});

test("optimizerState() and weightsState() refuse what does not fit, and change nothing", async () => {
  const optimizer = train.adam(0.1);
  const x = variable(tensor1d([1, 2]));
  descend(optimizer, x, 1);
  const { values, arrays } = await optimizerState(optimizer).snapshot();
  const short = { values, arrays: { ...arrays, "accumulatedFirstMoment 0": new Float32Array(3) } };
  expect(() => optimizerState(optimizer).restore(short)).toThrow(
    "accumulatedFirstMoment 0 must be a Float32Array of 2 but found a Float32Array of 3",
  );
  expect(await optimizerState(optimizer).snapshot()).toEqual({ values, arrays });
  const own = await weightsState([x]).snapshot();
  const other = await weightsState([variable(tensor2d([[1, 2]]))]).snapshot();
  expect(() => weightsState([x]).restore(other)).toThrow("variable_0 must have shape [2] but found [1,2]");
  expect(() => weightsState([x]).restore({ ...own, arrays: {} })).toThrow("but found nothing");
  expect(await weightsState([x]).snapshot()).toEqual(own);
});

test("a snapshot is a copy", async () => {
  const x = variable(tensor1d([1, 2]));
  const snapshot = await weightsState([x]).snapshot();
  const store = memoryCheckpoints();
  await store.write({ step: 1, parts: { x: snapshot } });
  snapshot.arrays["weight 0"]!.fill(9);
  expect([...(await x.data())]).toEqual([1, 2]);
  expect([...(await store.read(1)).parts.x!.arrays["weight 0"]!]).toEqual([1, 2]);
  await expect(store.read(2)).rejects.toThrow("Cannot use checkpoint 2: it is not in memory");
});

/** The loss `sum (weights x)` of a constant gradient. */
function constantGradient(gradient: readonly number[]): {
  x: Variable;
  run: (options: Partial<FitOptions>) => Promise<number[]>;
} {
  const x = variable(tensor1d(gradient.map(() => 0)));
  const optimizer = train.sgd(1);
  const procedure: Procedure<Tensor> = () => ({
    loss: () => ({ loss: sum(mul(x, tensor1d([...gradient]))) as Scalar }),
    dispose: () => {},
  });
  const batches = function* (): Generator<Tensor> {
    while (true) yield scalar(0);
  };
  return {
    x,
    async run(options) {
      const reported: number[] = [];
      await fit(procedure, batches, {
        optimizer,
        variables: [x],
        iterations: 1,
        key: key(0),
        listeners: [(event) => void (event.type === "iteration" && reported.push(event.terms.gradientNorm!))],
        ...options,
      });
      expect(reported[0]).toBeCloseTo(Math.hypot(...gradient), 5);
      return [...(await x.data())].map((value) => -value);
    },
  };
}

test("fit() clips the gradient by norm, then by value, and reports the norm that it had", async () => {
  expect(await constantGradient([3, -4]).run({})).toEqual([3, -4]);
  expect(await constantGradient([3, -4]).run({ clip: { norm: 1 } })).toBeAllclose([0.6, -0.8]);
  expect(await constantGradient([3, -4]).run({ clip: { norm: 5.1 } })).toEqual([3, -4]);
  expect(await constantGradient([3, -4]).run({ clip: { value: 2 } })).toEqual([2, -2]);
  expect(await constantGradient([3, -4]).run({ clip: { norm: 1, value: 0.7 } })).toBeAllclose([0.6, -0.7]);
  const { run } = constantGradient([1]);
  await expect(run({ clip: { norm: 0 } })).rejects.toThrow("clip.norm must be greater than 0 but found 0");
  const { run: again } = constantGradient([1]);
  await leakFree(() => again({ clip: { norm: 0.5, value: 0.1 } }));
});

test("averageWeights() is the closed form of the moving average, and puts the weights back", async () => {
  const weight = variable(tensor1d([0, 8]));
  const average = averageWeights([weight], { decay: 0.75 });
  for (let i = 1; i <= 3; i++) {
    weight.assign(tensor1d([i, 8]));
    await average.listener({ type: "iteration", iteration: i, terms: {}, milliseconds: 0 });
  }
  // 0.25 (3 + 0.75 * 2 + 0.75^2 * 1)
  expect([...(await average.use(() => weight.data()))]).toEqual([1.265625, 8]);
  await expect(
    average.use(() => {
      throw new Error("failed");
    }),
  ).rejects.toThrow("failed");
  expect([...(await weight.data())]).toEqual([3, 8]);
  await leakFree(() => average.use(() => average.listener({ type: "begin", iterations: 1, start: 0, refused: [] })));
  const event = { type: "iteration", iteration: 4, terms: {}, milliseconds: 0 } as const;
  await leakFree(() => average.listener(event));
  await leakFree(() => average.dispose(), -1);
  expect(() => averageWeights([weight], { decay: 1 })).toThrow("decay must be from 0 to below 1 but found 1");
});

test("fit() stops by criteria, and evaluates with a key of its own stream", async () => {
  const slope = variable(scalar(0));
  const procedure: Procedure<Tensor> = (x) => ({
    loss: () => ({ loss: losses.meanSquaredError(mul(x, 3), mul(x, slope)) as Scalar }),
    dispose: () => {},
  });
  const batches = function* (): Generator<Tensor> {
    while (true) yield tensor1d([1, 2]);
  };
  const options: FitOptions = { optimizer: train.sgd(0.1), variables: [slope], iterations: 50, key: key(0) };
  const stop = earlyStopping({ metric: "constant", patience: 2 });
  const keys: string[] = [];
  const evaluation = {
    every: 4,
    evaluate: async (context: { key: readonly number[] }) => {
      keys.push(String(context.key));
      return { constant: 1 };
    },
  };
  const result = await fit(procedure, batches, { ...options, evaluation, stopWhen: [stop] });
  expect(result).toEqual({ reason: "stopped", iterations: 12 });
  expect(new Set(keys).size).toBe(3);
  const slow: Procedure<Tensor> = async (x, context) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return procedure(x, context);
  };
  const timed = await fit(slow, batches, { ...options, stopWhen: [timeBudget({ minutes: 0.02 / 60 })] });
  expect(timed.reason).toBe("stopped");
  expect(timed.iterations).toBeLessThan(6);
  await expect(fit(procedure, batches, { ...options, evaluation: { ...evaluation, every: 0 } })).rejects.toThrow(
    "evaluation.every must be a positive integer but found 0",
  );
  await expect(fit(procedure, batches, { ...options, state: { model: stop } })).rejects.toThrow(
    'a name in state must be a word of its own but found "model"',
  );
});

test("earlyStopping() and timeBudget() refuse bad options by value", () => {
  expect(() => earlyStopping({ metric: "loss", patience: 0 })).toThrow(
    "patience must be a positive integer but found 0",
  );
  expect(() => earlyStopping({ metric: "loss", minDelta: -1 })).toThrow("minDelta must be at least 0 but found -1");
  expect(() => earlyStopping({ metric: "loss", better: "higher" as "larger" })).toThrow(
    "better must be one of smaller, larger but found higher",
  );
  expect(() => timeBudget({ minutes: 0 })).toThrow("minutes must be greater than 0 but found 0");
  const stop = earlyStopping({ metric: "accuracy", better: "larger", minDelta: 0.1, patience: 1 });
  const on = (accuracy: number): boolean => stop({ type: "evaluation", iteration: 0, metrics: { accuracy } });
  expect([on(0.5), on(0.7), on(0.75)]).toEqual([false, false, true]);
  expect(on(Number.NaN)).toBe(true);
  expect(() => stop({ type: "evaluation", iteration: 0, metrics: { loss: 1 } })).toThrow(
    "must measure accuracy but measures loss",
  );
});

test("detectors look at a full window, or not at all", async () => {
  const rows = (gaps: readonly number[]) => gaps.map((energyGap, iteration) => ({ iteration, energyGap }));
  const detect = energyDrift({ limit: 10, window: 3 });
  const on = (gaps: readonly number[], energyGap: number) =>
    detect({ iteration: gaps.length, terms: { energyGap }, history: rows(gaps) });
  expect(await on([100], 100)).toBeUndefined();
  expect(await on([100, 0, 0], 0)).toBeUndefined();
  expect(await on([0, -20], -20)).toMatchObject({ reason: expect.stringContaining("energyGap is -13.33") });
  const other = { iteration: 0, terms: { loss: 1, accuracy: 0 }, history: [] };
  for (const [detector, term] of [
    [detect, "energyGap"],
    [samplesOutOfBounds(), "sampleMagnitude"],
    [chainsStuck(), "chainDistance"],
  ] as const) {
    expect(() => detector(other)).toThrow(`the procedure must report ${term} but reports loss, accuracy`);
  }
  expect(() => energyDrift({ limit: 0 })).toThrow(
    "Cannot detect energy drift: limit must be greater than 0 but found 0",
  );
  expect(() => energyDrift({ window: 101 })).toThrow("window must be an integer from 1 to 100 but found 101");
  expect(() => samplesOutOfBounds({ bound: -1 })).toThrow("bound must be greater than 0 but found -1");
  expect(() => chainsStuck({ distance: 0 })).toThrow("distance must be greater than 0 but found 0");
});

test("bufferOutliers() names the chains above the energies of fresh starts, when it is due", async () => {
  const head = { logDensity: (x: Tensor): Tensor1D => tidy(() => neg(sum(square(x), 1)) as Tensor1D) };
  const buffer = replayBuffer({ key: key(0), size: 600, shape: [2] });
  const detect = bufferOutliers(head, buffer, { key: key(1), every: 10, margin: 5 });
  const at = (iteration: number) => detect({ iteration, terms: {}, history: [] });
  await leakFree(async () => expect(await at(9)).toBeUndefined());
  const x = tensor2d([
    [3, 0],
    [0, 2],
    [-4, 1],
  ]);
  await buffer.write(Int32Array.of(2, 3, 599), x);
  x.dispose();
  expect(await at(10)).toBeUndefined();
  expect((await at(19))!.slots).toEqual([2, 599]);
  expect((await at(19))!.reason).toMatch(/^2 chains of the buffer have energies up to 17, beyond the limit of 6\.\d+$/);
  expect(() => bufferOutliers(head, buffer, { key: key(1), every: 0 })).toThrow(
    "every must be a positive integer but found 0",
  );
  expect(() => bufferOutliers(head, buffer, { key: key(1), margin: 0 })).toThrow(
    "margin must be greater than 0 but found 0",
  );
});

test("stepDecay() is the closed form, and refuses bad options by value", () => {
  const rate = stepDecay({ learningRate: 1, boundaries: [4, 6], factor: 0.5, warmUp: 3 });
  expect([0, 1, 2, 3, 4, 5, 6, 100].map(rate)).toEqual([0.25, 0.5, 0.75, 1, 0.5, 0.5, 0.25, 0.25]);
  expect(() => stepDecay({ learningRate: 0, boundaries: [] })).toThrow(
    "learningRate must be greater than 0 but found 0",
  );
  expect(() => stepDecay({ learningRate: 1, boundaries: [5, 5] })).toThrow("but found [5,5]");
  expect(() => stepDecay({ learningRate: 1, boundaries: [], factor: 2 })).toThrow("at most 1 but found 2");
  expect(() => stepDecay({ learningRate: 1, boundaries: [], warmUp: -1 })).toThrow("at least 0 but found -1");
});
