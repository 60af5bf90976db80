import "@jem-js-internal/testing";
import { key, normalValues } from "@jem-js/random/values";
import { expect, test } from "vitest";
import {
  gaussianCrps,
  intervalScore,
  predictiveCalibration,
  quantileScore,
  spreadCalibration,
  uncertaintyBounds,
} from "./mod.ts";

const n = 40;
const forecast = { mean: normalValues(key(1), n), std: normalValues(key(2), n).map((x) => Math.exp(x)) };
const targets = normalValues(key(3), n).map((x) => 3 * x);

test("quantileScore() of many levels is half of the CRPS", () => {
  const levels = Float64Array.from({ length: 4000 }, (_, i) => (i + 0.5) / 4000);
  const halved = gaussianCrps(forecast, targets).map((score) => score / 2);
  expect(quantileScore(forecast, targets, { levels })).toBeAllclose(halved, { rtol: 1e-3, atol: 1e-4 });
});

test("intervalScore() is 2 / (1 - level) times the quantile scores at both ends", () => {
  const level = 0.8;
  const scores = quantileScore(forecast, targets, { levels: [0.1, 0.9] }); // a mean: half of the sum
  const expected = scores.map((score) => (2 * 2 * score) / (1 - level));
  expect(intervalScore(forecast, targets, { levels: [level] })).toBeAllclose(expected, { rtol: 1e-12, atol: 1e-12 });
});

test("intervalScore() and quantileScore() of forecasts without spread are of the error alone", () => {
  const exact = { mean: [1], std: [0] };
  expect(intervalScore(exact, [3], { levels: [0.5] })[0]).toBe(8);
  expect(quantileScore(exact, [3], { levels: [0.25] })[0]).toBe(0.5);
  expect(quantileScore(exact, [1])[0]).toBe(0);
});

test.each([
  ["intervalScore", intervalScore],
  ["quantileScore", quantileScore],
] as const)("%s() refuses levels and forecasts out of range", (_, score) => {
  const one = { mean: [0], std: [1] };
  expect(() => score(one, [0], { levels: [0.5, 1] })).toThrow("levels must be in (0, 1) but found 1 at 1");
  expect(() => score(one, [0], { levels: [Number.NaN] })).toThrow("levels must be in (0, 1) but found NaN at 0");
  expect(() => score(one, [0], { levels: [] })).toThrow("levels must have at least 1 number but found 0");
  expect(() => score(one, [Number.NaN])).toThrow("targets must be finite but found NaN at 0");
  expect(() => score({ mean: [0], std: [-1] }, [0])).toThrow("std must be at least 0 and finite but found -1 at 0");
  expect(() => score(one, [0, 1])).toThrow("mean must be [2] but found [1]");
});

test("spreadCalibration() of one forecast, of equal spreads and of more bins than forecasts", () => {
  expect(spreadCalibration({ mean: [0], std: [2] }, [1])).toEqual({
    bins: [{ count: 1, spread: 2, error: 1 }],
    ence: 0.5,
    uce: 3,
  });
  const equal = { mean: [0, 0, 0], std: [1, 1, 1] };
  for (const binning of ["mass", "width"] as const) {
    const { bins, uce } = spreadCalibration(equal, [1, -1, 1], { bins: 5, binning });
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(uce).toBe(0);
  }
});

test("spreadCalibration() refuses bins and forecasts out of range", () => {
  const one = { mean: [0], std: [1] };
  expect(() => spreadCalibration(one, [0], { bins: 0 })).toThrow("bins must be an integer of at least 1 but found 0");
  expect(() => spreadCalibration(one, [0], { binning: "x" as "mass" })).toThrow("binning must be mass or width");
  expect(() => spreadCalibration({ mean: [0], std: [0] }, [0])).toThrow(
    "std must be positive and finite but found 0 at 0",
  );
});

test("uncertaintyBounds() of errors of one size have nothing between them", () => {
  for (const score of ["pll", "crps"] as const) {
    const { constant, optimal, normalize } = uncertaintyBounds([0.3, -0.3, 0.3], { score });
    expect(constant).toBe(optimal);
    expect(normalize(constant - 1)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalize(constant)).toBeNaN();
  }
});

test("predictiveCalibration() of ten samples meets levels in tenths, whatever their rounding", () => {
  const samples = Array.from({ length: 10 }, (_, t) => [t]);
  for (let below = 0; below <= 10; below++) {
    const { pit, intervalCoverage, quantileCoverage } = predictiveCalibration({ samples }, [below - 0.5]);
    expect(pit[0]).toBeCloseTo(below / 10, 12);
    expect([...quantileCoverage]).toEqual(Array.from({ length: 11 }, (_, k) => (k >= below ? 1 : 0)));
    expect([...intervalCoverage]).toEqual(
      Array.from({ length: 11 }, (_, k) => (k >= Math.abs(2 * below - 10) ? 1 : 0)),
    );
  }
});

test("predictiveCalibration() of one sample, of ties, and of samples that are none", () => {
  expect(predictiveCalibration({ samples: [[1, 1]] }, [1, 2])).toMatchObject({
    pit: Float64Array.of(0.5, 1),
    sharpness: 0,
  });
  expect(() => predictiveCalibration({ samples: [] }, [1])).toThrow("samples must have at least 1 rows but found 0");
  expect(() => predictiveCalibration({ samples: [[Number.NaN]] }, [1])).toThrow("samples must be finite but found NaN");
  expect(() => predictiveCalibration({ samples: [[1, 2]] }, [1])).toThrow("targets must be [2] but found [1]");
  expect(() => predictiveCalibration(null as never, [1])).toThrow(TypeError);
});
