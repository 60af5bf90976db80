import { auroc } from "@jem-js/metrics";
import { foldIn, key, normalValues } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { mean, type Tensor, type Tensor2D, tensor } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { detectorFromJson, type LogitNetworkOptions, logitNetwork, ufel, ufelNetwork } from "./mod.ts";

describe("ufelNetwork()", () => {
  /** Maps of noise with mean 0: checkerboards when `isOut`, stripes otherwise. */
  function maps(seed: number, count: number, isOut: boolean): Tensor {
    const noise = normalValues(foldIn(key(seed), isOut ? 1 : 0), count * 64);
    const values = noise.map((value, i) => {
      const [row, column] = [Math.floor((i % 64) / 8), i % 8];
      return 0.3 * value + ((isOut ? row + column : row) % 2 === 0 ? 1 : -1);
    });
    return tensor(values, [count, 8, 8, 1]);
  }
  const classifier = (x: Tensor) => {
    const averages = mean(x, [1, 2]);
    return { logits: averages.concat(averages.neg(), 1) as Tensor2D, features: { logVariance: x } };
  };
  const options = { logVariances: ["logVariance"], key: key(3), epochs: 30, learningRate: 0.02 };
  const auxiliary = { outOfDistribution: { x: maps(1, 40, true) } };
  const inside = { x: maps(1, 40, false) };

  test("sees where log-variances are large, which ufel() by its means does not", async () => {
    const found: Record<string, number> = {};
    for (const [name, detector] of Object.entries({ network: ufelNetwork(options), linear: ufel(options) })) {
      await detector.fit(classifier, inside, auxiliary);
      found[name] = auroc(await detector.score(maps(2, 64, true)), await detector.score(maps(2, 64, false)));
    }
    expect(found.network).toBeGreaterThan(0.95);
    expect(found.linear).toBeLessThan(0.75);
  });

  test("equal keys give equal detectors, and JSON the same to the last bit", async () => {
    const short = { ...options, epochs: 2 };
    const first = await ufelNetwork(short).fit(classifier, inside, auxiliary);
    const second = await ufelNetwork(short).fit(classifier, inside, auxiliary);
    const other = await ufelNetwork({ ...short, key: key(4) }).fit(classifier, inside, auxiliary);
    expect(JSON.stringify(second)).toBe(JSON.stringify(first));
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(first));
    const again = detectorFromJson(JSON.parse(JSON.stringify(first)), classifier);
    expect([...(await again.score(inside.x))]).toEqual([...(await first.score(inside.x))]);
  });

  test("leaves no tensors behind", async () => {
    await leakFree(async () => {
      const detector = await ufelNetwork({ ...options, epochs: 1 }).fit(classifier, inside, auxiliary);
      await detector.score(inside.x);
    });
  });

  test("gives reasons", async () => {
    expect(() => ufelNetwork({ ...options, logVariances: [] })).toThrow("layers must be a list of at least one name");
    expect(() => ufelNetwork({ ...options, epochs: 0 })).toThrow("Cannot create ufelNetwork: epochs must be");
    expect(() => ufelNetwork({ ...options, hidden: [0] })).toThrow("hidden must be");
    expect(() => ufelNetwork({ ...options, learningRate: 0 })).toThrow("learningRate must be");
    await expect(ufelNetwork(options).fit(classifier, inside)).rejects.toThrow(
      "it must be given auxiliary.outOfDistribution but found none",
    );
  });
});

describe("logitNetwork()", () => {
  const identity = (x: Tensor): Tensor2D => x as Tensor2D;
  /** Logits of one class that is surer by 4 than two others; those that are out lack 6 in all of them. */
  function logits(seed: number, shift: number): Tensor2D {
    const noise = normalValues(key(seed), 3 * 100);
    return tensor(
      noise.map((value, i) => value + (i % 3 === 0 ? 4 : 0) + shift),
      [100, 3],
    ) as Tensor2D;
  }
  const fitted = (options: Partial<LogitNetworkOptions>) =>
    logitNetwork({ key: key(5), hidden: [16], epochs: 30, learningRate: 0.03, ...options }).fit(
      identity,
      { x: logits(1, 0) },
      { outOfDistribution: { x: logits(2, -6) } },
    );

  test("knows by logits what the softmax forgets", async () => {
    const areaBy = async (inputs: "logits" | "softmax" | "logSoftmax"): Promise<number> => {
      const detector = await fitted({ inputs });
      return auroc(await detector.score(logits(4, -6)), await detector.score(logits(3, 0)));
    };
    expect(await areaBy("logits")).toBeGreaterThan(0.98);
    expect(await areaBy("softmax")).toBeLessThan(0.75);
    expect(await areaBy("logSoftmax")).toBeLessThan(0.75);
  });

  test("sorted does not care which class it is", async () => {
    const permuted = tensor([1, 5, 2, 5, 2, 1], [2, 3]);
    const [a, b] = await (await fitted({})).score(permuted);
    expect(a).toBe(b);
    const [c, d] = await (await fitted({ sorted: false })).score(permuted);
    expect(c).not.toBe(d);
  });

  test("gives reasons", () => {
    expect(() => logitNetwork({ key: key(0), inputs: "energy" as "logits" })).toThrow(TypeError);
    expect(() => logitNetwork({ key: key(0), epochs: 1.5 })).toThrow(RangeError);
  });
});
