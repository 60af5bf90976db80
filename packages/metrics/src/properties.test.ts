import "@jem-js-internal/testing";
import { key } from "@jem-js/random/values";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  auroc,
  averagePrecision,
  bootstrapInterval,
  brierDecomposition,
  delongInterval,
  detectionError,
  expectedCalibrationError,
  featureAccumulator,
  featureStatistics,
  fprAtTpr,
  frechetDistance,
  inceptionScore,
  isotonicScaling,
  kernelDistance,
  kernelDistanceSubsets,
  negativeLogLikelihood,
  parseFeatureStatistics,
  predictiveCalibration,
  riskCoverageCurve,
  sampleCrps,
  sparsificationCurve,
  stringifyFeatureStatistics,
  temperatureScaling,
  vectorScaling,
  wilsonInterval,
} from "./mod.ts";

// Small integers tie often; infinities are scores too.
const score = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const scores = fc.array(score, { minLength: 1, maxLength: 20 });
const sides = fc.tuple(scores, scores);
const run = { seed: 5, numRuns: 200 };
const ranking = [
  { name: "auroc", metric: auroc },
  { name: "averagePrecision", metric: averagePrecision },
  { name: "fprAtTpr", metric: fprAtTpr },
  { name: "detectionError", metric: detectionError },
  { name: "delongInterval", metric: (p: number[], n: number[]) => delongInterval(p, n).auroc },
] as const;

describe.each(ranking)("$name()", ({ metric }) => {
  test("is in [0, 1], and depends on the order of the scores only", () => {
    fc.assert(
      fc.property(sides, ([p, n]) => {
        const value = metric(p, n);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-15);
        expect(metric(p.map(Math.atan), n.map(Math.atan))).toBe(value);
        expect(
          metric(
            p.map((s) => s ** 3 - 7),
            n.map((s) => s ** 3 - 7),
          ),
        ).toBe(value);
      }),
      run,
    );
  });
  test("does not change when the scores are permuted or duplicated", () => {
    fc.assert(
      fc.property(sides, ([p, n]) => {
        expect(metric([...p].reverse(), [...n].reverse())).toBe(metric(p, n));
        expect(metric([...p, ...p], [...n, ...n])).toBeCloseTo(metric(p, n), 12);
      }),
      run,
    );
  });
  test("refuses NaN with its index", () => {
    expect(() => metric([1, 2], [0, Number.NaN])).toThrow("negatives must be numbers but found NaN at 1");
  });
});

const classifier = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 12 })).chain(([classes, n]) =>
  fc.record({
    logits: fc.array(fc.array(fc.integer({ min: -6, max: 6 }), { minLength: classes, maxLength: classes }), {
      minLength: n,
      maxLength: n,
    }),
    labels: fc.array(fc.integer({ min: 0, max: classes - 1 }), { minLength: n, maxLength: n }),
  }),
);
const softmax = (rows: number[][]): number[][] =>
  rows.map((row) => {
    const weights = row.map(Math.exp);
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  });

test("expectedCalibrationError() is in [0, 1] and does not change when rows are permuted or duplicated", () => {
  fc.assert(
    fc.property(classifier, fc.constantFrom("l1", "l2", "max", "mean"), ({ logits, labels }, norm) => {
      const p = softmax(logits);
      const value = expectedCalibrationError(p, labels, { norm });
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
      expect(expectedCalibrationError([...p].reverse(), [...labels].reverse(), { norm })).toBeCloseTo(value, 12);
      expect(expectedCalibrationError([...p, ...p], [...labels, ...labels], { norm })).toBeCloseTo(value, 12);
    }),
    run,
  );
});

test("expectedCalibrationError() by equal mass with merged ties does not depend on the order of rows", () => {
  fc.assert(
    fc.property(classifier, ({ logits, labels }) => {
      const p = softmax(logits);
      const options = { binning: "mass", mergeTies: true, bins: 4 } as const;
      const value = expectedCalibrationError(p, labels, options);
      expect(expectedCalibrationError([...p].reverse(), [...labels].reverse(), options)).toBeCloseTo(value, 10);
    }),
    run,
  );
});

test("vectorScaling() never does worse than no scaling, and ends for perfect classifiers and one class", () => {
  fc.assert(
    fc.property(classifier, ({ logits, labels }) => {
      const { scale, bias, transform } = vectorScaling(logits, labels);
      expect([...scale, ...bias].every(Number.isFinite)).toBe(true);
      const before = negativeLogLikelihood(softmax(logits), labels);
      expect(negativeLogLikelihood(transform(logits), labels)).toBeLessThanOrEqual(before + 1e-9);
    }),
    run,
  );
  const perfect = vectorScaling(
    [
      [5, 0],
      [0, 5],
    ],
    [0, 1],
  );
  expect(perfect.transform([[5, 0]])[0]![0]).toBeGreaterThan(0.99);
  expect(
    vectorScaling(
      [
        [1, 0],
        [0, 1],
      ],
      [0, 0],
    ).transform([[0, 0]])[0]![0],
  ).toBeGreaterThan(0.9);
  expect(() => vectorScaling([[1, 0]], [0], { ridge: 0 })).toThrow("ridge must be positive and finite but found 0");
});

test("isotonicScaling() never increases the Brier score of its classes, is monotone, and gives distributions", () => {
  fc.assert(
    fc.property(classifier, ({ logits, labels }) => {
      const p = softmax(logits);
      const { maps, transform } = isotonicScaling(p, labels);
      for (const { from, to } of maps) {
        for (let i = 1; i < from.length; i++) {
          expect(from[i]!).toBeGreaterThan(from[i - 1]!);
          expect(to[i]!).toBeGreaterThanOrEqual(to[i - 1]!);
        }
      }
      for (const row of transform(p)) expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }),
    run,
  );
});

test("brierDecomposition() adds up; within is 0 when the forecasts of a bin are equal", () => {
  fc.assert(
    fc.property(classifier, ({ logits, labels }) => {
      const parts = brierDecomposition(softmax(logits), labels, { bins: 5 });
      expect(parts.reliability - parts.resolution + parts.uncertainty + parts.within).toBeCloseTo(parts.score, 12);
    }),
    run,
  );
  expect(
    brierDecomposition(
      [
        [0.7, 0.3],
        [0.7, 0.3],
        [0.2, 0.8],
      ],
      [0, 1, 1],
    ).within,
  ).toBeCloseTo(0, 12);
});

test("temperatureScaling() ends for perfect classifiers, one class and one example", () => {
  for (const labels of [
    [0, 1],
    [0, 0],
  ])
    expect(
      temperatureScaling(
        [
          [9, 0],
          [0, 9],
        ],
        labels,
      ).temperature,
    ).toBeGreaterThan(0);
  expect(temperatureScaling([[1, 0]], [0]).temperature).toBe(0.01);
});

test("wilsonInterval() agrees with its closed form, contains the share and stays in [0, 1]", () => {
  for (const [k, n] of [
    [0, 5],
    [5, 5],
    [1, 3],
    [50, 100],
  ] as const) {
    const { lower, upper } = wilsonInterval(k, n);
    expect(lower).toBeLessThanOrEqual(k / n);
    expect(upper).toBeGreaterThanOrEqual(k / n);
    // The ends are where (share - p)² = z² p (1 - p) / n.
    for (const p of [lower, upper].filter((end) => end > 0 && end < 1)) {
      expect((k / n - p) ** 2).toBeCloseTo((1.959963984540054 ** 2 * p * (1 - p)) / n, 10);
    }
  }
});

test("delongInterval() has the variance of its definition, over all pairs", () => {
  const p = [3, 1, 4, 1, 5];
  const n = [2, 1, 0, 3];
  const wins = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const variance = (values: number[]): number =>
    values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1);
  const v10 = p.map((a) => mean(n.map((b) => wins(a, b))));
  const v01 = n.map((b) => mean(p.map((a) => wins(a, b))));
  const { standardError, auroc: area } = delongInterval(p, n);
  expect(standardError ** 2).toBeCloseTo(variance(v10) / 5 + variance(v01) / 4, 12);
  expect(area).toBeCloseTo(auroc(p, n), 12);
});

test("bootstrapInterval() is about as wide as DeLong's, and equal for equal keys", () => {
  const p = Array.from({ length: 60 }, (_, i) => Math.sin(7 * i) + 0.8);
  const n = Array.from({ length: 60 }, (_, i) => Math.sin(11 * i + 1));
  const bootstrap = bootstrapInterval(auroc, [p, n], { key: key(3) });
  expect(bootstrap).toEqual(bootstrapInterval(auroc, [p, n], { key: key(3) }));
  expect(bootstrap.standardError / delongInterval(p, n).standardError).toBeGreaterThan(0.85);
  expect(bootstrap.standardError / delongInterval(p, n).standardError).toBeLessThan(1.15);
});

test("sparsificationCurve() of ties does not depend on the order of the examples", () => {
  const [u, e] = [
    [1, 1, 1, 2, 2],
    [1, 2, 3, 0, 4],
  ];
  const reversed = sparsificationCurve([...u].reverse(), [...e].reverse());
  const { rmse, ause } = sparsificationCurve(u, e);
  expect(reversed.rmse).toBeAllclose(rmse, { rtol: 1e-14, atol: 0 });
  expect(reversed.ause).toBeCloseTo(ause, 14);
  // Of 14 + 16 squares, two removals take 8 each, then three a third of 14 each.
  const expected = [30 / 5, 22 / 4, 14 / 3, 14 / 3, 14 / 3].map(Math.sqrt);
  expect(rmse).toBeAllclose(expected, { rtol: 1e-14, atol: 0 });
});

test("riskCoverageCurve() and sparsificationCurve() are 0 above their oracle for the best order, and never below", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(score, fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 12 }), (pairs) => {
      const c = pairs.map(([confidence]) => confidence);
      const losses = pairs.map(([, loss]) => loss);
      expect(riskCoverageCurve(c, losses).excess).toBeGreaterThanOrEqual(0);
      expect(
        riskCoverageCurve(
          losses.map((l) => -l),
          losses,
        ).excess,
      ).toBeCloseTo(0, 12);
      expect(sparsificationCurve(c, losses).ause).toBeGreaterThanOrEqual(-1e-12);
      expect(sparsificationCurve(losses, losses).ause).toBe(0);
    }),
    run,
  );
});

const cloud = fc.integer({ min: 1, max: 4 }).chain((d) =>
  fc.tuple(
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: d, maxLength: d }), {
      minLength: 2,
      maxLength: 9,
    }),
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: d, maxLength: d }), {
      minLength: 2,
      maxLength: 9,
    }),
  ),
);

test("frechetDistance() is symmetric, 0 for equal sets, never negative, and kernelDistance() symmetric", () => {
  fc.assert(
    fc.property(cloud, ([a, b]) => {
      const distance = frechetDistance(a, b);
      expect(distance).toBeGreaterThan(-1e-6);
      expect(frechetDistance(b, a)).toBeCloseTo(distance, 6);
      expect(Math.abs(frechetDistance(a, a))).toBeLessThan(1e-6);
      expect(kernelDistance(b, a)).toBeCloseTo(kernelDistance(a, b), 6);
    }),
    run,
  );
});

test("frechetDistance() of dimension above 512 agrees with its small path, with and without a product plugged in", () => {
  const n = 700;
  const d = 520;
  const make = (seed: number): Float64Array =>
    Float64Array.from({ length: n * d }, (_, i) => Math.sin(seed * i + (i % d) * 0.37) * (1 + (i % d) / d));
  const a = featureStatistics({ data: make(12.9898), shape: [n, d] });
  const diagonal = a.covariance.map((value, i) => (i % (d + 1) === 0 ? value : 0));
  // Commuting covariances, S and 4 S: the distance is tr S; and diagonal ones.
  const four = { ...a, covariance: a.covariance.map((value) => 4 * value) };
  const trace = a.mean.reduce((sum, _, k) => sum + a.covariance[k * d + k]!, 0);
  expect(frechetDistance(a, four)).toBeAllclose(trace, { rtol: 1e-6, atol: 0 });
  const matmul = (x: Float64Array, y: Float64Array, m: number, k: number, c: number): Float64Array => {
    const product = new Float64Array(m * c);
    for (let i = 0; i < m; i++)
      for (let p = 0; p < k; p++) for (let j = 0; j < c; j++) product[i * c + j]! += x[i * k + p]! * y[p * c + j]!;
    return product;
  };
  const other = { ...a, covariance: diagonal };
  expect(frechetDistance(a, other, { matmul })).toBeAllclose(frechetDistance(a, other), { rtol: 1e-9, atol: 1e-9 });
});

test("featureAccumulator() gives in parts what it gives at once, far from 0 too, and survives a file", () => {
  const rows = Array.from({ length: 40 }, (_, i) => [1e8 + Math.sin(i), Math.cos(3 * i)]);
  const accumulator = featureAccumulator({ extractor: "e" });
  for (let i = 0; i < 40; i += 7) accumulator.add(rows.slice(i, i + 7));
  accumulator.add([]);
  const whole = featureStatistics(rows, { extractor: "e" });
  expect(accumulator.statistics().covariance).toBeAllclose(whole.covariance, { rtol: 1e-7, atol: 1e-9 });
  expect(whole.covariance[0]).toBeCloseTo(0.5, 1);
  expect(parseFeatureStatistics(stringifyFeatureStatistics(whole))).toEqual(whole);
  const text = stringifyFeatureStatistics(whole);
  expect(() => parseFeatureStatistics(text.replace('"version":1', '"version":2'))).toThrow(
    "version must be 1 but found 2",
  );
});

test("frechetDistance() refuses statistics of different extractors and features that are not finite", () => {
  const a = featureStatistics([[0], [1]], { extractor: "a" });
  expect(() => frechetDistance(a, { ...a, extractor: "b" })).toThrow("of one extractor but found a and b");
  expect(() => frechetDistance([[0], [Number.NaN]], a)).toThrow("must be finite but found NaN at [1, 0]");
  expect(() =>
    frechetDistance(
      [
        [0, 1],
        [1, 2],
      ],
      a,
    ),
  ).toThrow("same dimension but found 2 and 1");
});

test("kernelDistance() of more rows than a block holds is the mean over all pairs", () => {
  const a = Array.from({ length: 1030 }, (_, i) => [Math.sin(i)]);
  const b = Array.from({ length: 1100 }, (_, i) => [Math.cos(3 * i)]);
  const total = (x: number[][], y: number[][]): number => {
    let sum = 0;
    for (const [u] of x) for (const [v] of y) sum += (u! * v! + 1) ** 3;
    return sum;
  };
  const own = (x: number[][]): number =>
    (total(x, x) - x.reduce((sum, [u]) => sum + (u! * u! + 1) ** 3, 0)) / (x.length * (x.length - 1));
  const expected = own(a) + own(b) - (2 * total(a, b)) / (1030 * 1100);
  expect(kernelDistance(a, b)).toBeCloseTo(expected, 9);
  const { mean } = kernelDistanceSubsets(a, b, { key: key(0), subsets: 3, subsetSize: 1030 });
  expect(Math.abs(mean - expected)).toBeLessThan(0.02);
});

test("kernelDistanceSubsets() takes the whole of small sets, and refuses larger subsets", () => {
  const a = [[0], [1], [3]];
  const b = [[2], [5], [4]];
  expect(kernelDistanceSubsets(a, b, { key: key(0), subsets: 2 }).mean).toBeCloseTo(kernelDistance(a, b), 12);
  expect(() => kernelDistanceSubsets(a, b, { key: key(0), subsetSize: 4 })).toThrow("subsetSize must be at most 3");
});

test("inceptionScore() is from 1 to the number of classes, also shuffled and of one row", () => {
  fc.assert(
    fc.property(classifier, ({ logits }) => {
      const { mean } = inceptionScore(softmax(logits), { splits: 1, key: key(1) });
      expect(mean).toBeGreaterThanOrEqual(1);
      expect(mean).toBeLessThanOrEqual(logits[0]!.length + 1e-9);
    }),
    run,
  );
  expect(inceptionScore([[1, 0]]).mean).toBe(1);
});

test("sampleCrps() is the mean over all pairs, and scales with the samples", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 12 }), fc.integer(), (x, y) => {
      const pairs = x.flatMap((a) => x.map((b) => Math.abs(a - b))).reduce((a, b) => a + b, 0);
      const far = x.reduce((sum, a) => sum + Math.abs(a - y), 0) / x.length;
      const samples = x.map((a) => [a]);
      expect(sampleCrps(samples, [y])[0]).toBeCloseTo(far - pairs / (2 * x.length ** 2), 5);
      const fair = sampleCrps(samples, [y], { estimator: "fair" })[0];
      expect(fair).toBeCloseTo(far - pairs / (2 * x.length * (x.length - 1)), 5);
    }),
    run,
  );
  expect(() => sampleCrps([[1]], [1], { estimator: "fair" })).toThrow("samples must have at least 2 rows but found 1");
});

test("predictiveCalibration() is exact for quantiles of the forecast, and refuses NaN with its index", () => {
  const { quantileCoverage, sharpness } = predictiveCalibration({ mean: [1, 1], std: [3, 4] }, [0, 2]);
  expect(quantileCoverage[5]).toBe(0.5);
  expect(sharpness).toBeCloseTo(Math.sqrt(12.5));
  expect(() => predictiveCalibration({ mean: [0], std: [0] }, [1])).toThrow(
    "std must be positive and finite but found 0 at 0",
  );
  expect(() => predictiveCalibration({ mean: [0, Number.NaN], std: [1, 1] }, [1, 1])).toThrow(
    "mean must be finite but found NaN at 1",
  );
});
