import { foldIn, key } from "@jem-js/random";
import { golden, goldenNetwork, goldenTensor, leakFree } from "@jem-js-internal/testing";
import { div, ones, sub, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { linearPair } from "../testing/linear_pair.ts";
import { type AutoAttackOptions, apgd, autoAttack, eotModel, noisyModel } from "./mod.ts";

const inputs = (): Tensor2D =>
  tensor2d([
    [0.8, 0.2],
    [0.6, 0.4],
    [0.1, 0.9],
    [0.55, 0.5],
  ]);
const labels = [0, 0, 0, 0];
const options = { norm: "linf", epsilon: 0.12, key: key(0) } as const;

test.each(["standard", "plus", "rand"] as const)(
  "autoAttack() %s breaks what can be broken, and nothing else",
  async (version) => {
    const found = await autoAttack(linearPair(1), inputs(), labels, { ...options, version });
    expect(found.status).toEqual(["failed", "success", "alreadyAdversarial", "success"]);
    expect(found.success).toEqual([false, true, true, true]);
    expect(found.brokenBy).toEqual([undefined, "apgd-ce", undefined, "apgd-ce"]);
    expect([found.distances[0], found.distances[2]]).toEqual([Number.POSITIVE_INFINITY, 0]);
    const offsets = await sub(found.clipped, inputs()).abs().max(1).data();
    [1, 3].forEach((i) => {
      expect(found.distances[i]).toBeCloseTo(offsets[i]!, 6);
      expect(found.distances[i]).toBeLessThanOrEqual(0.12 + 1e-6);
    });
    // What stands is attacked by all: the last looks only at examples that withstood the others.
    expect(found.queries[0]).toBeGreaterThan(found.queries[1]!);
  },
);

test("autoAttack() finds by other means what masked gradients hide", async () => {
  // The cross-entropy underflows: APGD-CE stays where it starts, which with this key is not adversarial. Margins have a gradient.
  const found = await autoAttack(linearPair(1000), tensor2d([[0.6, 0.4]]), [0], {
    ...options,
    epsilon: 0.105,
    key: key(1),
  });
  expect(found.success).toEqual([true]);
  expect(["apgd-t", "fab-t", "square"]).toContain(found.brokenBy[0]);
});

test("autoAttack() is never weaker than its first attack", async () => {
  const fixture = golden("attacks");
  const network = goldenNetwork(golden("ebm_cnn").model);
  const model = (x: Tensor): Tensor2D => network.classifier(div(sub(x, 0.5), 0.5));
  const x = goldenTensor(fixture.x0);
  const ball = { norm: "linf", epsilon: 0.01 } as const;
  const first = await apgd(model, x, fixture.labels, { ...ball, key: [0, 1].map((i) => foldIn(foldIn(key(2), i), 0)) });
  const all = await autoAttack(model, x, fixture.labels, { ...ball, key: key(2) });
  first.success.forEach((success, i) => {
    if (success) expect(all.success[i]).toBe(true);
    if (first.status[i] === "success") expect(all.distances[i]).toBe(first.distances[i]);
  });
  expect(first.success).toContain(true);
});

test("autoAttack() rand goes with an expectation", async () => {
  const model = eotModel(noisyModel(linearPair(1), { noiseScale: 0.05 }), { key: key(1) });
  const found = await autoAttack(model, inputs(), labels, { ...options, version: "rand" });
  expect(found.success).toEqual([false, true, true, true]);
});

test("autoAttack() gives equal keys equal results, whatever the batches, and leaves but its tensors", async () => {
  const x = inputs();
  await leakFree(async () => {
    const whole = await autoAttack(linearPair(1), x, labels, options);
    const cut = await autoAttack(linearPair(1), x, labels, { ...options, batchSize: 1 });
    expect(cut.distances).toEqual(whole.distances);
    expect(await cut.clipped.data()).toEqual(await whole.clipped.data());
    for (const tensor of [whole.raw, whole.clipped, cut.raw, cut.clipped]) tensor.dispose();
    await expect(autoAttack(linearPair(1), x, [0, 0, 0, 2], options)).rejects.toThrow(RangeError);
  });
});

test("autoAttack() ends at the signal", async () => {
  const found = await autoAttack(linearPair(1), inputs(), labels, { ...options, signal: { aborted: true } });
  expect(new Set(found.status)).toEqual(new Set(["aborted"]));
});

test("autoAttack() rejects what it cannot attack", async () => {
  const cases: [Partial<AutoAttackOptions>, string][] = [
    // @ts-expect-error: no such version
    [{ version: "custom" }, 'Cannot attack: version must be "standard", "plus" or "rand" but found custom'],
    // @ts-expect-error: no such norm
    [{ norm: "l1" }, 'norm must be "linf" or "l2" but found l1'],
    [{ epsilon: -1 }, "epsilon must be finite and at least 0 but found -1"],
    [{ key: [key(0)] }, "key must be a key or 4 keys but found 1"],
  ];
  for (const [some, message] of cases) {
    await expect(autoAttack(linearPair(1), inputs(), labels, { ...options, ...some })).rejects.toThrow(message);
  }
  await expect(autoAttack(linearPair(1), ones([0, 2]), [], options)).rejects.toThrow("but found none");
});
