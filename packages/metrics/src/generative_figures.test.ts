import { key, normalValues } from "@jem-js/random/values";
import { expect, test } from "vitest";
import { frechetDistance, generativeFigures, inceptionScore, kernelDistanceSubsets, manifoldMetrics } from "./mod.ts";

const set = (seed: number, count: number) => ({
  extractor: "mlp 1f3a",
  features: { data: normalValues([3, seed], 3 * count), shape: [count, 3] } as const,
});

test("generativeFigures() are the metrics, each labelled with its extractor and numbers of examples", () => {
  const real = set(1, 30);
  const probabilities = Array.from({ length: 20 }, (_, i) => [1 / (2 + i), 1 - 1 / (2 + i)]);
  const generated = { ...set(2, 20), probabilities };
  const figures = generativeFigures(real, generated, { key: key(4) });
  const kernel = kernelDistanceSubsets(real.features, generated.features, { key: key(4) });
  const manifold = manifoldMetrics(real.features, generated.features);
  const inception = inceptionScore(probabilities);
  const of = "[mlp 1f3a, n = 30 and 20]";
  expect(figures).toEqual([
    {
      label: `Fréchet distance ${of}`,
      metric: "Fréchet distance",
      value: frechetDistance(real.features, generated.features),
    },
    { label: `kernel distance ${of}`, metric: "kernel distance", value: kernel.mean, std: kernel.std },
    { label: `precision ${of}`, metric: "precision", value: manifold.precision },
    { label: `recall ${of}`, metric: "recall", value: manifold.recall },
    { label: `density ${of}`, metric: "density", value: manifold.density },
    { label: `coverage ${of}`, metric: "coverage", value: manifold.coverage },
    {
      label: "Inception score [mlp 1f3a, n = 20, 10 splits]",
      metric: "Inception score",
      value: inception.mean,
      std: inception.std,
    },
  ]);
});

test("generativeFigures() leaves the Inception score out without probabilities", () => {
  const metrics = generativeFigures(set(1, 10), set(2, 10), { key: key(0) }).map(({ metric }) => metric);
  expect(metrics).toHaveLength(6);
  expect(metrics).not.toContain("Inception score");
});

test("generativeFigures() refuses sets of different extractors and too few examples", () => {
  const other = { ...set(2, 10), extractor: "pixels" };
  expect(() => generativeFigures(set(1, 10), other, { key: key(0) })).toThrow(
    new TypeError(
      "Cannot compute generative figures: both sets must be of one extractor but found mlp 1f3a and pixels",
    ),
  );
  expect(() => generativeFigures(set(1, 5), set(2, 10), { key: key(0) })).toThrow(
    "real must have at least 6 rows but found 5",
  );
});
