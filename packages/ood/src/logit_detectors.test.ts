import { golden, leakFree } from "@jem-js-internal/testing";
import { matMul, mul, type Tensor, type Tensor2D, tensor2d, topk } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { logSoftmax, logSumExp, scaled, softmax } from "./_logits.ts";
import {
  approximateMass,
  type Detector,
  energy,
  entropy,
  generalizedEntropy,
  logDensity,
  margin,
  maxLogit,
  maxProbability,
  odin,
} from "./mod.ts";

const identity = (x: Tensor): Tensor2D => x as Tensor2D;
const F1 = golden("ood_fixtures").F1_logit;
const EXACT = { rtol: 1e-9, atol: 1e-12 };

async function scoresOf(detector: Detector, z: number[][]): Promise<number[]> {
  await detector.fit(identity);
  return Array.from(await detector.score(tensor2d(z)));
}

const negative = (values: number[]): number[] => values.map((value) => -value);

describe("fixture F1", () => {
  const rows: Float64Array[] = F1.z.map((z: number[]) => Float64Array.from(z));

  test("logSumExp() and softmax() in float64", () => {
    expect(rows.map(logSumExp)).toBeAllclose(F1.lse, EXACT);
    expect(rows.map((z) => 2 * logSumExp(scaled(z, 2)))).toBeAllclose(F1.lse_T2, EXACT);
    expect(rows.map((z) => Math.max(...softmax(z)))).toBeAllclose(F1.msp, EXACT);
    expect(rows.map((z) => Math.max(...softmax(scaled(z, 1000))))).toBeAllclose(F1.odin_msp_T1000, EXACT);
    expect(rows.map((z) => -logSoftmax(z).reduce((sum, l) => sum + Math.exp(l) * l, 0))).toBeAllclose(
      F1.entropy,
      EXACT,
    );
  });

  test.each<[string, Detector, number[]]>([
    ["maxProbability()", maxProbability(), negative(F1.msp)],
    ["maxLogit()", maxLogit(), negative(F1.maxlogit)],
    ["energy()", energy(), negative(F1.lse)],
    ["energy({ temperature: 2 })", energy({ temperature: 2 }), negative(F1.lse_T2)],
    ["logDensity()", logDensity(), negative(F1.lse)],
    ["entropy()", entropy(), F1.entropy],
    ["margin()", margin(), negative(F1.margin)],
    ["odin({ epsilon: 0 })", odin({ epsilon: 0 }), negative(F1.odin_msp_T1000)],
  ])("%s through a classifier", async (_, detector, expected) => {
    expect(await scoresOf(detector, F1.z)).toBeAllclose(expected, { rtol: 1e-6, atol: 1e-7 });
  });
});

test("generalizedEntropy() is the sum of p^gamma (1 - p)^gamma over the largest", async () => {
  const z = [Math.log(0.5), Math.log(0.25), Math.log(0.125), Math.log(0.125)];
  const all = 0.25 ** 0.1 + 0.1875 ** 0.1 + 2 * 0.109375 ** 0.1;
  expect(await scoresOf(generalizedEntropy(), [z])).toBeAllclose([all], { rtol: 1e-6 });
  expect(await scoresOf(generalizedEntropy({ largest: 2 }), [z])).toBeAllclose([all - 2 * 0.109375 ** 0.1], {
    rtol: 1e-6,
  });
});

test("generalizedEntropy() keeps its digits where the probability is nearly 1", async () => {
  // Both terms are (q (1 - q))^gamma for q = 1 / (1 + e^40); 1 - q alone would round to 1 and 1 - p to 0.
  const q = Math.exp(-40) / (1 + Math.exp(-40));
  expect(await scoresOf(generalizedEntropy({ gamma: 1 }), [[40, 0]])).toBeAllclose([2 * q], { rtol: 1e-9, atol: 0 });
});

test("maxProbability() and entropy() take no notice of a constant added to the logits, energy() and maxLogit() move by it", async () => {
  const z = [1, 0, -2];
  const shifted = z.map((value) => value + 8);
  for (const detector of [maxProbability(), entropy(), margin(), generalizedEntropy()]) {
    const [a, b] = await scoresOf(detector, [z, shifted]);
    expect(a).toBeAllclose(b!, EXACT);
  }
  for (const detector of [energy(), logDensity(), maxLogit(), energy({ temperature: 3 })]) {
    const [a, b] = await scoresOf(detector, [z, shifted]);
    expect(a! - b!).toBeAllclose(8, EXACT);
  }
});

test("maxProbability() ties where it saturates, margin() does not", async () => {
  const z = [
    [40, 0],
    [80, 0],
  ];
  const [a, b] = await scoresOf(maxProbability(), z);
  expect(a).toBe(b);
  expect(await scoresOf(margin(), z)).toEqual([-40, -80]);
});

test("entropy() is 0, not NaN, where probabilities are 0", async () => {
  expect(await scoresOf(entropy(), [[1e30, 0]])).toEqual([0]);
});

describe("with a linear classifier z = W x", () => {
  const weights = [
    [1, -1, 0.5],
    [0, 2, -1],
  ];
  const classifier = (x: Tensor): Tensor2D => matMul(x as Tensor2D, tensor2d(weights));
  const logitsOf = ([a, b]: number[]): Float64Array =>
    Float64Array.from({ length: 3 }, (_, k) => a! * weights[0]![k]! + b! * weights[1]![k]!);
  const x = [
    [0.5, -1],
    [2, 0.25],
  ];

  test("approximateMass() is ||W' softmax(z)||", async () => {
    const detector = await approximateMass().fit(classifier);
    const expected = x.map((row) => {
      const p = softmax(logitsOf(row));
      return Math.hypot(...weights.map((w) => w.reduce((sum, value, k) => sum + value * p[k]!, 0)));
    });
    expect(await detector.score(tensor2d(x))).toBeAllclose(expected);
  });

  test.each([1, 1000])("odin() steps down the cross-entropy, at temperature %d", async (temperature) => {
    const epsilon = 0.1;
    const detector = await odin({ temperature, epsilon }).fit(classifier);
    const expected = x.map((row) => {
      const z = logitsOf(row);
      const p = softmax(scaled(z, temperature));
      const predicted = z.indexOf(Math.max(...z));
      const moved = row.map((value, i) => {
        const slope = weights[i]!.reduce((sum, w, k) => sum + w * (p[k]! - (k === predicted ? 1 : 0)), 0);
        return value - epsilon * Math.sign(slope);
      });
      return -Math.max(...softmax(scaled(logitsOf(moved), temperature)));
    });
    expect(await detector.score(tensor2d(x))).toBeAllclose(expected);
  });

  test("odin() divides the step by the deviation of each channel", async () => {
    const [a] = await (await odin({ temperature: 1, epsilon: 0.2, std: [2, 4] }).fit(classifier)).score(
      tensor2d([[2, 0]]),
    );
    // Class 0 is predicted: both slopes of its cross-entropy are told by hand from W.
    const p = softmax(logitsOf([2, 0]));
    const slope = (i: number): number => weights[i]!.reduce((sum, w, k) => sum + w * p[k]!, 0) - weights[i]![0]!;
    const moved = [2 - 0.1 * Math.sign(slope(0)), -0.05 * Math.sign(slope(1))];
    expect(a).toBeAllclose(-softmax(logitsOf(moved))[0]!);
  });
});

test("odin() does not move along a gradient of 0: sign(0) is 0", async () => {
  const constant = (x: Tensor): Tensor2D => mul(x, 0) as Tensor2D;
  const [score] = await (await odin({ temperature: 1, epsilon: 10 }).fit(constant)).score(tensor2d([[3, 1]]));
  expect(score).toBe(-0.5);
});

test("detectors by gradient leave no tensors behind", async () => {
  for (const detector of [approximateMass(), odin()]) {
    await detector.fit(identity);
    const x = tensor2d(F1.z);
    await leakFree(() => detector.score(x));
    x.dispose();
  }
});

test("odin() names the missing gradient", async () => {
  const detector = await odin().fit((x) => topk(x, 2).values as Tensor2D);
  await expect(detector.score(tensor2d([[1, 2]]))).rejects.toThrow("must have a gradient with respect to its input");
});

test("options are checked at creation", () => {
  expect(() => energy({ temperature: 0 })).toThrow(
    "Cannot create energy: temperature must be finite and greater than 0",
  );
  expect(() => maxProbability({ temperature: Number.NaN })).toThrow(RangeError);
  expect(() => odin({ epsilon: -1 })).toThrow("Cannot create odin: epsilon must be finite and at least 0 but found -1");
  expect(() => odin({ std: [1, 0] })).toThrow("Cannot create odin: std must be finite and greater than 0 but found 0");
  expect(() => generalizedEntropy({ gamma: 0 })).toThrow(RangeError);
  expect(() => generalizedEntropy({ largest: 0.5 })).toThrow("largest must be an integer of at least 1");
});
