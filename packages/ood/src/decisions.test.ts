import { foldIn, key, uniformValues } from "@jem-js/random";
import { golden, rankingCases } from "@jem-js-internal/testing";
import { type Tensor, type Tensor2D, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  benchmark,
  benchmarkTable,
  classThresholds,
  combine,
  conformalPValues,
  conformalThreshold,
  detectorFromJson,
  dirichlet,
  energy,
  learnedLogit,
  margin,
  maxProbability,
  type OutSet,
  rejectionCurve,
} from "./mod.ts";

describe("conformal decisions", () => {
  const calibration = [0.3, 0.1, 0.2, 0.2, 0.9, 0.5, 0.4, 0.2, 0.7];

  test("conformalThreshold() flags what conformalPValues() gives at most the rate, ties included", () => {
    const scores = [0, 0.1, 0.2, 0.25, 0.5, 0.7, 0.8, 0.9, 1, Number.POSITIVE_INFINITY];
    for (const falsePositiveRate of [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.95]) {
      const threshold = conformalThreshold(calibration, { falsePositiveRate });
      const byP = [...conformalPValues(calibration, scores)].map((p) => p <= falsePositiveRate + 1e-12);
      expect(scores.map((score) => score > threshold)).toEqual(byP);
    }
  });

  test("conformalThreshold() promises nothing that so few scores cannot keep", () => {
    expect(conformalThreshold(calibration, { falsePositiveRate: 0.09 })).toBe(Number.POSITIVE_INFINITY);
    expect(conformalThreshold(calibration, { falsePositiveRate: 0.1 })).toBe(0.9);
    // 0.29 * 100 is 28.999999999999996.
    const many = Array.from({ length: 99 }, (_, i) => i);
    expect(conformalThreshold(many, { falsePositiveRate: 0.29 })).toBe(70);
  });

  test("conformalThreshold() keeps the rate over draws of the calibration set", () => {
    // Of n = 19 uniform scores and one more, the rate is exactly 1 / 20 in expectation; a Bernoulli mean over 4,000 draws
    // has a standard error of sqrt(0.05 * 0.95 / 4000) = 0.0034: four of them.
    const draws = 4000;
    let flagged = 0;
    for (let i = 0; i < draws; i++) {
      const values = uniformValues(foldIn(key(3), i), 20);
      if (values[19]! > conformalThreshold(values.subarray(0, 19))) flagged += 1;
    }
    expect(Math.abs(flagged / draws - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / draws));
  });

  test("classThresholds() are thresholds of each class, Infinity where there is too little", () => {
    const thresholds = classThresholds([1, 2, 3, 4, 9], [0, 0, 0, 0, 2], { falsePositiveRate: 0.4, numClasses: 4 });
    expect([...thresholds]).toEqual([3, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  test("rejectionCurve() ends with everything accepted", () => {
    const correct = [1, 0, 1];
    const curve = rejectionCurve([1, 3, Number.NEGATIVE_INFINITY], [2, 2], { correct });
    expect(curve[0]).toEqual({ threshold: Number.NEGATIVE_INFINITY, coverage: 0, rejected: 1, accuracy: Number.NaN });
    expect(curve[1]).toEqual({ threshold: Number.NEGATIVE_INFINITY, coverage: 1 / 3, rejected: 1, accuracy: 1 });
    expect(curve.at(-1)).toEqual({ threshold: 3, coverage: 1, rejected: 0, accuracy: 2 / 3 });
    expect(rejectionCurve([1], [2])[1]).toEqual({ threshold: 1, coverage: 1, rejected: 1 });
  });

  test("give reasons", () => {
    expect(() => conformalPValues([], [1])).toThrow("calibration must have at least 1 score but found 0");
    expect(() => conformalPValues([1], [Number.NaN])).toThrow("scores must be numbers but found NaN at 0");
    expect(() => conformalThreshold([1], { falsePositiveRate: 1 })).toThrow(
      "falsePositiveRate must be in (0, 1) but found 1",
    );
    expect(() => classThresholds([1, 2], [0])).toThrow("predicted must be [2] but found [1]");
    expect(() => classThresholds([1], [3], { numClasses: 2 })).toThrow(
      "predicted must be from 0 to 1 but found 3 at 0",
    );
    expect(() => rejectionCurve([1, 2], [1], { correct: [true] })).toThrow("correct must be [2] but found [1]");
  });
});

describe("benchmark()", () => {
  /** A classifier of which energy at a low temperature gives minus the input. */
  const classifier = (x: Tensor): Tensor2D => x.concat(x.sub(1e4), 1) as Tensor2D;
  const set = (scores: number[]) => ({ x: tensor2d(scores, [scores.length, 1]) });

  test.each(rankingCases())(
    "has the metrics of case %s of scikit-learn",
    async (_, { scores_id, scores_ood, expected }) => {
      // The fixture's scores are larger for typical inputs: energy is minus them.
      const detectors = { energy: await energy().fit(classifier) };
      const far: OutSet = { source: set(scores_ood), distance: "far" };
      const { rows } = await benchmark(detectors, { in: set(scores_id) }, { out: far });
      const [row] = rows;
      expect([
        row!.auroc,
        row!.auprOut,
        row!.auprIn,
        row!.fpr95InPositive,
        row!.fpr95OutPositive,
        row!.detectionError,
      ]).toBeAllclose(
        [
          expected.auroc,
          expected.aupr_out_ap,
          expected.aupr_in_ap,
          expected.fpr95_id_positive,
          expected.fpr95_ood_positive,
          expected.detection_error_min,
        ],
        { rtol: 1e-9, atol: 1e-9 },
      );
      const pairs = scores_id.flatMap((a) => scores_ood.map((b) => a === b));
      expect(row!.ties).toBeCloseTo(pairs.filter(Boolean).length / pairs.length, 12);
    },
  );

  test("has the metrics of fixture F2", async () => {
    const F2 = golden("ood_fixtures").F2_rank;
    const out: OutSet = { source: set(F2.ood), distance: "near" };
    const { rows } = await benchmark(
      { energy: await energy().fit((x: Tensor) => x.neg().concat(x.neg().sub(1e4), 1) as Tensor2D) },
      { in: set(F2.id) },
      { out },
    );
    const [row] = rows;
    const found = [
      row!.auroc,
      row!.auprOut,
      row!.auprIn,
      row!.fpr95OutPositive,
      row!.fpr95InPositive,
      row!.detectionError,
    ];
    const expected = [F2.auroc, F2.ap_out, F2.ap_in, F2.fpr95_oodpos, F2.fpr95_idpos, F2.detection_error];
    expect(found).toBeAllclose(expected, { rtol: 1e-9, atol: 1e-9 });
  });

  test("goes over detectors of different classifiers, several sets, and marks what was tuned", async () => {
    const identity = (x: Tensor): Tensor2D => x as Tensor2D;
    const test = { x: tensor2d([9, 0, 0, 7, 3, 4], [3, 2]), labels: [0, 1, 0] };
    const outOfDistribution = { x: zeros([4, 2]) };
    const detectors = {
      energy: await energy().fit(identity),
      "other|energy": await energy().fit((x: Tensor) => x.mul(2) as Tensor2D),
      learned: await learnedLogit().fit(identity, test, { outOfDistribution }),
    };
    const result = await benchmark(
      detectors,
      { test, again: [test, { x: test.x }] },
      {
        near: { source: { x: tensor2d([1, 2], [1, 2]) }, distance: "near" },
        far: { source: outOfDistribution, distance: "far" },
      },
    );
    expect(result.rows).toHaveLength(3 * 2 * 2);
    expect(result.accuracies).toEqual({ test: 2 / 3, again: 2 / 3 });
    expect(result.scores.energy?.again).toHaveLength(6);
    expect(Object.values(result.seconds).every(({ fit, score }) => fit! >= 0 && score >= 0)).toBe(true);
    const table = benchmarkTable(result, { seconds: false }).split("\n");
    expect(table).toHaveLength(2 + 12 + 4);
    expect(table[6]).toMatch(/^\| other\\\|energy \| test \| near \(near\) \|/);
    expect(table[10]).toMatch(/^\| learned † \| test \| near \(near\) \|/);
    expect(table.slice(-3)).toEqual([
      "† tuned with out-of-distribution examples",
      "",
      "Accuracy of the classifier: test 66.7, again 66.7",
    ]);
  });

  test("tells the times of fits and scores, but for fits that were read from JSON", async () => {
    const fitted = await energy().fit(classifier);
    const read = detectorFromJson(JSON.parse(JSON.stringify(fitted)), classifier);
    const out: OutSet = { source: set([3, 4]), distance: "near" };
    const result = await benchmark({ fitted, read }, { test: set([1, 2]) }, { out });
    expect(result.seconds.fitted?.fit).toBeGreaterThanOrEqual(0);
    expect(result.seconds.read?.fit).toBe(undefined);
    const table = benchmarkTable(result).split("\n");
    expect(table.slice(-4, -2)).toEqual(["| detector | fit, s | scores, s |", "| --- | --- | --- |"]);
    expect(table.at(-2)).toMatch(/^\| fitted \| \d+\.\d\d \| \d+\.\d\d \|$/);
    expect(table.at(-1)).toMatch(/^\| read \| – \| \d+\.\d\d \|$/);
  });

  test("gives reasons", async () => {
    const out: OutSet = { source: set([1]), distance: "far" };
    await expect(benchmark({ e: energy() }, { a: set([1]) }, { b: out })).rejects.toThrow(
      "energy must be fitted first",
    );
    const fitted = { e: await energy().fit(classifier) };
    await expect(benchmark(fitted, { a: set([1]) }, { a: out })).rejects.toThrow('must differ but found "a" twice');
    await expect(benchmark(fitted, {}, { a: out })).rejects.toThrow("at least 1 of inSets but found 0");
  });
});

describe("combine()", () => {
  const identity = (x: Tensor): Tensor2D => x as Tensor2D;
  const validation = { x: tensor2d([4, 0, 0, 5, 6, 1, 2, 2], [4, 2]) };
  const x = tensor2d([3, 1, 0, 0], [2, 2]);

  test("by z-scores is the mean of standardised scores", async () => {
    const members = [energy(), margin()];
    const detector = await combine(members).fit(identity, validation, { validation });
    const expected = [0, 0];
    for (const member of [energy(), margin()]) {
      await member.fit(identity);
      const scores = await member.score(validation.x);
      const mean = scores.reduce((a, b) => a + b, 0) / 4;
      const sd = Math.sqrt(scores.reduce((a, b) => a + (b - mean) ** 2, 0) / 4);
      (await member.score(x)).forEach((score, i) => {
        expected[i]! += (score - mean) / sd / 2;
      });
    }
    expect(await detector.score(x)).toBeAllclose(expected, { rtol: 1e-12 });
    expect(members[0]!.fitted).toBe(false);
    expect(detector.notes).toEqual([]);
  });

  test("by p-values is Fisher's statistic", async () => {
    const detector = await combine([energy(), margin()], { rule: "pValue" }).fit(identity, validation, { validation });
    // Of [0, 0], energy and margin are above all four validation scores but the margin's tie with [2, 2].
    const [, score] = await detector.score(x);
    expect(score).toBeCloseTo(-2 * (Math.log(1 / 5) + Math.log(2 / 5)), 12);
  });

  test("is tuned when a member is, and leaves out what does not vary", async () => {
    const tuned: boolean = combine([energy(), learnedLogit()] as const).tunedWithOutOfDistribution;
    expect(tuned).toBe(true);
    const same = { x: tensor2d([3, 0, 0, 3, 4, 1], [3, 2]) };
    const detector = await combine([energy(), margin()]).fit(identity, same);
    expect(detector.notes).toEqual([
      "calibrated on the in-distribution examples that the members were fitted on",
      "left out margin, whose validation scores are all equal",
    ]);
    await expect(combine([margin()]).fit(identity, same)).rejects.toThrow("constant ones for every member");
    expect(() => combine([])).toThrow("there must be at least 1 detector but found 0");
  });
});

describe("dirichlet()", () => {
  test("saturated concentrations are finite", async () => {
    for (const measure of [
      "mutualInformation",
      "entropy",
      "differentialEntropy",
      "precision",
      "pairwiseDivergence",
    ] as const) {
      const detector = await dirichlet({ measure }).fit((x: Tensor) => x as Tensor2D);
      const scores = await detector.score(tensor2d([1000, 0, -200, 0, 3, 2], [3, 2]));
      expect([...scores].every(Number.isFinite)).toBe(true);
    }
    expect(() => dirichlet({ measure: "variance" as "entropy" })).toThrow(TypeError);
  });

  test("by probability agrees with maxProbability()", async () => {
    const z = tensor2d([1, 2, 3, -1, 0, 0.5], [2, 3]);
    const identity = (x: Tensor): Tensor2D => x as Tensor2D;
    const a = await (await dirichlet({ measure: "maxProbability" }).fit(identity)).score(z);
    expect(a).toBeAllclose(await (await maxProbability().fit(identity)).score(z), { rtol: 1e-12 });
  });
});
