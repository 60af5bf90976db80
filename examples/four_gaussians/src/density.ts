import { type Key, normalValues, randintValues, split, uniformValues } from "@jem-js/random";

/** Four Gaussians of equal weight on a circle, one a class. */
export const CENTRES: readonly (readonly [number, number])[] = [
  [1.2, 0],
  [0, 1.2],
  [-1.2, 0],
  [0, -1.2],
];

/** Their standard deviation. */
export const DEVIATION = 0.3;

/** Points in the plane, row-major `[size, 2]`. */
export interface Points {
  readonly values: Float32Array;
  readonly size: number;
}

/** Points and the Gaussian that each was drawn from. */
export interface LabeledPoints extends Points {
  readonly labels: Int32Array;
}

/** `log p(x, y)` of each point and class, row-major `[size, 4]`: the logits of a perfect JEM. */
export function exactLogits({ values, size }: Points): Float64Array {
  const logits = new Float64Array(size * CENTRES.length);
  const constant = -Math.log(2 * Math.PI * DEVIATION ** 2 * CENTRES.length);
  for (let i = 0; i < size; i++) {
    CENTRES.forEach(([u, v], y) => {
      const squared = (values[2 * i]! - u) ** 2 + (values[2 * i + 1]! - v) ** 2;
      logits[i * CENTRES.length + y] = constant - squared / (2 * DEVIATION ** 2);
    });
  }
  return logits;
}

/** The logsumexp of each row of logits `[size, 4]`: `log p(x)` but for a constant, of exact ones without. */
export function logDensities(logits: ArrayLike<number>): Float64Array {
  const classes = CENTRES.length;
  return Float64Array.from({ length: logits.length / classes }, (_, i) => {
    let most = Number.NEGATIVE_INFINITY;
    for (let y = 0; y < classes; y++) most = Math.max(most, logits[i * classes + y]!);
    let sum = 0;
    for (let y = 0; y < classes; y++) sum += Math.exp(logits[i * classes + y]! - most);
    return most + Math.log(sum);
  });
}

/** Draws from the four Gaussians. */
export function drawPoints(key: Key, size: number): LabeledPoints {
  const [labelKey, pointKey] = split(key) as [Key, Key];
  const labels = randintValues(labelKey, size, { max: CENTRES.length });
  const values = normalValues(pointKey, 2 * size).map((z, i) => CENTRES[labels[i >> 1]!]![i % 2]! + DEVIATION * z);
  return { values, labels, size };
}

/** Out-of-distribution points: uniform on [-3, 3]^2 where `log p(x) < -6`. About two thirds of `size`. */
export function drawOutliers(key: Key, size: number): Points {
  const values = uniformValues(key, 2 * size, { min: -3, max: 3 });
  const logDensity = logDensities(exactLogits({ values, size }));
  const kept = values.filter((_, i) => logDensity[i >> 1]! < -6);
  return { values: kept, size: kept.length / 2 };
}
