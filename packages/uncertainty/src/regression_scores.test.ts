import { sparsificationCurve, uncertaintyBounds } from "@jem-js/metrics";
import { key, normalValues } from "@jem-js/random";
import { golden } from "@jem-js-internal/testing";
import { tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { gaussianSamples } from "./gaussian_samples.ts";
import { prefixScores } from "./prefix_scores.ts";
import { readSamples } from "./read_samples.ts";
import { regressionScores } from "./regression_scores.ts";
import { significance } from "./significance.ts";
import { tunePrecision } from "./tune_precision.ts";
import { uncertaintyErrorCurve } from "./uncertainty_error_curve.ts";

const { F7_norm: f7, F20_ue: f20 } = golden("ood_fixtures");
const TIGHT = { rtol: 1e-9, atol: 1e-9 };
const samples: number[][] = f7.samples;

describe("regressionScores()", () => {
  test("reproduces the figures of an independent implementation", () => {
    const { crps, pll, momentPll, errors } = regressionScores(samples, f7.y, { precision: f7.tau });
    expect(pll.score).toBeAllclose(f7.pll_mean, TIGHT);
    expect(momentPll).toBeAllclose(f7.pll_gauss_moment, TIGHT);
    expect(crps.score).toBeAllclose(f7.crps_mean, TIGHT);
    expect(errors.map(Math.abs)).toBeAllclose(f7.abs_err, TIGHT);
    expect([pll.constant, pll.optimal, pll.normalized]).toBeAllclose([f7.cu_pll, f7.opt_pll, f7.npll], TIGHT);
    expect([crps.constant, crps.optimal, crps.normalized]).toBeAllclose([f7.cu_crps, f7.opt_crps, f7.ncrps], TIGHT);
  });

  test("gives the constant uncertainty exactly 0 and the optimal exactly 100", () => {
    const errors = [0.3, -0.3, 0.3];
    // One sample, whose noise is the constant uncertainty itself.
    const { constantStd } = uncertaintyBounds([0.3, -0.7, 0.2], { score: "crps" });
    const flat = regressionScores([[0, 0, 0]], [0.3, -0.7, 0.2], { precision: 1 / constantStd ** 2, constantStd });
    expect([flat.crps.normalized, flat.pll.normalized].map((value) => Math.abs(value) < 1e-9)).toEqual([true, true]);
    for (const score of ["crps", "pll"] as const) {
      const { constant, optimal, normalize } = uncertaintyBounds([0.3, -0.7, 0.2], { score });
      expect([normalize(constant), normalize(optimal)]).toEqual([0, 100]);
    }
    // Errors of one size: the constant is as good as can be for the likelihood.
    const { pll } = regressionScores([[0, 0, 0]], errors, { precision: 1 / 0.09 });
    expect(pll.score).toBeAllclose(pll.optimal, TIGHT);
  });

  test("does not depend on the units of the targets", () => {
    const scaled = samples.map((row) => row.map((value) => 10 * value));
    const y = f7.y.map((value: number) => 10 * value);
    const { crps, pll } = regressionScores(scaled, y, { precision: f7.tau / 100 });
    expect([crps.normalized, pll.normalized]).toBeAllclose([f7.ncrps, f7.npll], TIGHT);
    expect(crps.score).toBeAllclose(10 * f7.crps_mean, TIGHT);
    expect(pll.score).toBeAllclose(f7.pll_mean - Math.log(10), TIGHT);
  });

  test("refuses what does not fit", () => {
    expect(() => regressionScores(samples, [1], { precision: 1 })).toThrow(
      "expected rows of 1 > 0 targets but found 4",
    );
    expect(() => regressionScores([], [1], { precision: 1 })).toThrow(TypeError);
    expect(() => regressionScores(samples, f7.y, { precision: 0 })).toThrow(RangeError);
    expect(() => regressionScores(samples, f7.y, { precision: 1, constantStd: -1 })).toThrow("constantStd");
  });
});

describe("tunePrecision()", () => {
  const y = normalValues(key(0), 400);
  test("finds the precision of the noise, and the constant uncertainty", () => {
    const zeros = new Float64Array(400);
    const folds = [
      { samples: [zeros.subarray(0, 150)], targets: y.subarray(0, 150) },
      { samples: [zeros.subarray(150)], targets: y.subarray(150) },
    ];
    const variance = y.reduce((sum, value) => sum + value * value, 0) / 400;
    const byPll = tunePrecision(folds, { min: 0.01, max: 100, score: "pll" });
    expect(byPll.precision).toBeAllclose(1 / variance, { rtol: 1e-6 });
    const byCrps = tunePrecision(folds, { min: 0.01, max: 100 });
    const { constantStd, constant } = uncertaintyBounds(y, { score: "crps" });
    expect(byCrps.precision).toBeAllclose(1 / constantStd ** 2, { rtol: 1e-5 });
    expect(byCrps.constantStd).toBeAllclose(constantStd, { rtol: 1e-5 });
    expect(byCrps.score).toBeAllclose(constant, { rtol: 1e-9 });
    expect(byCrps.atBound).toBeUndefined();
  });

  test("reports that samples differ too much, at the bound", () => {
    const [a, b] = [5, -5].map((value) => new Float64Array(400).fill(value));
    const tuned = tunePrecision([{ samples: [a!, b!], targets: y }], { min: 0.01, max: 50 });
    expect([tuned.precision, tuned.atBound]).toEqual([50, "max"]);
    const flat = tunePrecision([{ samples: [y.map((value) => value + 300)], targets: y }], { min: 0.01, max: 50 });
    expect([flat.precision, flat.atBound]).toEqual([0.01, "min"]);
  });

  test("refuses bounds that are none", () => {
    expect(() => tunePrecision([{ samples: [[0]], targets: [1] }], { min: 1, max: 1 })).toThrow(
      "max must be above min, 1, but found 1",
    );
    expect(() => tunePrecision([], { min: 1, max: 2 })).toThrow(TypeError);
  });
});

describe("uncertaintyErrorCurve()", () => {
  test("reproduces the figures of an independent implementation", () => {
    const curve = uncertaintyErrorCurve(f20.sigma, f20.err, { window: 3 });
    expect([...curve.order]).toEqual(f20.order);
    expect(curve.runningMean).toBeAllclose(f20.moving_avg_w3, TIGHT);
    expect(curve.correlation).toBeAllclose(f20.spearman, TIGHT);
    expect([...curve.places]).toEqual([1, 2, 3, 4]);
    expect(curve.coverage).toEqual({ half: 1 / 6, wide: 5 / 6 });
    expect(sparsificationCurve(f20.sigma, f20.err).rmse).toBeAllclose(f20.ause_like.rejection_rmse, TIGHT);
  });

  test("takes ties by their mean rank and keeps their order", () => {
    const { order, correlation } = uncertaintyErrorCurve([1, 1, 2, 2], [1, 2, 2, 3]);
    expect([...order]).toEqual([0, 1, 2, 3]);
    expect(correlation).toBeAllclose(3 / Math.sqrt(4 * 4.5), TIGHT);
    expect(uncertaintyErrorCurve([1, 1], [1, 2]).correlation).toBeNaN();
  });

  test("covers what Gaussian errors of the right size are covered", () => {
    const { coverage } = uncertaintyErrorCurve(
      new Float64Array(5000).fill(2),
      normalValues(key(0), 5000).map((z) => 2 * z),
    );
    expect(Math.abs(coverage.half - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(coverage.wide - 0.95)).toBeLessThan(0.015);
    expect(() => uncertaintyErrorCurve([1], [1, 2])).toThrow("expected 1 errors but found 2");
    expect(() => uncertaintyErrorCurve([1], [1], { window: 2 })).toThrow(RangeError);
    expect(() => uncertaintyErrorCurve([Number.NaN], [1])).toThrow("found NaN");
  });
});

test("significance() agrees with SciPy's one-sample t-test", () => {
  // scipy.stats.ttest_1samp(values, 0)
  const cases: [number[], number, string][] = [
    [[1, 2], 0.20483276469913345, ""],
    [[1, 2, 3], 0.07417990022744854, ""],
    [[0.5, -0.2, 0.9, 1.4], 0.1500871310524633, ""],
    [[8.1, 9.2, 7.7, 8.8, 9.1, 8.4, 7.9], 2.2716029325577765e-8, "****"],
    [[0.1, 0.2, 0.05, -0.3, 0.4, 0.25], 0.28371696485863385, ""],
  ];
  for (const [values, pValue, stars] of cases) {
    const found = significance(values);
    expect(found.pValue).toBeAllclose(pValue, { rtol: 1e-7, atol: 0 });
    expect(found.stars).toBe(stars);
  }
  expect(significance([3]).pValue).toBeNaN();
  expect(() => significance([])).toThrow("found none");
  expect(() => significance([1, Number.NaN])).toThrow(RangeError);
});

test("prefixScores() scores powers of two and all", () => {
  const scores = prefixScores([1, 2, 3, 4, 5], (first) => first.length);
  expect(scores.map(({ samples: count }) => count)).toEqual([1, 2, 4, 5]);
  expect(scores.map(({ score }) => score)).toEqual([1, 2, 4, 5]);
  expect(() => prefixScores([1], () => 0, [2])).toThrow("counts must be an integer from 1 to 1 but found 2");
});

test("readSamples() gives rows in the units of the targets and refuses more outputs", async () => {
  const rows = await readSamples(gaussianSamples(tensor2d([[1, 2]])), { mean: 3, std: 2 });
  expect(rows).toEqual([Float64Array.of(5, 7)]);
  await expect(readSamples(gaussianSamples(tensor3d([[[1, 2]]])))).rejects.toThrow("but found [1, 1, 2]");
});
