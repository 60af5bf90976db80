import { golden, leakFree } from "@jem-js-internal/testing";
import { dispose, type Tensor, tensor, tensor1d, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { gaussianSamples } from "./gaussian_samples.ts";
import type { CategoricalPrediction, Prediction } from "./prediction.ts";
import { summarize } from "./summarize.ts";

const { F5_pred: f5, F6_mcbn: f6, F9_dirichlet: f9 } = golden("ood_fixtures");

function samples(shape?: number[]): CategoricalPrediction {
  const q = tensor3d(f5.q);
  return { kind: "categorical", probabilities: shape ? q.reshape(shape) : q };
}

/** The values of every measure. */
async function read<P extends Prediction>(prediction: P): Promise<Record<string, Float32Array>> {
  const summary = summarize(prediction);
  const entries = await Promise.all(
    Object.entries(summary).map(async ([name, value]) => [name, await (value as Tensor).data()] as const),
  );
  dispose(summary);
  return Object.fromEntries(entries) as Record<string, Float32Array>;
}

describe("summarize() of samples", () => {
  test("reproduces the figures of an independent implementation", async () => {
    const found = await read(samples());
    expect(found.mean).toBeAllclose(f5.mean.flat());
    expect(found.total).toBeAllclose(f5.total);
    expect(found.aleatoric).toBeAllclose(f5.aleatoric);
    expect(found.epistemic).toBeAllclose(f5.mi);
    expect(found.variance).toBeAllclose(f5.var_pop_mean);
    expect(found.variationRatio).toBeAllclose(f5.variation_ratio);
    expect(found.pairwiseDivergence).toBeAllclose(f5.epkl_all);
    expect(Array.from(found.pairwiseDivergence!, (value) => (value * 3) / 2)).toBeAllclose(f5.epkl_offdiag);
    expect(found.maxProbability).toBeAllclose(f5.mean.map((row: number[]) => Math.max(...row)));
  });

  test("gives maps the same figures as vectors", async () => {
    const vectors = await read(samples());
    const maps = await read(samples([3, 1, 1, 2, 3]));
    expect(maps).toEqual(vectors);
    const summary = summarize(samples([3, 1, 1, 2, 3]));
    expect(summary.mean.shape).toEqual([1, 1, 2, 3]);
    for (const name of ["total", "epistemic", "variationRatio", "maxProbability", "pairwiseDivergence"] as const) {
      expect(summary[name].shape).toEqual([1, 1, 2]);
    }
  });

  test("finds nothing epistemic in one sample, to the bit", async () => {
    const probabilities = tensor([0.1, 0.2, 0.7, 1 / 3, 1 / 3, 1 / 3, 1, 0, 0, 0.3, 0.3, 0.4], [1, 1, 2, 2, 3]);
    const found = await read({ kind: "categorical", probabilities });
    for (const name of ["epistemic", "variance", "variationRatio", "pairwiseDivergence", "reverseMutualInformation"]) {
      expect([...found[name]!], name).toEqual([0, 0, 0, 0]);
    }
    expect(found.total).toEqual(found.aleatoric);
  });

  test("is finite for probabilities of 0", async () => {
    const found = await read({ kind: "categorical", probabilities: tensor3d([[[1, 0]], [[0, 1]]]) });
    expect(found.epistemic).toBeAllclose([Math.log(2)]);
    expect(found.aleatoric).toBeAllclose([0]);
    expect(Number.isFinite(found.pairwiseDivergence![0])).toBe(true);
  });
});

describe("summarize() of Dirichlet distributions", () => {
  test("reproduces the figures of an independent implementation", async () => {
    const { cases } = f9;
    const concentration = tensor2d(cases.map(({ alpha }: { alpha: number[] }) => alpha));
    const found = await read({ kind: "dirichlet", concentration });
    const column = (name: string): number[] => cases.map((entry: Record<string, number>) => entry[name]!);
    expect(found.total).toBeAllclose(column("total"));
    expect(found.aleatoric).toBeAllclose(column("expected"));
    expect(found.epistemic).toBeAllclose(column("mi"));
    expect(found.differentialEntropy).toBeAllclose(column("diff_entropy"));
    expect(found.pairwiseDivergence).toBeAllclose(column("epkl"));
    expect(found.precision).toBeAllclose(column("precision"));
  });

  test("agrees with numeric integration over the simplex of three classes", async () => {
    const measures = golden("dirichlet").measures as Record<string, number>[];
    const concentration = tensor2d(measures.map(({ alpha }) => alpha as unknown as number[]));
    const found = await read({ kind: "dirichlet", concentration });
    const column = (name: string): number[] => measures.map((row) => row[name]!);
    expect(found.total).toBeAllclose(column("total"));
    expect(found.aleatoric).toBeAllclose(column("expected_entropy"));
    expect(found.epistemic).toBeAllclose(column("mutual_information"), { atol: 0 });
    expect(found.differentialEntropy).toBeAllclose(column("differential_entropy"));
    expect(found.pairwiseDivergence).toBeAllclose(column("pairwise_divergence"), { atol: 0 });
    expect(found.variance).toBeAllclose(column("variance"), { atol: 0 });
  });

  test("keeps its relative precision for large concentrations", async () => {
    const found = await read({ kind: "dirichlet", concentration: tensor1d([1e5, 2e5, 3e5]) });
    // The series (K - 1) / (2 alpha_0) + O(1 / alpha^2).
    const second = [1e5, 2e5, 3e5].reduce((sum, alpha) => sum - alpha / 6e5 / (12 * alpha * alpha), 0);
    expect(found.epistemic).toBeAllclose([1 / 6e5 + second + 1 / (12 * 6e5 * 6e5)], { atol: 0 });
  });

  test("agrees with numeric integration for two classes", async () => {
    const [a, b] = [0.7, 4.2];
    const found = await read({ kind: "dirichlet", concentration: tensor1d([a, b]) });
    // Midpoints in u, with x = u^4: the density is smooth in u.
    const n = 200_000;
    let mass = 0;
    let entropy = 0;
    let logDensity = 0;
    for (let i = 0; i < n; i++) {
      const u = (i + 0.5) / n;
      const x = u ** 4;
      const log = (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x);
      const weight = Math.exp(log) * 4 * u ** 3;
      mass += weight;
      logDensity += weight * log;
      entropy -= weight * (x * Math.log(x) + (1 - x) * Math.log1p(-x));
    }
    expect(found.aleatoric).toBeAllclose([entropy / mass]);
    expect(found.differentialEntropy).toBeAllclose([Math.log(mass / n) - logDensity / mass]);
  });
});

describe("summarize() of Gaussians", () => {
  test("adds up the variances of samples and of noise", async () => {
    const prediction = gaussianSamples(tensor2d(f6.samples, [3, 1]), { precision: f6.tau });
    const found = await read(prediction);
    expect(found.mean).toBeAllclose([f6.mean]);
    expect(found.epistemic).toBeAllclose([f6.var_epistemic]);
    expect(found.aleatoric).toBeAllclose([1 / f6.tau]);
    expect(found.total).toBeAllclose([f6.var_pred]);
  });

  test("has no variance for one sample without noise", async () => {
    const found = await read(gaussianSamples(tensor2d([[0.1, 0.7]])));
    expect([...found.total!]).toEqual([0, 0]);
  });
});

test("summarize() and gaussianSamples() refuse what they cannot take", () => {
  expect(() => summarize({} as Prediction)).toThrow(
    "Cannot summarize a prediction: kind must be categorical, dirichlet or gaussian but found undefined",
  );
  expect(() => summarize({ kind: "categorical", probabilities: tensor1d([1]) })).toThrow(TypeError);
  expect(() => summarize({ kind: "dirichlet", concentration: tensor2d([], [0, 2]) })).toThrow(RangeError);
  expect(() => gaussianSamples(tensor2d([[1]]), { precision: 0 })).toThrow(
    "precision must be greater than 0 but found 0",
  );
});

test("summarize() leaves nothing behind", async () => {
  await leakFree(async () => {
    const prediction = samples();
    await read(prediction);
    dispose(prediction.probabilities);
    const gaussian = gaussianSamples(tensor2d([[1], [2]]));
    dispose(gaussian);
  }, 1);
});
