import { golden } from "@jem-js-internal/testing";
import { describe, expect, test } from "vitest";
import {
  accuracy,
  auroc,
  averagePrecision,
  brierScore,
  classwiseCalibrationError,
  detectionError,
  expectedCalibrationError,
  fprAtTpr,
  frechetDistance,
  gaussianCrps,
  inceptionScore,
  intervalScore,
  isotonicScaling,
  kernelDistance,
  manifoldMetrics,
  negativeLogLikelihood,
  predictiveCalibration,
  quantileScore,
  rocCurve,
  sampleCrps,
  spreadCalibration,
  temperatureScaling,
  wilsonInterval,
} from "./mod.ts";

// Random instances, and what other libraries were found to give for them.
const { ranking, calibration, wilson, regression, generative } = golden("peers");
const exact = { rtol: 1e-9, atol: 1e-9 };
const single = { rtol: 1e-5, atol: 1e-6 }; // torchmetrics bins in float32
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
const softmax = (rows: number[][]): number[][] =>
  rows.map((z) => {
    const e = z.map((x) => Math.exp(x - Math.max(...z)));
    return e.map((x) => x / e.reduce((a, b) => a + b, 0));
  });

// biome-ignore lint/suspicious/noExplicitAny: a fixture
test.each<any>(ranking)("ranking metrics agree with scikit-learn: $kind", (instance) => {
  const { positives, negatives } = instance;
  expect(auroc(positives, negatives)).toBeAllclose(instance.auroc, exact);
  expect(averagePrecision(positives, negatives)).toBeAllclose(instance.ap, exact);
  expect(averagePrecision(positives, negatives, { method: "trapezoid" })).toBeAllclose(instance.trapezoid, exact);
  expect(fprAtTpr(positives, negatives, { tpr: 0.95 })).toBeAllclose(instance.fpr95, exact);
  expect(fprAtTpr(positives, negatives, { tpr: 0.8 })).toBeAllclose(instance.fpr80, exact);
  expect(detectionError(positives, negatives)).toBeAllclose(instance.error, exact);
  expect(rocCurve(positives, negatives).fpr).toHaveLength(instance.points);
});

describe.each([0, 1, 2, 3])("calibration, instance %i", (i) => {
  const { logits, labels, ...peer } = calibration[i];
  const probabilities = softmax(logits);
  test.each([10, 15])("expectedCalibrationError() of %i bins agrees with torchmetrics and netcal", (bins) => {
    for (const norm of ["l1", "l2", "max"] as const) {
      const ours = expectedCalibrationError(probabilities, labels, { bins, norm });
      expect(ours).toBeAllclose(peer[`torchmetrics_${norm}_${bins}`], single);
    }
    for (const [norm, name] of Object.entries({ l1: "ece", max: "mce", mean: "ace" } as const)) {
      const ours = expectedCalibrationError(probabilities, labels, { bins, norm: norm as "l1" });
      expect(ours).toBeAllclose(peer[`netcal_${name}_${bins}`], exact);
    }
  });
  test.each([10, 15])(
    "classwiseCalibrationError() of one class, %i bins, is netcal's and torchmetrics' of a binary classifier",
    (bins) => {
      const ours = classwiseCalibrationError(probabilities, labels, { bins, class: 1 });
      expect(ours).toBeAllclose(peer[`netcal_class1_ece_${bins}`], exact);
      if (peer[`torchmetrics_binary_${bins}`]) expect(ours).toBeAllclose(peer[`torchmetrics_binary_${bins}`], single);
    },
  );
  test("scores agree with scikit-learn, the temperature with scipy", () => {
    expect(accuracy(probabilities, labels)).toBeAllclose(peer.accuracy, exact);
    expect(negativeLogLikelihood(probabilities, labels)).toBeAllclose(peer.nll, exact);
    expect(brierScore(probabilities, labels)).toBeAllclose(peer.brier, exact);
    const { temperature, transform } = temperatureScaling(logits, labels);
    expect(temperature).toBeAllclose(peer.temperature, { rtol: 1e-6, atol: 0 });
    expect(negativeLogLikelihood(transform(logits), labels)).toBeAllclose(peer.temperature_nll, exact);
    if (logits[0].length === 2) {
      const calibrated = isotonicScaling(probabilities, labels).transform(probabilities);
      expect(calibrated.map((row) => row[1])).toBeAllclose(peer.isotonic_class1, exact);
    }
  });
});

// biome-ignore lint/suspicious/noExplicitAny: a fixture
test.each<any>(wilson)("wilsonInterval() agrees with scipy: $k of $n", ({ k, n, c, ci }) => {
  const { lower, upper } = wilsonInterval(k, n, { confidence: c });
  expect([lower, upper]).toBeAllclose(ci, exact);
});

describe.each([0, 1, 2])("forecasts, instance %i", (i) => {
  const { mean: means, std, targets, ...peer } = regression[i];
  const forecast = { mean: means, std };
  test("scores agree with uncertainty-toolbox and torchmetrics", () => {
    expect(mean(gaussianCrps(forecast, targets))).toBeAllclose(peer.crps, exact);
    expect(mean(quantileScore(forecast, targets))).toBeAllclose(peer.check, exact);
    expect(mean(intervalScore(forecast, targets))).toBeAllclose(peer.interval, exact);
    expect(mean(sampleCrps(peer.samples, targets))).toBeAllclose(peer.torchmetrics_crps, exact);
  });
  test("predictiveCalibration() agrees with uncertainty-toolbox and scipy", () => {
    const ours = predictiveCalibration(forecast, targets);
    expect(ours.intervalCoverage).toBeAllclose(peer.interval_coverage, exact);
    // It takes predictions less targets for residuals: the mirror image.
    const mirrored = { mean: means.map((m: number) => -m), std };
    const { quantileCoverage } = predictiveCalibration(
      mirrored,
      targets.map((y: number) => -y),
    );
    expect(quantileCoverage).toBeAllclose(peer.quantile_coverage, exact);
    expect(ours.pit).toBeAllclose(peer.pit, exact);
    expect(ours.sharpness).toBeAllclose(peer.sharpness, exact);
    for (const levels of [11, 100]) {
      const { meanAbsoluteError, rootMeanSquaredError, miscalibrationArea } = predictiveCalibration(forecast, targets, {
        levels,
      });
      expect(meanAbsoluteError).toBeAllclose(peer[`ma_${levels}`], exact);
      expect(rootMeanSquaredError).toBeAllclose(peer[`rms_${levels}`], exact);
      expect(miscalibrationArea).toBeAllclose(peer[`area_${levels}`], exact);
    }
  });
  test("predictiveCalibration() of samples agrees with scipy and numpy", () => {
    const { pit, sharpness, intervalCoverage, levels } = predictiveCalibration({ samples: peer.samples }, targets);
    expect(pit).toBeAllclose(peer.scipy_sample_pit, exact);
    expect(sharpness).toBeAllclose(peer.numpy_sample_sharpness, exact);
    for (const [k, level] of levels.entries()) {
      const inside = peer.scipy_sample_pit.filter((u: number) => Math.abs(2 * u - 1) <= level + 1e-12).length;
      expect(intervalCoverage[k]).toBeCloseTo(inside / targets.length, 12);
    }
  });
  test("spreadCalibration() agrees with netcal in bins of equal width, with numpy in bins of equal mass", () => {
    expect(spreadCalibration(forecast, targets, { bins: 5, binning: "width" }).ence).toBeAllclose(
      peer.netcal_ence,
      exact,
    );
    const { ence, uce } = spreadCalibration(forecast, targets, { bins: 5 });
    expect(ence).toBeAllclose(peer.numpy_ence_mass_5, exact);
    expect(uce).toBeAllclose(peer.numpy_uce_mass_5, exact);
  });
});

describe.each([0, 1, 2])("generative, instance %i", (i) => {
  const { real, fake, logits, ...peer } = generative[i];
  test("metrics of features agree with torch-fidelity", () => {
    // Of fewer examples than dimensions it takes the root of a singular matrix.
    expect(frechetDistance(real, fake)).toBeAllclose(peer.fid, {
      rtol: real.length > real[0].length ? 1e-9 : 1e-6,
      atol: 0,
    });
    expect(kernelDistance(real, fake)).toBeAllclose(peer.kid, exact);
    // Its first set is the generated one.
    const { precision, recall } = manifoldMetrics(fake, real, { neighbors: 3 });
    expect([precision, recall]).toBeAllclose([peer.prc.precision, peer.prc.recall], single);
    const { mean: score, std } = inceptionScore(softmax(logits), { splits: 4 });
    expect([score, std]).toBeAllclose([peer.is_mean, peer.is_std], exact);
  });
});
