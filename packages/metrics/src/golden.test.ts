import { golden } from "@jem-js-internal/testing";
import { describe, expect, test } from "vitest";
import {
  auroc,
  averagePrecision,
  brierScore,
  classwiseCalibrationError,
  detectionError,
  expectedCalibrationError,
  featureStatistics,
  fprAtTpr,
  frechetDistance,
  frechetExtrapolation,
  gaussianCrps,
  inceptionScore,
  kernelDistance,
  manifoldMetrics,
  negativeLogLikelihood,
  predictiveCalibration,
  predictiveLogLikelihood,
  reliabilityBins,
  sampleCrps,
  sparsificationCurve,
  temperatureScaling,
  uncertaintyBounds,
} from "./mod.ts";

const generative = golden("generative");
const fixtures = golden("ood_fixtures");
const exact = { rtol: 1e-9, atol: 1e-9 };
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const negated = (values: number[]): number[] => values.map((value) => -value);

describe("generative.json", () => {
  const {
    features_real: real,
    features_fake: fake,
    fid,
    kid,
    prdc,
    rank_deficient,
    inception,
    fid_infinity,
  } = generative;
  test("frechetDistance() agrees with scipy, also from statistics", () => {
    expect(frechetDistance(real, fake)).toBeAllclose(fid.fid_exact, exact);
    expect(frechetDistance(featureStatistics(real), featureStatistics(fake))).toBeAllclose(fid.fid_exact, exact);
    expect(Math.abs(frechetDistance(real, real))).toBeLessThan(1e-9);
  });
  test("frechetDistance() is exact with fewer examples than dimensions", () => {
    expect(frechetDistance(rank_deficient.real, rank_deficient.fake)).toBeAllclose(rank_deficient.fid.fid_exact, exact);
  });
  test("kernelDistance() agrees with scikit-learn, in both estimators", () => {
    expect(kernelDistance(real, fake)).toBeAllclose(kid.unbiased, exact);
    expect(kernelDistance(real, fake, { estimator: "biased" })).toBeAllclose(kid.biased, exact);
  });
  test.each(["3", "5"])("manifoldMetrics() agrees with prdc at %s neighbours", (k) => {
    expect(manifoldMetrics(real, fake, { neighbors: Number(k) })).toEqual({
      precision: expect.closeTo(prdc[k].precision, 10),
      recall: expect.closeTo(prdc[k].recall, 10),
      density: expect.closeTo(prdc[k].density, 10),
      coverage: expect.closeTo(prdc[k].coverage, 10),
    });
  });
  test("inceptionScore() agrees with scipy, in splits and without", () => {
    const probabilities = inception.prob_counts_per_1000.map((row: number[]) => row.map((count) => count / 1000));
    const result = inceptionScore(probabilities, { splits: inception.splits });
    expect(result.scores).toBeAllclose(inception.split_scores, exact);
    expect(result.mean).toBeAllclose(inception.mean, exact);
    expect(result.std).toBeAllclose(inception.std_population, exact);
    expect(inceptionScore(probabilities, { splits: 1 }).mean).toBeAllclose(inception.single_split, exact);
  });
  test("frechetExtrapolation() fits the line of the fixture", () => {
    const line = frechetExtrapolation(fid_infinity.n, fid_infinity.fid);
    expect(line.distance).toBeAllclose(fid_infinity.intercept, exact);
    expect(line.slope).toBeAllclose(fid_infinity.slope, exact);
  });
});

describe("crps.json", () => {
  const { x, gaussian, sample } = golden("crps");
  test("gaussianCrps() agrees with properscoring", () => {
    expect(gaussianCrps({ mean: gaussian.mu, std: gaussian.sigma }, x)).toBeAllclose(gaussian.crps, exact);
  });
  test("sampleCrps() agrees with properscoring, biased and fair", () => {
    const samples = sample.ensemble[0].map((_: number, t: number) => sample.ensemble.map((row: number[]) => row[t]));
    expect(sampleCrps(samples, x)).toBeAllclose(sample.crps, exact);
    expect(sampleCrps(samples, x, { estimator: "fair" })).toBeAllclose(sample.crps_fair, exact);
  });
});

describe("ood_fixtures.json", () => {
  test("F2: ranking metrics", () => {
    const { F2_rank: f } = fixtures;
    const trapezoid = { method: "trapezoid" } as const;
    expect(auroc(f.ood, f.id)).toBeAllclose(f.auroc, exact);
    expect(averagePrecision(f.ood, f.id)).toBeAllclose(f.ap_out, exact);
    expect(averagePrecision(negated(f.id), negated(f.ood))).toBeAllclose(f.ap_in, exact);
    expect(averagePrecision(f.ood, f.id, trapezoid)).toBeAllclose(f.aupr_trapz_out, exact);
    expect(averagePrecision(negated(f.id), negated(f.ood), trapezoid)).toBeAllclose(f.aupr_trapz_in, exact);
    expect(fprAtTpr(f.ood, f.id)).toBeAllclose(f.fpr95_oodpos, exact);
    expect(fprAtTpr(negated(f.id), negated(f.ood))).toBeAllclose(f.fpr95_idpos, exact);
    expect(fprAtTpr(f.ood, f.id, { tpr: 0.75 })).toBeAllclose(f.fpr75_oodpos, exact);
    expect(fprAtTpr(negated(f.id), negated(f.ood), { tpr: 0.8 })).toBeAllclose(f.fpr80_idpos, exact);
    expect(detectionError(f.ood, f.id)).toBeAllclose(f.detection_error, exact);
  });
  test("F7: log-likelihoods, CRPS and the scale from constant to optimal uncertainty", () => {
    const { F7_norm: f } = fixtures;
    const mixture = predictiveLogLikelihood(f.samples, f.y, { precision: f.tau });
    const moment = predictiveLogLikelihood(f.samples, f.y, { precision: f.tau, method: "moment" });
    expect(mixture).toBeAllclose(f.pll_mixture, exact);
    expect(mean(moment)).toBeAllclose(f.pll_gauss_moment, exact);
    const means = f.y.map((_: number, i: number) => mean(f.samples.map((row: number[]) => row[i])));
    const std = means.map((m: number, i: number) =>
      Math.sqrt(mean(f.samples.map((row: number[]) => (row[i]! - m) ** 2)) + 1 / f.tau),
    );
    const crps = mean(gaussianCrps({ mean: means, std }, f.y));
    expect(crps).toBeAllclose(f.crps_mean, exact);
    const errors = f.y.map((y: number, i: number) => y - means[i]);
    const pllBounds = uncertaintyBounds(errors, { score: "pll" });
    expect(pllBounds.constantStd).toBeAllclose(f.cu_sigma_pll, exact);
    expect(pllBounds.constant).toBeAllclose(f.cu_pll, exact);
    expect(pllBounds.optimal).toBeAllclose(f.opt_pll, exact);
    expect(pllBounds.normalize(mean(mixture))).toBeAllclose(f.npll, exact);
    const crpsBounds = uncertaintyBounds(errors, { score: "crps" });
    expect(crpsBounds.constantStd).toBeAllclose(f.cu_sigma_crps_root, exact);
    expect(crpsBounds.constant).toBeAllclose(f.cu_crps, exact);
    expect(crpsBounds.optimal).toBeAllclose(f.opt_crps, exact);
    expect(crpsBounds.normalize(crps)).toBeAllclose(f.ncrps, exact);
  });
  test("F8: CRPS in closed form", () => {
    const { F8_crps: f } = fixtures;
    for (const [y, mu, sigma, crps] of f.gauss) {
      expect(gaussianCrps({ mean: [mu], std: [sigma] }, [y])[0]!).toBeAllclose(crps, exact);
    }
    const samples = f.ens.map((value: number) => [value]);
    expect(sampleCrps(samples, [f.y])[0]!).toBeAllclose(f.crps_ens, exact);
    expect(sampleCrps(samples, [f.y], { estimator: "fair" })[0]!).toBeAllclose(f.crps_ens_fair, exact);
  });
  test("F17: calibration errors in every binning and norm", () => {
    const { F17_calib: f } = fixtures;
    const ece = (options: object): number => expectedCalibrationError(f.P, f.L, { bins: 5, ...options });
    expect(ece({})).toBeAllclose(f.ece5_right_closed, exact);
    expect(ece({ closed: "left" })).toBeAllclose(f.ece5_left_closed, exact);
    expect(ece({ binning: "mass" })).toBeAllclose(f.ece5_equal_mass, exact);
    expect(ece({ norm: "max" })).toBeAllclose(f.mce5, exact);
    expect(ece({ norm: "l2" })).toBeAllclose(f.rmsce5, exact);
    expect(ece({ norm: "mean" })).toBeAllclose(0.20833333333333334, exact);
    expect(ece({ norm: "l2", binning: "mass" }) ** 2).toBeAllclose(f.l2sq_plugin_mass5, exact);
    expect(ece({ norm: "l2", binning: "mass", debiased: true })).toBeAllclose(f.l2_debiased_mass5, exact);
    expect(classwiseCalibrationError(f.P, f.L, { bins: 5 })).toBeAllclose(f.classwise5, exact);
    expect(brierScore(f.P, f.L)).toBeAllclose(f.brier_sum, exact);
    expect(negativeLogLikelihood(f.P, f.L, { epsilon: 1e-12 })).toBeAllclose(f.nll_eps1e_12, exact);
    const bins = reliabilityBins(f.P, f.L, { bins: 5 }).flatMap((bin, b) =>
      bin.count ? [[b, bin.meanConfidence, bin.accuracy]] : [],
    );
    expect(bins.flat()).toBeAllclose(f.bins_right.flat(), exact);
  });
  test("F18: temperature", () => {
    const { F18_temp: f } = fixtures;
    const { temperature, transform } = temperatureScaling(f.z, f.y);
    expect(temperature).toBeAllclose(f.T, { rtol: 1e-7, atol: 0 });
    expect(negativeLogLikelihood(transform(f.z), f.y)).toBeAllclose(f.nll_T, exact);
  });
  test("F20: sparsification", () => {
    const { F20_ue: f } = fixtures;
    expect(sparsificationCurve(f.sigma, f.err).rmse).toBeAllclose(f.ause_like.rejection_rmse, exact);
  });
  test("F21: transforms and coverage of forecasts", () => {
    const { F21_regcal: f } = fixtures;
    const result = predictiveCalibration({ mean: f.y.map(() => 0), std: f.y.map(() => 1) }, f.y);
    expect(result.pit).toBeAllclose(f.pit, exact);
    expect(result.intervalCoverage).toBeAllclose(f.interval_obs, exact);
    expect(result.quantileCoverage).toBeAllclose(f.quantile_obs, exact);
  });
});
