/** The standard normal density. */
export function normalDensity(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/**
 * The standard normal distribution function, to about 1e-15: a series of the integral near 0, a continued fraction of
 * the tail far from it.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return x;
  const z = Math.abs(x);
  if (z > 40) return x > 0 ? 1 : 0;
  let tail: number;
  if (z < 3.5) {
    let term = z;
    let sum = z;
    for (let k = 3; Math.abs(term) > 1e-17 * sum && k < 400; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    tail = 0.5 - normalDensity(z) * sum;
  } else {
    let fraction = 0;
    for (let k = 120; k > 0; k--) fraction = k / (z + fraction);
    tail = normalDensity(z) / (z + fraction);
  }
  return x > 0 ? 1 - tail : tail;
}

/** The inverse of {@linkcode normalCdf} on (0, 1), by bisection on its monotone values and Newton's last steps. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  let low = -40;
  let high = 0;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
