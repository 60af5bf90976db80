import { key } from "@jem-js/random";
import { leakFree } from "@jem-js-internal/testing";
import { dispose, grad, logSumExp, sum, type Tensor, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  banana,
  checkerboard,
  eightGaussians,
  funnel,
  gaussianMixture,
  moons,
  rings,
  type SmoothToyDensity,
  spirals,
  type ToyDensity,
} from "./mod.ts";

const smooth: Record<string, SmoothToyDensity> = {
  gaussianMixture: gaussianMixture({
    means: [
      [-1, 0],
      [1, 2],
      [0, -2],
    ],
    scale: [0.5, 1, 0.3],
    weights: [1, 2, 5],
  }),
  eightGaussians: eightGaussians(),
  moons: moons({ noise: 0.2 }),
  rings: rings({ radii: [1, 2], noise: 0.2 }),
  spirals: spirals({ turns: 1, noise: 0.2 }),
  banana: banana({ scale: 0.7, curvature: 0.8 }),
  funnel: funnel({ dimensions: 2, scale: 0.5 }),
};
const all: Record<string, ToyDensity> = { ...smooth, checkerboard: checkerboard() };
const cases = Object.entries(all);

/** Reads and disposes. */
async function read(x: Tensor): Promise<number[]> {
  const data = [...(await x.data())];
  x.dispose();
  return data;
}

/** The middles of the cells of a grid over `[-half, half]^2`. */
function grid(half: number, step: number): Tensor2D {
  const side = Math.round((2 * half) / step);
  return tensor2d(
    Float32Array.from({ length: 2 * side * side }, (_, i) => {
      const cell = i >> 1;
      return step * ((i % 2 === 0 ? Math.floor(cell / side) : cell % side) + 0.5) - half;
    }),
    [side * side, 2],
  );
}

/** A density on a grid: `(f) => integral of f(x) p(x)` by the midpoint rule, exact to float32 for steps of the noise. */
async function integrator(density: ToyDensity): Promise<(f: (x: number, y: number) => number) => number> {
  const [half, step] = [7, 0.2];
  const points = grid(half, step);
  const xy = await points.data();
  const mass: number[] = [];
  for (let start = 0; start < points.shape[0]; start += 700) {
    const part = tidy(() => points.slice([start, 0], [700, 2]));
    mass.push(...(await read(density.logDensity(part))).map((log) => Math.exp(log) * step * step));
    part.dispose();
  }
  points.dispose();
  return (f) => mass.reduce((total, m, i) => total + m * f(xy[2 * i]!, xy[2 * i + 1]!), 0);
}

describe.each(cases)("%s()", (_, density) => {
  test("is normalised, and its sample has its moments", async () => {
    const count = 10_000;
    const { x, labels } = density.sample(key(1), count);
    const xy = await read(x);
    labels.dispose();
    const functions: ((x: number, y: number) => number)[] = [
      (a) => Math.cos(a),
      (_a, b) => Math.cos(b),
      (a, b) => Math.sin(a + 2 * b),
      (a, b) => Math.cos(3 * a - b),
    ];
    const integral = await integrator(density);
    expect(Math.abs(integral(() => 1) - 1)).toBeLessThan(1e-3);
    for (const f of functions) {
      const [expected, square] = [integral(f), integral((a, b) => f(a, b) ** 2)];
      const mean = xy.reduce((sum, a, i) => (i % 2 === 0 ? sum + f(a, xy[i + 1]!) : sum), 0) / count;
      // Five standard errors, and what the grid cannot see.
      const error = 5 * Math.sqrt(Math.max(0, square - expected ** 2) / count) + 1e-3;
      expect(Math.abs(mean - expected)).toBeLessThan(error);
    }
  });

  test("has a joint density that adds up to it and labels that follow it", async () => {
    const { x, labels } = density.sample(key(2), 2000);
    const joint = density.logJoint(x);
    expect(joint.shape).toEqual([2000, density.classes]);
    const total = await read(logSumExp(joint, 1));
    const logs = await read(density.logDensity(x));
    for (let i = 0; i < logs.length; i++) expect(Math.abs(total[i]! - logs[i]!)).toBeLessThan(1e-4);
    // E[1{label = k} - p(k | x)] = 0, with a variance of at most 1/4 a point.
    const posterior = await read(joint);
    const difference = new Float64Array(density.classes);
    (await read(labels)).forEach((label, i) => {
      difference[label]! += 1;
      for (let k = 0; k < density.classes; k++) {
        difference[k]! -= Math.exp(posterior[i * density.classes + k]! - logs[i]!);
      }
    });
    for (const d of difference) expect(Math.abs(d)).toBeLessThan(5 * Math.sqrt(2000) * 0.5);
    x.dispose();
  });

  test("draws the same for equal keys, another for others, and leaves two tensors", () =>
    leakFree(async () => {
      const draw = async (seed: number) => {
        const { x, labels } = density.sample(key(seed), 7);
        expect([x.shape, labels.shape, x.dtype, labels.dtype]).toEqual([[7, 2], [7], "float32", "int32"]);
        return [...(await read(x)), ...(await read(labels))];
      };
      expect(await draw(0)).toEqual(await draw(0));
      expect(await draw(0)).not.toEqual(await draw(1));
      const x = tensor2d([0.5, 0.5], [1, 2]);
      dispose([x, density.logDensity(x), density.logJoint(x)]);
    }));

  test("refuses points of another shape and no points", () => {
    const x = tensor2d([1, 2, 3], [1, 3]);
    for (const method of ["logDensity", "logJoint"] as const) {
      expect(() => density[method](x)).toThrow("x must be float32 [batch, 2] but found float32 [1, 3]");
    }
    expect(() => density.sample(key(0), 0)).toThrow("count must be an integer from 1");
    x.dispose();
  });
});

test.each(Object.entries(smooth))("%s() has the gradient of its log-density as its score", (_, density) =>
  leakFree(async () => {
    const { x, labels } = density.sample(key(3), 200);
    const expected = await read(grad((p: Tensor) => sum(density.logDensity(p as Tensor2D)))(x));
    const score = await read(density.score(x));
    dispose([x, labels]);
    for (let i = 0; i < score.length; i++) {
      expect(Math.abs(score[i]! - expected[i]!)).toBeLessThan(1e-3 * (1 + Math.abs(expected[i]!)));
    }
  }),
);

test("rings() has the closed form with a Bessel function", async () => {
  // exp(-z) I0(z) as the mean of exp(z (cos t - 1)), in float64.
  const scaledBessel = (z: number): number => {
    let total = 0;
    for (let i = 0; i < 4000; i++) total += Math.exp(z * (Math.cos((2 * Math.PI * (i + 0.5)) / 4000) - 1));
    return total / 4000;
  };
  const [radius, noise] = [2, 0.3];
  const density = rings({ radii: [radius], noise });
  const distances = [0, 0.5, 1.7, 2, 2.4];
  const x = tensor2d(
    distances.flatMap((r) => [r * Math.cos(1), r * Math.sin(1)]),
    [5, 2],
  );
  const logs = await read(density.logDensity(x));
  x.dispose();
  distances.forEach((r, i) => {
    const bessel = scaledBessel((r * radius) / noise ** 2);
    const expected = -((r - radius) ** 2) / (2 * noise ** 2) + Math.log(bessel / (2 * Math.PI * noise ** 2));
    expect(Math.abs(logs[i]! - expected)).toBeLessThan(2e-5 * (1 + Math.abs(expected)));
  });
});

test.each([
  ["moons", moons({ noise: 0.05 }), 0.05, (t: number) => [Math.cos(Math.PI * t), Math.sin(Math.PI * t), 1] as const],
  [
    "spirals",
    spirals({ noise: 0.05 }),
    0.05,
    (t: number) => [2 * t * Math.cos(3 * Math.PI * t), 2 * t * Math.sin(3 * Math.PI * t), 2 * t] as const,
  ],
])("%s() has the integral over its curve, by brute force", async (_, density, noise, curve) => {
  const places = [0.01, 0.3, 0.77, 1].map((t) => curve(t)).map(([a, b]) => [a + 0.04, b - 0.07] as const);
  const x = tensor2d(places.flat(), [4, 2]);
  const logs = await read(density.logJoint(x));
  x.dispose();
  places.forEach(([a, b], i) => {
    const steps = 200_000;
    let total = 0;
    for (let n = 0; n < steps; n++) {
      const [u, v, weight] = curve((n + 0.5) / steps);
      total += weight * Math.exp(-((a - u) ** 2 + (b - v) ** 2) / (2 * noise ** 2));
    }
    const expected = Math.log(total / steps / 2 / (2 * Math.PI * noise ** 2));
    expect(Math.abs(logs[2 * i]! - expected)).toBeLessThan(1e-4);
  });
});

test("checkerboard() never draws where it has no density", async () => {
  for (const options of [{}, { squares: 64, side: 1000 }, { squares: 2, side: 1e-3 }]) {
    const density = checkerboard(options);
    const { x, labels } = density.sample(key(0), 100_000);
    expect(Math.min(...new Set(await read(density.logDensity(x))))).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    dispose([x, labels]);
  }
});

test("funnel() in ten dimensions is a product of Gaussians", async () => {
  const x = tensor2d([1, ...Array(9).fill(2)], [1, 10]);
  const [log] = await read(funnel().logDensity(x));
  x.dispose();
  const gaussian = (value: number, variance: number): number =>
    -(value ** 2) / (2 * variance) - 0.5 * Math.log(2 * Math.PI * variance);
  expect(log).toBeCloseTo(gaussian(1, 9) + 9 * gaussian(2, Math.E), 4);
});

test("toy densities refuse what they cannot be", () => {
  const wrong: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => gaussianMixture({ means: [] }), TypeError, "means must be lists of one length but found []"],
    [() => gaussianMixture({ means: [[1], [1, 2]] }), TypeError, "but found [[1],[1,2]]"],
    [() => gaussianMixture({ means: [[Number.NaN]] }), RangeError, "means must be finite but found NaN"],
    [() => gaussianMixture({ means: [[1], [2]], scale: [1] }), TypeError, "scale must have 2 entries but found 1"],
    [
      () => gaussianMixture({ means: [[1]], scale: 0 }),
      RangeError,
      "scale must be a finite number greater than 0 but found 0",
    ],
    [
      () => gaussianMixture({ means: [[1]], weights: [-1] }),
      RangeError,
      "weights must be a finite number greater than 0 but found -1",
    ],
    [() => eightGaussians({ radius: -1 }), RangeError, "radius must be a finite number greater than 0 but found -1"],
    [() => moons({ noise: 0 }), RangeError, "noise must be from 0.01 to 10 but found 0"],
    [() => rings({ radii: [] }), TypeError, "radii must have at least 1 entry but found 0"],
    [() => rings({ radii: [1, 0] }), RangeError, "radii must be a finite number greater than 0 but found 0"],
    [() => rings({ noise: Number.NaN }), RangeError, "noise must be from 0.003 to 30 but found NaN"],
    [() => spirals({ arms: 0 }), RangeError, "arms must be an integer from 1 to 16 but found 0"],
    [() => spirals({ turns: 5 }), RangeError, "turns must be from 0 to 4 but found 5"],
    [() => checkerboard({ squares: 3 }), RangeError, "squares must be even but found 3"],
    [() => checkerboard({ side: 0 }), RangeError, "side must be a finite number greater than 0 but found 0"],
    [() => banana({ curvature: Number.NaN }), RangeError, "curvature must be finite but found NaN"],
    [() => banana({ noise: 0 }), RangeError, "noise must be a finite number greater than 0 but found 0"],
    [() => funnel({ dimensions: 1 }), RangeError, "dimensions must be an integer from 2"],
  ];
  for (const [call, type, message] of wrong) {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  }
});
