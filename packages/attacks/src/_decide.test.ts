import { foldIn, key, uniform } from "@jem-js/random";
import { golden, leakFree } from "@jem-js-internal/testing";
import { add, gather, mul, ones, type Tensor, type Tensor2D, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  type AttackResult,
  additiveNoise,
  boundary,
  type Classifier,
  type Criterion,
  hopSkipJump,
  type Labels,
  pointwise,
  type StartedOptions,
  saltAndPepper,
  startFromImages,
  startFromNoise,
  targeted,
} from "./mod.ts";

/** A linear classifier whose smallest perturbations are known in closed form. */
const oracle = golden("linear_oracle");
const weights = (): Tensor2D => tensor2d(oracle.W);
const linear = (x: Tensor): Tensor2D => tidy(() => add(x.matMul(weights()), tensor1d(oracle.b)) as Tensor2D);
const inputs = (): Tensor2D => tensor2d(oracle.x);
const labels: number[] = oracle.labels;

type Run = (
  model: Classifier,
  x: Tensor,
  criterion: Criterion | Labels,
  options: Pick<StartedOptions, "key" | "batchSize" | "bounds" | "onProgress" | "signal" | "restarts">,
) => Promise<AttackResult>;

const attacks: [string, Run, "l0" | "l2" | "linf"][] = [
  ["boundary()", (m, x, c, o) => boundary(m, x, c, { ...o, steps: 40 }), "l2"],
  ["pointwise()", (m, x, c, o) => pointwise(m, x, c, o), "l0"],
  ["pointwise() in l2", (m, x, c, o) => pointwise(m, x, c, { ...o, norm: "l2" }), "l2"],
  ["hopSkipJump()", (m, x, c, o) => hopSkipJump(m, x, c, { ...o, steps: 3, samples: 20 }), "l2"],
  ["hopSkipJump() in linf", (m, x, c, o) => hopSkipJump(m, x, c, { ...o, norm: "linf", steps: 3 }), "linf"],
  ["saltAndPepper()", (m, x, c, o) => saltAndPepper(m, x, c, { ...o, steps: 60 }), "l2"],
  [
    "additiveNoise()",
    (m, x, c, o) => additiveNoise(m, x, c, { ...o, norm: "l2", epsilon: 0.6, noise: "uniform", draws: 30 }),
    "l2",
  ],
];

async function take(result: AttackResult): Promise<{ clipped: number[]; raw: number[] }> {
  const found = { clipped: [...(await result.clipped.data())], raw: [...(await result.raw.data())] };
  result.clipped.dispose();
  result.raw.dispose();
  return found;
}

describe.each(attacks)("%s", (_, attack, norm) => {
  test("never reports less than the true distance", async () => {
    const result = await attack(linear, inputs(), labels, { key: key(0) });
    await take(result);
    expect(result.status[0]).toBe("alreadyAdversarial");
    expect(result.distances[0]).toBe(0);
    const broken = result.status.map((status, i) => (status === "success" ? i : -1)).filter((i) => i > 0);
    expect(broken.length).toBeGreaterThan(8);
    for (const i of broken) {
      // Inputs are float32: half a unit in the last place of each of ten elements.
      expect(result.distances[i]).toBeGreaterThan(norm === "l0" ? 0 : oracle[`min_${norm}`][i] - 1e-6);
    }
  });

  test("asks about inputs in the bounds only, all examples in one pass, and counts what it asks", async () => {
    let [rows, passes, smallest, largest] = [0, 0, 1, 0];
    const bounds = [0.1, 0.8] as const;
    const spy = (x: Tensor): Tensor2D => {
      rows += x.shape[0]!;
      passes += 1;
      const values = x.dataSync();
      smallest = Math.min(smallest, ...values);
      largest = Math.max(largest, ...values);
      return linear(x);
    };
    const result = await attack(spy, inputs(), labels, { key: key(1), bounds });
    await take(result);
    expect(smallest).toBeGreaterThanOrEqual(Math.fround(0.1));
    expect(largest).toBeLessThanOrEqual(Math.fround(0.8));
    expect(result.queries.reduce((a, b) => a + b)).toBe(rows);
    expect(Math.max(...result.gradients)).toBe(0);
    // A pass takes one query of each example, or more.
    expect(passes).toBeLessThanOrEqual(Math.max(...result.queries));
  });

  test("gives an example the same whatever its batch, by its key", async () => {
    const whole = await attack(linear, inputs(), labels, { key: key(2) });
    const wholeFound = await take(whole);
    const single = await attack(linear, inputs(), labels, { key: key(2), batchSize: 5 });
    expect(await take(single)).toEqual(wholeFound);
    expect(single.queries).toEqual(whole.queries);
    const order = [4, 11, 0, 7, 1, 2, 3, 5, 6, 8, 9, 10];
    const permuted = await attack(
      linear,
      gather(inputs(), order),
      order.map((i) => labels[i]!),
      { key: order.map((i) => foldIn(key(2), i)) },
    );
    await take(permuted);
    expect([...permuted.distances]).toEqual(order.map((i) => whole.distances[i]));
    expect([...permuted.queries]).toEqual(order.map((i) => whole.queries[i]));
    const other = await attack(linear, inputs(), labels, { key: key(3) });
    expect((await take(other)).raw).not.toEqual(wholeFound.raw);
  });

  test("says of a class that cannot be reached that it was not", async () => {
    const never = (x: Tensor): Tensor2D => tidy(() => mul(ones([x.shape[0]!, 2]), tensor2d([[1, 0]])) as Tensor2D);
    const result = await attack(never, tensor2d([[0.5, 0.5]]), targeted([1]), { key: key(0) });
    expect((await take(result)).clipped).toHaveLength(2);
    expect(["failed", "noStart"]).toContain(result.status[0]);
    expect(result.distances[0]).toBe(Number.POSITIVE_INFINITY);
  });

  test("keeps what it has when it is aborted", async () => {
    const signal = { aborted: false };
    let steps = 0;
    const result = await attack(linear, inputs(), labels, {
      key: key(0),
      signal,
      onProgress: ({ step, steps: all }) => {
        expect(step).toBeLessThanOrEqual(all);
        steps += 1;
        if (steps === 9) signal.aborted = true;
      },
    });
    await take(result);
    expect(steps).toBe(9);
    const statuses = new Set(result.status);
    expect(statuses).toContain("success");
    expect([...statuses].every((s) => ["success", "aborted", "alreadyAdversarial"].includes(s))).toBe(true);
  });

  test("restarts with other draws", async () => {
    const [once, thrice] = [1, 3].map((restarts) => attack(linear, inputs(), labels, { key: key(4), restarts }));
    const [first, best] = [await once!, await thrice!];
    await take(first);
    await take(best);
    best.distances.forEach((distance, i) => {
      expect(distance).toBeLessThanOrEqual(first.distances[i]!);
    });
  });

  test("leaves its two tensors and nothing else", async () => {
    const x = inputs();
    const model = (z: Tensor): Tensor2D => linear(z);
    await leakFree(async () => {
      await take(await attack(model, x, labels, { key: key(5) }));
      let calls = 0;
      const broken = (z: Tensor): Tensor2D => {
        calls += 1;
        if (calls > 3) throw new Error("broken");
        return linear(z);
      };
      await expect(attack(broken, x, labels, { key: key(5) })).rejects.toThrow("broken");
    });
    expect(x.isDisposed).toBe(false);
  });

  test("throws without a key, and for x outside the bounds", async () => {
    // @ts-expect-error: no key
    await expect(attack(linear, inputs(), labels, {})).rejects.toThrow(
      "Cannot attack: key must be a key, or one for each example, but found undefined",
    );
    await expect(attack(linear, inputs(), labels, { key: key(0), bounds: [0.9, 1] })).rejects.toThrow(RangeError);
    await expect(attack(linear, inputs(), [0], { key: key(0) })).rejects.toThrow("labels must be [12] but found [1]");
  });
});

/** Class 1 where the first element is above 0.9 and the second below 0.1. */
const corner = (x: Tensor): Tensor2D =>
  tidy(() => {
    const [a, b] = [x.slice([0, 0], [-1, 1]).sub(0.9), x.slice([0, 1], [-1, 1]).sub(0.1).neg()];
    return a.minimum(b).mul(tensor2d([[-1, 1]])) as Tensor2D;
  });

test("what changes sides with the size of the batch is taken a little farther", async () => {
  // Class 1 below 0.5, but in the batch of all examples by a thousandth less, as if it added up in another order.
  const model = (x: Tensor): Tensor2D =>
    tidy(() => x.sub(x.shape[0] === 2 ? 0.4998 : 0.5).matMul(tensor2d([[1, -1]])) as Tensor2D);
  const starts = tensor2d([[0.25], [0.1]]);
  const found = await boundary(model, tensor2d([[0.75], [0.9]]), [0, 0], { key: key(0), starts, steps: 300 });
  expect(found.status).toEqual(["success", "success"]);
  for (const [i, x] of [0.75, 0.9].entries()) expect(found.distances[i]! / (x - 0.4998)).toBeLessThan(1.003);
});

test("starts are tried one after the other", async () => {
  const x = tensor2d([
    [0.5, 0.5],
    [0.4, 0.6],
  ]);
  const given = tensor2d([
    [0.95, 0.05],
    [0.6, 0.6],
  ]);
  const options = { key: key(0), steps: 5 };
  const alone = await boundary(corner, x, [0, 0], { ...options, starts: given });
  expect(alone.status).toEqual(["success", "noStart"]);
  // Clean, start, the bisection, steps, a last look and the verdict; or no steps.
  expect([...alone.queries]).toEqual([1 + 1 + 10 + 5 + 2, 1 + 1 + 2]);
  const images = await startFromImages(
    tensor2d([
      [0, 0],
      [2, -1],
      [0.92, 0.02],
    ]),
  );
  const both = await boundary(corner, x, [0, 0], { ...options, starts: [given, images] });
  expect(both.status).toEqual(["success", "success"]);
  // The nearest image of class 1 is the second that is asked about.
  expect([...both.queries]).toEqual([19, 1 + 3 + 10 + 5 + 2]);
});

test("startFromNoise() finds a class of blends that noise itself does not have", async () => {
  // Class 1 between 0.6 and 0.8 on average: uniform noise of 400 elements is at 0.5.
  const band = (x: Tensor): Tensor2D =>
    tidy(() => {
      const distance = x.mean(1, true).sub(0.7).abs().sub(0.1);
      return distance.mul(tensor2d([[1, -1]])) as Tensor2D;
    });
  const x = ones([2, 400]) as Tensor2D;
  const found = await boundary(band, x, [0, 0], { key: key(0), steps: 1, starts: startFromNoise({ draws: 1 }) });
  expect(found.status).toEqual(["success", "success"]);
  const whole = startFromNoise({ draws: 3, levels: 1 });
  expect((await boundary(band, x, [0, 0], { key: key(0), steps: 1, starts: whole })).status).toEqual([
    "noStart",
    "noStart",
  ]);
});

test("starts throw on what they cannot be", async () => {
  const x = inputs();
  const options = { key: key(0), steps: 1 };
  await expect(boundary(linear, x, labels, { ...options, starts: [] })).rejects.toThrow("found none");
  await expect(boundary(linear, x, labels, { ...options, starts: tensor2d([[1]]) })).rejects.toThrow(
    "Cannot attack: starts must be float32 [12, 10] but found float32 [1, 1]",
  );
  await expect(boundary(linear, x, labels, { ...options, starts: x.mul(3) })).rejects.toThrow(
    "Cannot attack, starts: x must lie in the bounds [0, 1]",
  );
  // @ts-expect-error: no start
  await expect(boundary(linear, x, labels, { ...options, starts: 3 })).rejects.toThrow("but found number");
  const images = await startFromImages(uniform(key(1), [3, 9]));
  await expect(boundary(linear, x, labels, { ...options, starts: images })).rejects.toThrow(
    "Cannot start: images must be [count, 10] but found [3, 9]",
  );
  await expect(startFromImages(tensor2d([[Number.NaN]]))).rejects.toThrow("images must be finite but found NaN");
  await expect(startFromImages(tensor2d([], [0, 3]))).rejects.toThrow("found none");
  expect(() => startFromNoise({ draws: 0 })).toThrow("draws must be a positive integer but found 0");
  expect(() => startFromNoise({ levels: 0.5 })).toThrow("levels must be a positive integer but found 0.5");
});
