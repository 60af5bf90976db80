import { key } from "@jem-js/random";
import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import { add, clone, div, gather, matMul, sub, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { type Ascended, ascend, namedLossOf } from "./_apgd.ts";
import { distanceOf } from "./_distance.ts";
import { type ApgdOptions, allOf, apgd, epsilonSearch, fab, misclassification, runAttack, targeted } from "./mod.ts";

const fixture = golden("attacks");
const network = goldenNetwork(golden("ebm_cnn").model);
const model = (x: Tensor): Tensor2D => network.classifier(div(sub(x, 0.5), 0.5));
const clean = (): Tensor => goldenTensor(fixture.x0);
const oracle = golden("linear_oracle");
const linear = (x: Tensor): Tensor2D => add(matMul(x as Tensor2D, tensor2d(oracle.W)), oracle.b) as Tensor2D;
const inputs = (): Tensor2D => tensor2d(oracle.x);

test.each([
  ["apgd_ce", "linf", "crossEntropy", "pgd_linf"],
  ["apgd_dlr", "linf", "dlr", "pgd_linf"],
  ["apgd_l2", "l2", "crossEntropy", "pgd_l2"],
] as const)("apgd() ends where AutoAttack's %s does", async (name, norm, loss, from) => {
  const { n_iter, rho } = fixture.apgd;
  const { eps, loss_best, still_correct, x_best, norms_x_best_adv } = fixture.apgd[name];
  let found: Ascended | undefined;
  await runAttack(model, clean(), fixture.labels, {
    norm,
    attack: async (task) => {
      found = await ascend(task, namedLossOf(loss), {
        norm,
        epsilon: eps,
        steps: n_iter,
        risingShare: rho,
        stopEarly: false,
        start: goldenTensor(fixture[from].x_start),
      });
      return clone(task.x);
    },
  });
  expect(found!.losses).toBeAllclose(loss_best, { atol: 2e-5 });
  expect(found!.best).toBeAllclose(x_best.data, { atol: 2e-5 });
  expect(found!.broken.map((yes) => !yes)).toEqual(still_correct);
  const origin = Float32Array.from(fixture.x0.data);
  for (const i of [0, 1]) {
    const part = (values: Float32Array): Float32Array => values.subarray(64 * i, 64 * (i + 1));
    for (const one of ["l2", "linf"] as const) {
      const distance = distanceOf(one, part(found!.adversarial), part(origin));
      expect([distance]).toBeAllclose([norms_x_best_adv[one][i]], { atol: 2e-5 });
    }
  }
});

/** The L1 distances of the linear classifier without bounds: one element crosses the nearest plane. */
const exactL1: number[] = oracle.x.map((row: number[], i: number) => {
  const logits = oracle.b.map((b: number, c: number) => row.reduce((z, v, j) => z + v * oracle.W[j][c], b));
  const label = oracle.labels[i];
  const gaps = logits.map((z: number, c: number) => {
    const widest = Math.max(...oracle.W.map((w: number[]) => Math.abs(w[c]! - w[label]!)));
    return c === label ? Number.POSITIVE_INFINITY : (logits[label] - z) / widest;
  });
  return Math.max(0, Math.min(...gaps));
});

describe.each(["linf", "l2", "l1"] as const)("%s", (norm) => {
  const exact: number[] = norm === "l1" ? exactL1 : oracle[`min_${norm}`];
  const bounds = norm === "l1" ? ([-9, 9] as const) : ([0, 1] as const);
  const sorted = exact.slice(1).sort((a, b) => a - b);
  // Between two distances: some examples can be broken, some cannot.
  const epsilon = (sorted[5]! + sorted[6]!) / 2;
  const ways: [string, Partial<ApgdOptions>][] = [
    ["APGD-CE", {}],
    ["APGD-DLR", { loss: "dlr" }],
    ["APGD of the margin", { loss: "margin", key: key(1) }],
    ["APGD-T", { targetClasses: 9, key: key(1) }],
  ];

  test.each(ways)("%s breaks of a linear classifier what can be broken", async (_, options) => {
    const result = await apgd(linear, inputs(), oracle.labels, { norm, epsilon, bounds, ...options });
    expect(result.success).toEqual(exact.map((distance, i) => i === 0 || distance <= epsilon));
    const [values, origin] = [await result.clipped.data(), await inputs().data()];
    result.distances.forEach((distance, i) => {
      if (i > 0) expect(distance).toBeGreaterThanOrEqual(exact[i]!);
      const row = (of: typeof values): Float32Array => of.subarray(10 * i, 10 * (i + 1)) as Float32Array;
      expect(distanceOf(norm, row(values), row(origin))).toBeLessThanOrEqual(epsilon * (1 + 1e-6));
    });
  });

  test.each(ways)("%s gives the same for equal keys and follows a permutation", async (_, more) => {
    const options = { norm, epsilon, steps: 5, ...more };
    const keys = [1, 2, 3, 4].map(key);
    const order = [3, 0, 2, 1];
    const x = gather(inputs(), [4, 5, 6, 7]);
    const labels = [3, 3, 3, 3];
    const result = await apgd(linear, x, labels, { ...options, key: keys });
    const again = await apgd(linear, x, labels, { ...options, key: keys });
    expect(await again.raw.data()).toEqual(await result.raw.data());
    const permuted = await apgd(linear, gather(x, order), labels, {
      ...options,
      key: order.map((i) => keys[i]!),
      batchSize: 3,
    });
    expect(await permuted.raw.data()).toBeAllclose(await gather(result.raw, order).data(), { atol: 1e-5 });
  });
});

test("apgd() in l1 breaks what other attacks in l1 break, within ball and bounds", async () => {
  const epsilon = 1.5;
  const x = clean();
  const ours = await apgd(model, x, fixture.labels, { norm: "l1", epsilon, key: key(0) });
  const theirs = [
    await fab(model, x, fixture.labels, { norm: "l1", epsilon }),
    await epsilonSearch(model, x, fixture.labels, { norm: "l1", key: key(0) }),
  ];
  ours.status.forEach((status, i) => {
    if (theirs.some(({ distances }) => distances[i]! <= epsilon)) expect(status).not.toBe("failed");
  });
  const values = await ours.clipped.data();
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThanOrEqual(1);
});

test("apgd() reaches classes, and leaves alone what it has broken", async () => {
  const classes = oracle.labels.map(() => 2);
  const result = await apgd(linear, inputs(), targeted(classes), {
    norm: "linf",
    epsilon: 0.2,
    loss: "dlr",
    steps: 20,
  });
  expect(result.success.every(Boolean)).toBe(true);
  expect(Math.max(...result.queries)).toBeLessThan(22);
  const whole = await apgd(linear, inputs(), targeted(classes), {
    norm: "linf",
    epsilon: 0.2,
    loss: "dlr",
    steps: 20,
    stopEarly: false,
  });
  // Clean, the start, twenty steps, the verdict.
  expect(new Set(whole.queries)).toEqual(new Set([23]));
  expect(new Set(whole.gradients)).toEqual(new Set([21]));
});

test("apgd() leaves nothing, and throws on what it cannot do", async () => {
  const x = inputs();
  const ball = { norm: "linf", epsilon: 0.08 } as const;
  await leakFree(async () => {
    for (const options of [{}, { stopEarly: false }, { targetClasses: 2 }, { norm: "l1" }] as const) {
      const { raw, clipped } = await apgd(linear, x, oracle.labels, { ...ball, ...options, steps: 12 });
      raw.dispose();
      clipped.dispose();
    }
  });
  const cases: [Partial<ApgdOptions>, string][] = [
    // @ts-expect-error: no such norm
    [{ norm: "l0" }, 'norm must be "linf", "l2" or "l1" but found l0'],
    [{ epsilon: -1 }, "epsilon must be finite and at least 0 but found -1"],
    [{ steps: 0 }, "steps must be a positive integer but found 0"],
    [{ risingShare: 2 }, "risingShare must be from 0 to 1 but found 2"],
    [{ targetClasses: 0 }, "targetClasses must be a positive integer but found 0"],
  ];
  for (const [options, message] of cases) {
    await expect(apgd(linear, x, oracle.labels, { ...ball, ...options })).rejects.toThrow(message);
  }
  const goalless = allOf(misclassification(oracle.labels));
  await expect(apgd(linear, x, goalless, ball)).rejects.toThrow("found no goal");
  await expect(apgd(linear, x, targeted(oracle.labels), { ...ball, targetClasses: 2 })).rejects.toThrow(
    "targetClasses must not be given with classes to reach",
  );
});
