import { add, div, greater, log, log1p, mul, sub, type Tensor, where } from "@tensorflow/tfjs-core";

/** Where the asymptotic series are exact to float32; smaller numbers are shifted by as much. */
const FAR = 8;

/** `digamma(a + 1) - log a` for `a > 0`, about `1 / (2 a)`: without the cancellation of the two for large `a`. */
export function digammaExcess(a: Tensor): Tensor {
  // log x - digamma x.
  const series = (x: Tensor): Tensor => {
    const w = div(1, mul(x, x));
    return add(div(0.5, x), mul(w, add(1 / 12, mul(w, add(-1 / 120, div(w, 252))))));
  };
  let near = sub(log1p(div(FAR, a)), series(add(a, FAR)));
  for (let i = 1; i < FAR; i++) near = sub(near, div(1, add(a, i)));
  return where(greater(a, FAR), sub(div(1, a), series(a)), near);
}

/** `log Gamma(a)` less Stirling's `(a - 1/2) log a - a + log(2 pi) / 2` for `a > 0`, about `1 / (12 a)` (Binet's function). */
export function binet(a: Tensor): Tensor {
  const series = (x: Tensor): Tensor => {
    const w = div(1, mul(x, x));
    return div(add(1 / 12, mul(w, add(-1 / 360, div(w, 1260)))), x);
  };
  const shifted = add(a, FAR);
  let product = div(a, shifted);
  for (let i = 1; i < FAR; i++) product = mul(product, div(add(a, i), shifted));
  const growth = mul(sub(a, 0.5), log1p(div(FAR, a)));
  const near = sub(sub(add(series(shifted), growth), FAR), log(product));
  return where(greater(a, FAR), series(a), near);
}
