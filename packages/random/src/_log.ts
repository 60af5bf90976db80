const double = new Float64Array([1]);
const words = new Uint32Array(double.buffer);
/** The word with the exponent: the second one, but for machines that store the high byte first. */
const HIGH = words[1] === 0 ? 0 : 1;

/**
 * Natural logarithm of a positive normal double, from operations that IEEE 754 defines to the last bit
 * (`Math.log` may differ between engines). Relative error below 1e-13.
 *
 * `x = 2^e m` with `m` in `[sqrt(1/2), sqrt(2))`; `log m = 2 artanh(s)`, `s = (m - 1) / (m + 1)`, by its series.
 */
export function exactLog(x: number): number {
  double[0] = x;
  const high = words[HIGH]!;
  let exponent = (high >>> 20) - 1023;
  words[HIGH] = (high & 0xfffff) | 0x3ff00000;
  let m = double[0]!;
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent += 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  const series =
    1 +
    z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17))))))));
  return exponent * Math.LN2 + 2 * s * series;
}
