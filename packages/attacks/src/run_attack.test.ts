import { foldIn, type Key, key, uniformValues } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { clone, gather, matMul, sub, type Tensor, type Tensor2D, tensor2d, zerosLike } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type Attack, misclassification, pgd, type RunAttackOptions, runAttack, targeted } from "./mod.ts";

/** Class 0 as long as the first element is above 0.5. */
const model = (x: Tensor): Tensor2D =>
  matMul(
    sub(x, 0.5) as Tensor2D,
    tensor2d([
      [1, -1],
      [0, 0],
    ]),
  );
const inputs = (): Tensor2D =>
  tensor2d([
    [0.9, 0.5],
    [0.4, 0.5],
    [0.6, 0.5],
    [0.7, 0.5],
  ]);
const zeros = [0, 0, 0, 0];
const values = async (t: Tensor): Promise<number[]> => Array.from(await t.data(), (v) => Math.round(1e4 * v) / 1e4);
/** Moves the first element down by 0.25. */
const shift: Attack = ({ x }) => sub(x, tensor2d([[0.25, 0]]));

test("runAttack() says for each example what came of it", async () => {
  const result = await runAttack(model, inputs(), zeros, { attack: shift, norm: "l2" });
  expect(result.status).toEqual(["failed", "alreadyAdversarial", "success", "success"]);
  expect(result.success).toEqual([false, true, true, true]);
  expect([...result.distances].map((d) => Math.round(1e4 * d) / 1e4)).toEqual([Infinity, 0, 0.25, 0.25]);
  expect(await values(result.raw)).toEqual([0.65, 0.5, 0.4, 0.5, 0.35, 0.5, 0.45, 0.5]);
  expect(await values(result.clipped)).toEqual(await values(result.raw));
  expect([...result.queries]).toEqual([2, 1, 2, 2]);
  expect([...result.gradients]).toEqual([0, 0, 0, 0]);
});

test.each([
  ["linf", 0.15, [0.75, 0.4, 0.45, 0.55]],
  ["l2", 0.15, [0.75, 0.4, 0.45, 0.55]],
  ["l1", 0.15, [0.75, 0.4, 0.45, 0.55]],
  ["l0", 1, [0.65, 0.4, 0.35, 0.45]],
] as const)("runAttack() judges in the %s ball", async (norm, epsilon, expected) => {
  const result = await runAttack(model, inputs(), zeros, { attack: shift, norm, epsilon });
  expect(await values(result.raw)).toEqual([0.65, 0.5, 0.4, 0.5, 0.35, 0.5, 0.45, 0.5]);
  expect((await values(result.clipped)).filter((_, i) => i % 2 === 0)).toEqual(expected);
  expect(result.success).toEqual(expected.map((value) => value < 0.5));
});

test("runAttack() counts an input outside an l0 ball as failed", async () => {
  const everywhere: Attack = ({ x }) => sub(x, 0.25);
  const result = await runAttack(model, inputs(), zeros, { attack: everywhere, norm: "l0", epsilon: 1 });
  expect(result.status).toEqual(["failed", "alreadyAdversarial", "failed", "failed"]);
});

test("runAttack() gives pgd() counts and the examples that are yet to be broken", async () => {
  const ball = { norm: "linf", epsilon: 0.3, steps: 4 } as const;
  const seen: number[][] = [];
  const result = await runAttack(model, inputs(), zeros, {
    ...ball,
    batchSize: 2,
    attack: ({ model, x, criterion, examples }) => {
      seen.push([...examples]);
      return pgd(model, x, criterion, { ...ball, returnBest: true });
    },
  });
  expect(seen).toEqual([[0, 2], [3]]);
  expect(result.status).toEqual(["failed", "alreadyAdversarial", "success", "success"]);
  // Clean, four steps, the look at the end, the verdict.
  expect([...result.queries]).toEqual([7, 1, 7, 7]);
  expect([...result.gradients]).toEqual([4, 0, 4, 4]);
});

test("runAttack() takes criteria, int32 labels and arrays", async () => {
  const x = inputs();
  const labels = tensor2d([zeros], [1, 4], "int32").reshape([4]);
  const options = { attack: shift, norm: "l2" } as const;
  const expected = (await runAttack(model, x, zeros, options)).status;
  expect((await runAttack(model, x, labels, options)).status).toEqual(expected);
  expect((await runAttack(model, x, misclassification(zeros), options)).status).toEqual(expected);
  expect((await runAttack(model, x, targeted([1, 1, 1, 0]), options)).status).toEqual([
    "failed",
    "alreadyAdversarial",
    "success",
    "alreadyAdversarial",
  ]);
});

/** Moves the first element down by up to 0.4, by the key of the example. */
const wander: Attack = ({ x, keys }) => sub(x, tensor2d(keys!.map((k) => [0.4 * draw(k), 0])));
const draw = (k: Key): number => uniformValues(k, 1)[0]!;

test("runAttack() keeps the closest success of its restarts without a ball, and the first in one", async () => {
  const root = key(3);
  // Example 3 breaks when its draw is above a half.
  const draws = [0, 1, 2, 3, 4, 5].map((restart) => 0.4 * draw(foldIn(foldIn(root, 3), restart)));
  const successes = draws.filter((d) => d > 0.2);
  expect(successes.length).toBeGreaterThan(1);
  const options = { attack: wander, norm: "linf", key: root, restarts: 6 } as const;
  const free = await runAttack(model, inputs(), zeros, options);
  expect(free.distances[3]).toBeCloseTo(Math.min(...successes), 6);
  expect([...free.queries]).toEqual([7, 1, 7, 7]);
  const balled = await runAttack(model, inputs(), zeros, { ...options, epsilon: 0.4 });
  expect(balled.distances[3]).toBeCloseTo(successes[0]!, 6);
  expect(balled.queries[3]).toBe(2 + draws.findIndex((d) => d > 0.2));
});

test("runAttack() gives an example the same whatever its batch, by its key", async () => {
  const options = { attack: wander, norm: "linf", restarts: 2 } as const;
  const whole = await runAttack(model, inputs(), zeros, { ...options, key: key(1) });
  expect(await runAttack(model, inputs(), zeros, { ...options, key: key(1), batchSize: 1 })).toMatchObject({
    status: whole.status,
    distances: whole.distances,
  });
  const order = [2, 3, 0, 1];
  const keys = order.map((i) => foldIn(key(1), i));
  const permuted = await runAttack(model, gather(inputs(), order), zeros, { ...options, key: keys });
  expect([...permuted.distances]).toEqual(order.map((i) => whole.distances[i]));
  const other = await runAttack(model, inputs(), zeros, { ...options, key: key(2) });
  expect(other.distances).not.toEqual(whole.distances);
});

test("runAttack() reports progress and stops when the signal is aborted", async () => {
  const signal = { aborted: false };
  const steps: string[] = [];
  const walk: Attack = async ({ x, proceed }) => {
    let current = clone(x);
    for (let step = 0; step < 3 && (await proceed(step, 3)); step++) {
      const last = current;
      current = sub(current, tensor2d([[0.1, 0]]));
      last.dispose();
    }
    return current;
  };
  const result = await runAttack(model, inputs(), zeros, {
    attack: walk,
    norm: "l2",
    batchSize: 2,
    signal,
    onProgress: ({ done, total, restart, step, steps: all }) => {
      steps.push(`${done}/${total} ${restart} ${step}/${all}`);
      if (done === 0 && step === 2) signal.aborted = true;
    },
  });
  expect(steps).toEqual(["0/3 0 0/3", "0/3 0 1/3", "0/3 0 2/3"]);
  expect(result.status).toEqual(["aborted", "alreadyAdversarial", "success", "aborted"]);
  expect(await values(result.raw)).toEqual([0.7, 0.5, 0.4, 0.5, 0.4, 0.5, 0.7, 0.5]);
});

test("runAttack() tells of examples without a start", async () => {
  const result = await runAttack(model, inputs(), zeros, {
    attack: ({ x }) => ({ raw: clone(x), noStart: [1] }),
    norm: "l2",
  });
  expect(result.status).toEqual(["failed", "alreadyAdversarial", "noStart", "failed"]);
});

test("runAttack() lets an attack ask for some examples, several times each", async () => {
  const result = await runAttack(model, inputs(), zeros, {
    norm: "l2",
    attack: async ({ x, isAdversarial }) => {
      const rows = [2, 1, 2];
      const candidates = tensor2d([
        [0.45, 0],
        [0.55, 0],
        [0.65, 0],
      ]);
      expect(await isAdversarial(candidates, rows)).toEqual([true, false, false]);
      candidates.dispose();
      await expect(isAdversarial(x, rows.slice(1))).rejects.toThrow("candidates must be [2, ...] but found [3, 2]");
      return clone(x);
    },
  });
  expect([...result.queries]).toEqual([2, 1, 3, 4]);
});

test("runAttack() keeps away from NaN that an attack returns", async () => {
  const result = await runAttack(model, inputs(), zeros, { attack: ({ x }) => x.mul(Number.NaN), norm: "l2" });
  expect(result.status).toEqual(["failed", "alreadyAdversarial", "failed", "failed"]);
});

test("runAttack() leaves its two tensors and nothing else", async () => {
  const x = inputs();
  const broken: Attack = () => {
    throw new Error("broken");
  };
  await leakFree(async () => {
    const { raw, clipped } = await runAttack(model, x, zeros, { attack: ({ x }) => zerosLike(x), norm: "l2" });
    raw.dispose();
    clipped.dispose();
    await expect(runAttack(model, x, zeros, { attack: broken, norm: "l2" })).rejects.toThrow("broken");
    await expect(runAttack(model, x, [0, 0, 0, 2], { attack: broken, norm: "l2" })).rejects.toThrow(RangeError);
    const other: Attack = ({ x }) => x.reshape([-1]);
    await expect(runAttack(model, x, zeros, { attack: other, norm: "l2" })).rejects.toThrow(
      "the attack must return float32 [3, 2] but found float32 [6]",
    );
  });
  expect(x.isDisposed).toBe(false);
});

test("runAttack() throws before any work", async () => {
  const x = inputs();
  const attack: Attack = () => expect.unreachable();
  const cases: [Partial<RunAttackOptions>, string][] = [
    // @ts-expect-error: no such norm
    [{ norm: "l3" }, 'Cannot run attack: norm must be "linf", "l2", "l1" or "l0" but found l3'],
    [{ epsilon: -1 }, "epsilon must be finite and at least 0 but found -1"],
    [{ restarts: 0 }, "restarts must be a positive integer but found 0"],
    [{ restarts: 2 }, "key must be given for 2 restarts but found none"],
    [{ batchSize: 0 }, "batchSize must be a positive integer but found 0"],
    [{ bounds: [0, 0.5] }, "x must lie in the bounds [0, 0.5] but found values from"],
    [{ key: [key(0)] }, "key must be a key or 4 keys but found 1"],
  ];
  for (const [options, message] of cases) {
    await expect(runAttack(model, x, zeros, { attack, norm: "l2", ...options })).rejects.toThrow(message);
  }
  const options = { attack, norm: "l2" } as const;
  await expect(runAttack(model, x, [0], options)).rejects.toThrow("labels must be [4] but found [1]");
  await expect(runAttack(model, x, misclassification([0]), options)).rejects.toThrow(
    "criterion must be for 4 examples but found 1",
  );
  await expect(runAttack(model, x, [0, 0, 0, 2], options)).rejects.toThrow(
    "logits must have at least 3 classes for this criterion but found 2",
  );
  await expect(runAttack(model, tensor2d([], [0, 2]), [], options)).rejects.toThrow("found none");
});

test.each(["linf", "l2", "l1"] as const)(
  "runAttack() leaves what lies in a ball in %s as it is, to the last bit",
  async (norm) => {
    const inside = tensor2d([[0.0123456789, 0.5 + 1e-7]]);
    const attack = (): Tensor2D => inside.clone();
    const result = await runAttack(model, tensor2d([[0.9, 0.5]]), [0], { norm, epsilon: 1, attack });
    expect(await result.clipped.data()).toEqual(await inside.data());
  },
);
