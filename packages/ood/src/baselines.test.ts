import { isAvailable } from "@jem-js/native";
import { golden, leakFree } from "@jem-js-internal/testing";
import {
  add,
  engine,
  getBackend,
  matMul,
  setBackend,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tensor4d,
  zeros,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { symmetricEigen } from "./_eigen.ts";
import { deviation, gramStatistics } from "./_gram_statistics.ts";
import { fitLogistic } from "./_logistic_regression.ts";
import { digamma, logGamma } from "./_special.ts";
import { dot, kthSmallest } from "./_sums.ts";
import {
  ash,
  type Detector,
  type DirichletMeasure,
  dice,
  dirichlet,
  generalizedEntropy,
  gram,
  klMatching,
  knn,
  learnedLogit,
  mahalanobisEnsemble,
  openClassifier,
  react,
  she,
  vim,
} from "./mod.ts";

const { features, labels, test: inputs, weight, bias, expected } = golden("ood_detectors");
const { F4_ensemble: F4, F12_gram: F12 } = golden("ood_fixtures");
const EXACT = { rtol: 1e-9, atol: 1e-9 };

/** The last layer of the fixture on features that are the inputs. */
function fixtureClassifier() {
  const kernel = tensor2d(weight).transpose<Tensor2D>();
  const head = { kernel, bias: tensor1d(bias as number[]) };
  return openClassifier(
    (x: Tensor) => ({ logits: add(matMul(x as Tensor2D, kernel), head.bias) as Tensor2D, features: { input: x } }),
    { head },
  );
}

describe("fixture of OpenOOD's formulas", () => {
  test.each<[string, Detector, number[]]>([
    ["react()", react(), expected.react_90.score],
    ["react({ percentile: 75 })", react({ percentile: 75 }), expected.react_75.score],
    ["ash()", ash(), expected.ash_s_90],
    ["ash({ percentile: 65 })", ash({ percentile: 65 }), expected.ash_s_65],
    ['ash({ method: "binarize" })', ash({ method: "binarize", percentile: 65 }), expected.ash_b_65],
    ['ash({ method: "prune" })', ash({ method: "prune", percentile: 65 }), expected.ash_p_65],
    ["she()", she(), expected.she],
    ["dice()", dice(), expected.dice_90],
    ["dice({ percentile: 50 })", dice({ percentile: 50 }), expected.dice_50],
    ["vim()", vim(), expected.vim_4.score],
    ["vim({ dimensions: 5 })", vim({ dimensions: 5 }), expected.vim_5.score],
    ["knn({ k: 1 })", knn({ k: 1 }), expected.knn_1],
    ["knn({ k: 5 })", knn({ k: 5 }), expected.knn_5],
    ["knn({ k: 40 })", knn({ k: 40 }), expected.knn_40],
    ["klMatching()", klMatching(), expected.kl_matching],
    ["generalizedEntropy()", generalizedEntropy(), expected["gen_0.1_100"]],
    ["generalizedEntropy({ gamma, largest })", generalizedEntropy({ gamma: 0.5, largest: 2 }), expected["gen_0.5_2"]],
  ])("%s", async (_, detector, scores) => {
    await detector.fit(fixtureClassifier(), { x: tensor2d(features), labels });
    expect(await detector.score(tensor2d(inputs))).toBeAllclose(scores, { rtol: 1e-5, atol: 1e-5 });
  });
});

test("symmetricEigen() gives A v = lambda v and orthonormal vectors, the largest first", () => {
  const n = 6;
  const a = Float64Array.from({ length: n * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    return Math.sin(1 + row + column) + (row === column ? row : 0);
  });
  const { values, vectors } = symmetricEigen(a, n);
  expect([...values]).toEqual([...values].sort((x, y) => y - x));
  for (let v = 0; v < n; v++) {
    const vector = vectors.subarray(v * n, (v + 1) * n);
    const image = Float64Array.from({ length: n }, (_, i) => vector.reduce((s, x, j) => s + a[i * n + j]! * x, 0));
    expect(image).toBeAllclose(
      vector.map((x) => x * values[v]!),
      { atol: 1e-12 },
    );
    for (let w = 0; w <= v; w++) {
      const product = vector.reduce((s, x, j) => s + x * vectors[w * n + j]!, 0);
      expect(product).toBeAllclose(v === w ? 1 : 0, { atol: 1e-13 });
    }
  }
});

test("fitLogistic() reproduces fixture F4 of scikit-learn", () => {
  const rows = [...F4.M_in, ...F4.M_out];
  const isIn = rows.map((_: number[], i: number) => i < F4.M_in.length);
  const { weights, bias: intercept } = fitLogistic(rows, isIn, F4.C);
  // scikit-learn stops at a gradient of 1e-4 or so: the stationarity of ours is exact, and tested below.
  expect([...weights, intercept]).toBeAllclose([...F4.w, F4.b], { rtol: 1e-4 });
  const gradient = [weights[0]!, weights[1]!, 0];
  rows.forEach((row: number[], i: number) => {
    const p = 1 / (1 + Math.exp(-(weights[0]! * row[0]! + weights[1]! * row[1]! + intercept)));
    [row[0]!, row[1]!, 1].forEach((value, j) => {
      gradient[j]! += F4.C * (p - (isIn[i] ? 1 : 0)) * value;
    });
  });
  expect(gradient).toBeAllclose([0, 0, 0], { atol: 1e-9 });
});

test("fitLogistic() stays finite on separable rows of any scale", () => {
  const { weights, bias: intercept } = fitLogistic([[1e6], [2e6], [-1e6]], [true, true, false], 1);
  expect(Number.isFinite(weights[0]) && Number.isFinite(intercept)).toBe(true);
  expect(weights[0]).toBeGreaterThan(0);
});

test("sums side by side and selection are what one after the other and a sort give, for every length", () => {
  for (let n = 0; n < 40; n++) {
    const a = Float64Array.from({ length: n + 3 }, (_, i) => Math.sin(7 * i + n));
    const b = Float64Array.from({ length: n }, (_, i) => Math.cos(5 * i));
    let product = 0;
    for (let i = 0; i < n; i++) product += a[3 + i]! * b[i]!;
    expect(dot(a, 3, b, n)).toBeAllclose(product, EXACT);
    const tied = Float64Array.from({ length: n }, (_, i) => Math.round(9 + 4 * Math.sin(11 * i + n)));
    const sorted = Float64Array.from(tied).sort();
    for (let k = 1; k <= n; k++) expect(kthSmallest(Float64Array.from(tied), k)).toBe(sorted[k - 1]);
  }
});

describe("gram()", () => {
  const transposed = (map: number[][]): Float32Array =>
    Float32Array.from(map[0]!.flatMap((_, t) => map.map((channel) => channel[t]!)));

  test("row sums of fixture F12", () => {
    const statistics = gramStatistics(transposed(F12.F), 3, [1, 2, 3]);
    expect(statistics).toBeAllclose([...F12.row1, ...F12.row2, ...F12.row3], EXACT);
    expect(gramStatistics(transposed(F12.neg.F), 2, [1, 3])).toBeAllclose([...F12.neg.row1, ...F12.neg.row3], EXACT);
    const row = { data: Float64Array.from(F12.row1 as number[]), from: 0, count: F12.row1.length, square: 1 };
    expect(deviation(row, Float64Array.from(F12.lo), Float64Array.from(F12.hi))).toBeAllclose(F12.dev_row1, EXACT);
  });

  test("neither overflows nor underflows at power 10", () => {
    const map = Float32Array.of(1, 2, 3, 4);
    const plain = gramStatistics(map, 2, [1, 10]);
    for (const factor of [2 ** 60, 2 ** -60]) {
      const scaled = gramStatistics(
        map.map((value) => value * factor),
        2,
        [1, 10],
      );
      expect(scaled.map((value) => value / factor / factor)).toBeAllclose(plain, EXACT);
    }
    expect([...gramStatistics(new Float32Array(4), 2, [10])]).toEqual([0, 0]);
  });

  const maps = (x: Tensor) => ({ logits: x.mean([1, 2]) as Tensor2D, features: { map: x } });
  const images = (count: number, scale = 1) =>
    tensor4d(
      Array.from({ length: count * 8 }, (_, i) => scale * (1 + Math.sin(3 * i + 1))),
      [count, 2, 2, 2],
    );

  test("is unchanged by a positive scale of a layer", async () => {
    const validation = { x: images(5, 1.1) };
    const plain = await gram({ powers: [1, 2, 3] }).fit(maps, { x: images(30) }, { validation });
    const scaled = await gram({ powers: [1, 2, 3] }).fit(
      (x) => ({ ...maps(x), features: { map: x.mul(64) } }),
      { x: images(30) },
      { validation },
    );
    // The 1e-6 beside the bounds is not scaled.
    expect(await scaled.score(images(4, 1.5))).toBeAllclose(await plain.score(images(4, 1.5)), { rtol: 1e-4 });
  });

  test("falls back on the range of all for a class that was never predicted, with a note", async () => {
    const oneClass = (x: Tensor) => ({
      logits: add(x.mean([1, 2]), tensor1d([9, 0])) as Tensor2D,
      features: { map: x },
    });
    const detector = await gram({ powers: [1] }).fit(oneClass, { x: images(30) });
    expect(detector.notes).toEqual([
      "3 of 30 in-distribution examples were kept apart to calibrate",
      "1 of 2 classes are never predicted",
    ]);
    const other = tensor4d([0, 20, 0, 20, 0, 20, 0, 20], [1, 2, 2, 2]);
    const [score] = await detector.score(other);
    expect(score).toBeGreaterThan(1);
  });

  test.skipIf(!isAvailable())("takes the statistics from the kernel of the native backend, which agree", async () => {
    const before = getBackend();
    const scoresBy = async (backend: string): Promise<Float64Array> => {
      await setBackend(backend);
      const detector = await gram().fit(maps, { x: images(30, 1e15) }, { validation: { x: images(5, 1.1e15) } });
      const x = images(6, 1.5e15);
      const names: string[] = [];
      let scores: Float64Array = new Float64Array(0);
      // As tensors that live on: only what scoring keeps would count as a leak.
      await leakFree(async () => {
        const { kernels } = await engine().profile(async () => {
          scores = await detector.score(x);
        });
        names.push(...kernels.map(({ name }) => name));
      });
      expect(names.includes("GramDeviations")).toBe(backend === "native");
      x.dispose();
      return scores;
    };
    try {
      expect(await scoresBy("native")).toBeAllclose(await scoresBy("cpu"), { rtol: 1e-5, atol: 1e-5 });
      await setBackend("native");
      const x = zeros([12, 2, 2, 2]);
      const broken = (input: Tensor) => ({ ...maps(input), features: { map: input.div(input) } });
      await expect(gram().fit(broken, { x })).rejects.toThrow("gram by powers 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 of map");
    } finally {
      await setBackend(before);
    }
  });

  test("wants examples to calibrate with", async () => {
    await expect(gram().fit(maps, { x: images(9) })).rejects.toThrow(
      "there must be at least 10 examples, or auxiliary.validation, but found 9",
    );
  });
});

describe("mahalanobisEnsemble()", () => {
  // Two features of which only the second tells what is out.
  const both = (x: Tensor) => ({
    logits: x as Tensor2D,
    features: { useless: x.slice([0, 0], [-1, 1]), useful: x.slice([0, 1], [-1, 1]) },
  });
  const x = tensor2d([0, 1, 1, 2, 2, 0, 1, 1, 3, 2, 2, 1], [6, 2]);
  const out = { x: tensor2d([1, 9, 2, 8, 1, -7], [3, 2]) };

  test("weighs layers by a logistic regression", async () => {
    const detector = mahalanobisEnsemble({ layers: ["useless", "useful"] });
    await detector.fit(both, { x, labels: [0, 1, 0, 1, 0, 1] }, { outOfDistribution: out });
    const { regression } = detector.toJSON().state as { regression: { weights: number[] } };
    expect(regression.weights[1]).toBeGreaterThan(Math.abs(regression.weights[0]!));
    expect(detector.notes).toContain("weighed on the in-distribution examples that the distances were fitted on");
    const tuned: true = detector.tunedWithOutOfDistribution;
    expect(tuned).toBe(true);
  });

  test("wants out-of-distribution examples", async () => {
    await expect(mahalanobisEnsemble().fit(both, { x, labels: [0, 1, 0, 1, 0, 1] })).rejects.toThrow(
      "Cannot fit mahalanobisEnsemble: it must be given auxiliary.outOfDistribution but found none",
    );
  });
});

describe("learnedLogit()", () => {
  const identity = (x: Tensor): Tensor2D => x as Tensor2D;
  const x = tensor2d([6, 0, 0, 9, 7, 1], [3, 2]);
  const outOfDistribution = { x: tensor2d([1, 0, 0, 2, 1, 1], [3, 2]) };

  test("on softmax forgets a constant added to the logits, on logits does not", async () => {
    const z = tensor2d([3, 1, 8, 6], [2, 2]);
    const bySoftmax = await learnedLogit({ inputs: "softmax" }).fit(identity, { x }, { outOfDistribution });
    const byLogits = await learnedLogit().fit(identity, { x }, { outOfDistribution });
    const [a, b] = await bySoftmax.score(z);
    expect(a).toBeAllclose(b!, EXACT);
    const [c, d] = await byLogits.score(z);
    expect(Math.abs(c! - d!)).toBeGreaterThan(0.1);
  });

  test("sorted does not care which class it is", async () => {
    const detector = await learnedLogit().fit(identity, { x }, { outOfDistribution });
    const [a, b] = await detector.score(tensor2d([3, 1, 1, 3], [2, 2]));
    expect(a).toBe(b);
  });
});

test("detectors by the last layer name what is missing", async () => {
  const withoutHead = (x: Tensor) => ({ logits: x as Tensor2D, features: { input: x } });
  for (const detector of [react(), ash(), dice(), vim()]) {
    await expect(detector.fit(withoutHead, { x: tensor2d(features), labels })).rejects.toThrow(
      "it must give its last layer but found a function without; give it: openClassifier(classifier, { head",
    );
  }
});

test("knn(), vim() and she() give reasons", async () => {
  const batch = { x: tensor2d(features), labels };
  await expect(knn({ k: 41 }).fit(fixtureClassifier(), batch)).rejects.toThrow(
    "k must be at most the 40 examples but found 41",
  );
  await expect(vim({ dimensions: 8 }).fit(fixtureClassifier(), batch)).rejects.toThrow(
    "dimensions must be from 1 and below the 8 features",
  );
  const flat = { x: tensor2d([1, 2, 2, 4], [2, 2]), labels: [0, 1] };
  const head = { kernel: tensor2d([1, 0, 0, 1], [2, 2]) };
  const plain = openClassifier((x: Tensor) => ({ logits: x as Tensor2D, features: { input: x } }), { head });
  await expect(vim({ dimensions: 1 }).fit(plain, flat)).rejects.toThrow("features must have a residual but found none");
  await expect(she().fit(plain, { ...flat, labels: [0, 0] })).rejects.toThrow(
    "must be classified correctly but found none",
  );
});

test("knn() of a feature of 0 is not NaN", async () => {
  const plain = (x: Tensor) => ({ logits: x as Tensor2D, features: { input: x } });
  const detector = await knn({ k: 1 }).fit(plain, { x: tensor2d([0, 0, 3, 4], [2, 2]) });
  expect([...(await detector.score(tensor2d([0, 0], [1, 2])))]).toEqual([0]);
});

test("klMatching() leaves out classes that are never predicted, and 0 log 0", async () => {
  const detector = await klMatching().fit((x: Tensor) => x as Tensor2D, { x: tensor2d([9, 0, 5000, 0], [2, 2]) });
  expect(detector.notes).toEqual(["1 of 2 classes are never predicted"]);
  const [score] = await detector.score(tensor2d([5000, 0], [1, 2]));
  expect(score).toBeAllclose(-Math.log((1 / (1 + Math.exp(-9)) + 1) / 2), { rtol: 1e-6 });
});

test("baselines leave no tensors behind", async () => {
  const classifier = fixtureClassifier();
  const batch = { x: tensor2d(features), labels };
  const at = tensor2d(inputs);
  for (const detector of [react(), ash(), she(), dice(), vim(), knn({ k: 3 }), klMatching(), gram()]) {
    await leakFree(async () => {
      await detector.fit(classifier, batch);
      await detector.score(at);
    });
  }
});

describe("dirichlet()", () => {
  const { cases } = golden("ood_fixtures").F9_dirichlet;

  test.each<[DirichletMeasure, string]>([
    ["mutualInformation", "mi"],
    ["entropy", "total"],
    ["differentialEntropy", "diff_entropy"],
    ["pairwiseDivergence", "epkl"],
  ])("%s is that of fixture F9", async (measure, field) => {
    const detector = await dirichlet({ measure }).fit((x: Tensor) => x as Tensor2D);
    const z = tensor2d(cases.map(({ alpha }: { alpha: number[] }) => alpha.map(Math.log)));
    const scores = cases.map((fixture: Record<string, number>) => fixture[field]!);
    expect(await detector.score(z)).toBeAllclose(scores, { rtol: 1e-5, atol: 1e-6 });
  });

  test("logGamma() and digamma() in float64", () => {
    expect([0.1, 1000].map(logGamma)).toBeAllclose([2.252712651734206, 5905.220423209181], EXACT);
    expect([0.1, 1, 1000].map(digamma)).toBeAllclose(
      [-10.423754940411076, -0.5772156649015329, 6.907255195648812],
      EXACT,
    );
    expect(logGamma(1)).toBeAllclose(0, { atol: 1e-13 });
  });
});
