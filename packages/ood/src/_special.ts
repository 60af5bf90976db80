/** `log Gamma(x)` for `x > 0`: Stirling's series after a shift to where it is exact to double precision. */
export function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  // Products rather than logarithms: their rounding errors would add up.
  for (let product = 1; ; z += 1) {
    if (z >= 12) {
      shift += Math.log(product);
      break;
    }
    product *= z;
  }
  const w = 1 / (z * z);
  const series = 1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - (w * 691) / 360360))));
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series / z - shift;
}

/** The derivative of {@linkcode logGamma}. */
export function digamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z += 1) shift += 1 / z;
  const w = 1 / (z * z);
  const series = w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - (w * 691) / 32760)))));
  return Math.log(z) - 1 / (2 * z) - series - shift;
}
