import { foldIn, randintValues, uniformValues } from "@jem-js/random";
import { isotropicMixture } from "./_isotropic_mixture.ts";
import type { SmoothToyDensity } from "./toy_density.ts";

/** A point of the plane. */
type Point = readonly [number, number];

/** Curves in the plane, each a class, with isotropic Gaussian noise about them. */
export interface CurveMixture {
  /** The place on each curve at `t` in `[0, 1]`. */
  readonly curves: readonly ((t: number) => Point)[];
  /** `t` as a function of a number that is uniform on `[0, 1]`, and its derivative's inverse: the density of `t`. */
  readonly spread?: { readonly t: (u: number) => number; readonly density: (t: number) => number };
  /** Nodes and weights for the integral over `t`. */
  readonly quadrature: readonly (readonly [t: number, weight: number])[];
  /** The standard deviation of the noise. */
  readonly noise: number;
}

/** The density of noisy curves: the integral along each of them, by quadrature, is a mixture of Gaussians. */
export function curveMixture({ curves, spread, quadrature, noise }: CurveMixture): SmoothToyDensity {
  const { t, density } = spread ?? { t: (u: number) => u, density: () => 1 };
  const classes = curves.length;
  return isotropicMixture({
    dimensions: 2,
    classes,
    centres: curves.flatMap((curve) => quadrature.flatMap(([node]) => curve(node))),
    weights: curves.flatMap(() => quadrature.map(([node, weight]) => (weight * density(node)) / classes)),
    scales: Array(classes * quadrature.length).fill(noise),
    draw(key, count) {
      const labels = randintValues(foldIn(key, 0), count, { max: classes });
      const uniform = uniformValues(foldIn(key, 1), count);
      const places = new Float64Array(2 * count);
      for (let i = 0; i < count; i++) places.set(curves[labels[i]!]!(t(uniform[i]!)), 2 * i);
      return { places, labels, scales: new Float64Array(count).fill(noise) };
    },
  });
}

/** Equal steps around a closed curve: exact to float64 once they are no longer than the noise. */
export function closedQuadrature(length: number, noise: number): [number, number][] {
  const count = 8 + Math.ceil((1.5 * length) / noise);
  return Array.from({ length: count }, (_, i) => [i / count, 1 / count]);
}

/**
 * Gauss–Legendre nodes and weights on `[0, 1]` for a curve of at most `length`. A Gaussian of width `noise` needs
 * `1.5 length / noise` of them for eight digits.
 */
export function openQuadrature(length: number, noise: number): [number, number][] {
  const count = 16 + Math.ceil((2 * length) / noise);
  return Array.from({ length: count }, (_, i) => {
    // Newton's method from Tricomi's estimate of the root of the Legendre polynomial.
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 8; step++) {
      let [before, value] = [1, x];
      for (let n = 2; n <= count; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
      slope = (count * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    return [(1 - x) / 2, 1 / ((1 - x * x) * slope * slope)];
  });
}
