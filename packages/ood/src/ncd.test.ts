import { isAvailable } from "@jem-js/native";
import { key, normal, randintValues } from "@jem-js/random";
import { golden, leakFree } from "@jem-js-internal/testing";
import {
  engine,
  getBackend,
  setBackend,
  type Tensor,
  type Tensor2D,
  tensor,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { compressionDistance, lempelZivComplexity } from "./_lz76.ts";
import { levelOf, quantileSketch } from "./_symbols.ts";
import { detectorFromJson, mahalanobis, ncd, refinement } from "./mod.ts";

const { F15_ncd: F15 } = golden("ood_fixtures");
const codes = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));

test("lempelZivComplexity() and compressionDistance() reproduce fixture F15", () => {
  expect(lempelZivComplexity(codes(F15.lz76_known.s))).toBe(F15.lz76_known.c);
  expect(F15.strings.map((s: string) => lempelZivComplexity(codes(s)))).toEqual(F15.lz76);
  const distances = F15.strings.map((x: string) =>
    F15.strings.map((y: string) => compressionDistance(codes(x), codes(y))),
  );
  expect(distances.flat()).toBeAllclose(F15.ncd76.flat(), { rtol: 1e-9, atol: 1e-12 });
});

test("lempelZivComplexity() is that of the definition on random sequences", () => {
  // Quadratic, by searching: the phrase s[i..j] ends when it does not occur in s[0..j - 1].
  const slow = (s: string): number => {
    let phrases = 0;
    for (let i = 0; i < s.length; phrases++) {
      let j = i;
      while (j < s.length && s.slice(0, j).includes(s.slice(i, j + 1))) j += 1;
      i = j + 1;
    }
    return phrases;
  };
  for (let seed = 0; seed < 200; seed++) {
    const letters = randintValues(key(seed), 1 + (seed % 60), { min: 0, max: 2 + (seed % 3) });
    expect(lempelZivComplexity(letters), letters.join("")).toBe(slow(letters.join("")));
  }
  expect(lempelZivComplexity([])).toBe(0);
});

test("quantileSketch() gives quartiles, close ones of a long stream", () => {
  const few = quantileSketch();
  for (const value of [5, 1, 2, 4, 3]) few.add(value);
  expect(few.edges(4)).toEqual([2, 3, 4]);
  expect(quantileSketch().edges(4)).toEqual([]);
  const many = quantileSketch();
  // A permutation of 0, ..., 99990 by steps that have no factor in common with 99991.
  for (let i = 0; i < 99991; i++) many.add((i * 7919) % 99991);
  // At least 4096 are kept: a quantile of as many has a standard error of at most 0.5 / 64 of the range.
  many.edges(4).forEach((edge, i) => {
    expect(Math.abs(edge / 99990 - (i + 1) / 4)).toBeLessThan(4 * (0.5 / 64));
  });
  expect([-1, 0, 2, 2.5, 9].map((value) => levelOf(value, [2, 4]))).toEqual([1, 0, 1, 2, 3]);
});

test("ncd() sees an order that averages do not", async () => {
  // Maps of 16 positions: in distribution runs of a few lengths, elsewhere as many ones in disorder.
  const runs = Array.from({ length: 40 }, (_, i) =>
    Array.from({ length: 16 }, (_, t) => (t < 7 + (i % 3) ? 1 + ((t + i) % 5) / 10 : 0)),
  );
  const disorder = [1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1].map((value, t) => value * (1 + (t % 5) / 10));
  const classifier = (x: Tensor) => ({ logits: x.mean([1]).concat(x.mean([1]), 1) as Tensor2D, features: { map: x } });
  const labels = runs.map(() => 0);
  const train = { x: tensor(runs.flat(), [40, 16, 1]), labels };
  const probe = tensor([...runs[1]!, ...disorder], [2, 16, 1]);
  const byNcd = await (await ncd({ levels: 1 }).fit(classifier, train)).score(probe);
  const byAverage = await (await mahalanobis({ layers: ["map"] }).fit(classifier, train)).score(probe);
  expect(byAverage[1]).toBeLessThan(9);
  expect(byNcd[1]).toBeGreaterThan(10 * Math.max(1, byNcd[0]!));
});

test.skipIf(!isAvailable())("ncd() takes the phrases from the kernel of the native backend, which agree", async () => {
  const before = getBackend();
  const classifier = (x: Tensor) => ({
    logits: x.mean([1, 2]) as Tensor2D,
    features: { map: x, rectified: x.relu(), pooled: x.mean([1, 2]) },
  });
  const scoresBy = async (backend: string): Promise<Float64Array> => {
    await setBackend(backend);
    const x = normal(key(3), [40, 9, 9, 3]);
    const labels = Array.from({ length: 40 }, (_, i) => i % 2);
    // The last class has no examples, and edges that are no float32 numbers.
    const detector = await ncd({ layers: ["map", "rectified", "pooled"] }).fit(classifier, { x, labels });
    const probe = normal(key(4), [7, 9, 9, 3]);
    let scores: Float64Array = new Float64Array(0);
    const { kernelNames } = await engine().profile(async () => {
      scores = await detector.score(probe);
    });
    expect(kernelNames.includes("CompressionCounts")).toBe(backend === "native");
    const restored = detectorFromJson(JSON.parse(JSON.stringify(detector)), classifier);
    expect(await restored.score(probe)).toEqual(scores);
    await leakFree(async () => void (await detector.score(probe)));
    for (const each of [x, probe]) each.dispose();
    return scores;
  };
  try {
    // The counts are the same; only the averages of a feature that the network itself pools are float32 sums.
    expect(await scoresBy("native")).toBeAllclose(await scoresBy("cpu"), { rtol: 1e-5 });
    await setBackend("native");
    const broken = (x: Tensor) => ({ ...classifier(x), features: { map: x.div(x) } });
    const detector = await ncd({ layers: ["map"] }).fit(classifier, {
      x: normal(key(3), [40, 9, 9, 3]),
      labels: Array(40).fill(0),
    });
    const hurt = detectorFromJson(JSON.parse(JSON.stringify(detector)), broken);
    await expect(hurt.score(zeros([1, 9, 9, 3]))).rejects.toThrow("must be finite but found NaN");
  } finally {
    await setBackend(before);
  }
});

test("refinement() compares what is refined", async () => {
  const classifier = (x: Tensor): Tensor2D => x.mul(2) as Tensor2D;
  const x = tensor2d([
    [1, 0],
    [3, -1],
  ]);
  const refine = (input: Tensor): Tensor => input.add(tensor2d([[3, 4]]));
  const lse = ([a, b]: number[]): number => Math.log(Math.exp(2 * a!) + Math.exp(2 * b!));
  const mass = ([a, b]: number[]): number =>
    2 * Math.hypot(Math.exp(2 * a! - lse([a!, b!])), Math.exp(2 * b! - lse([a!, b!])));
  const rows = [
    [1, 0],
    [3, -1],
  ];
  const moved = rows.map(([a, b]) => [a! + 3, b! + 4]);
  const scoresBy = async (by: "logDensity" | "mass" | "distance") =>
    (await refinement(refine, { by }).fit(classifier)).score(x);
  expect(await scoresBy("logDensity")).toBeAllclose(rows.map((row, i) => lse(moved[i]!) - lse(row)));
  expect(await scoresBy("mass")).toBeAllclose(rows.map((row, i) => mass(row) - mass(moved[i]!)));
  expect(await scoresBy("distance")).toBeAllclose([5, 5]);
});

test("refinement() gives reasons", async () => {
  const classifier = (x: Tensor): Tensor2D => x as Tensor2D;
  expect(() => refinement(3 as unknown as (x: Tensor) => Tensor)).toThrow("refine must be a function but found number");
  const wrong = await refinement(() => tensor2d([[1]])).fit(classifier);
  await expect(wrong.score(tensor2d([[1, 2]]))).rejects.toThrow("refined inputs must be [1, 2] but found [1, 1]");
  const detector = await refinement((x) => x).fit(classifier);
  expect([...(await detector.score(tensor2d([[1, 2]])))]).toEqual([0]);
  expect(() => detectorFromJson(JSON.parse(JSON.stringify(detector)), classifier)).toThrow(
    "refinement has a function: make it again",
  );
});
