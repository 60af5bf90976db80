/** The standard normal quantile of `p`, accurate to about 1e-10 between 1e-6 and 1 - 1e-6. */
export function normalQuantile(p: number): number {
  if (p < 0.5) return -normalQuantile(1 - p);
  if (p === 1) return Number.POSITIVE_INFINITY;
  let [low, high] = [0, 9];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (0.5 + halfMass(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The normal probability between 0 and `z`: the density times `z + z^3/3 + z^5/15 + ...`, of which no term is negative. */
function halfMass(z: number): number {
  let [term, total] = [z, 0];
  for (let odd = 3; term > 1e-17 * total; odd += 2) {
    total += term;
    term *= (z * z) / odd;
  }
  return (total * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}
