import { add, div, less, log, mul, scalar, sub, type Tensor, where } from "@tensorflow/tfjs-core";

// log Gamma and psi have zeros, at 1 and 2 and at 1.4616, near which a sum of large terms has no digits left. Below FAR they are
// therefore their zeros times a function without any, which is a polynomial in u = (x - ROOT) / (x + ROOT): Chebyshev fits in
// 40 digits, with errors below 4e-8. From FAR on Stirling's series has them exact to float32.

/** Where the series take over. */
const FAR = 8;
const ROOT = Math.sqrt(FAR);

/** `log Gamma(x) / ((x - 1)(x - 2))` on [1, 8]. */
const LOG_GAMMA = [
  0.35700986916479277, -0.3580445217027273, 0.12315348005022955, -0.1259252373585426, 0.0792837830418667,
  -0.07988278662271515, 0.060981914466800465, -0.06090251829359195, 0.03748370165923258, -0.03730586680884221,
  0.07664521218009898, -0.07602305221992281,
];

/** `psi(x) / (x - x0)` on [1, 8], where `psi(x0) = 0`. */
const DIGAMMA = [
  0.6238321921012093, -0.8301674072257627, 0.5370451709609165, -0.5379984678134897, 0.49163773436659586,
  -0.4962920479592337, 0.4811601071303209, -0.5185792304128215, 0.5115882494879427, -0.284632486382724,
  0.2813392641598886, -1.0946637048231025, 1.089982405564435,
];

/** `x (psi(x + 1) - log x)` on [1, 8]. */
const NEXT_DIGAMMA_EXCESS = [
  0.4708859357338957, 0.056903305816712234, -0.05317700283451081, 0.04772936169486179, -0.04160398993517941,
  0.03517478055080408, -0.026844964970248967, 0.02207313078003713, -0.030114708324094228, 0.025079837356444472,
];

/** `x0` in two parts, the second of which is what float32 cannot hold of it: `x0 = 1 + (0.46163213... + 1.24e-8)`. */
const ZERO_LESS_ONE = Math.fround(0.46163214496836236);
const ZERO_REST = 0.46163214496836236 - ZERO_LESS_ONE;

/** `c[0] + c[1] x + c[2] x^2 + ...`. */
function polynomial(x: Tensor, coefficients: readonly number[]): Tensor {
  const [last, ...others] = [...coefficients].reverse();
  return others.reduce<Tensor>((sum, coefficient) => add(mul(sum, x), coefficient), scalar(last!));
}

/** Where in the fits `x` is, or `x + 1` when that is below 1, with what tells which. */
function place(x: Tensor): { isSmall: Tensor; u: Tensor } {
  const isSmall = less(x, 1);
  const y = where(isSmall, add(x, 1), x);
  return { isSmall, u: div(sub(y, ROOT), add(y, ROOT)) };
}

/** `log Gamma(x)` below FAR. */
function nearLogGamma(x: Tensor): Tensor {
  const { isSmall, u } = place(x);
  // (y - 1)(y - 2) of y = x + 1 is x (x - 1): the sum, which is rounded, does not enter.
  const zeros = mul(sub(x, 1), where(isSmall, x, sub(x, 2)));
  return sub(mul(zeros, polynomial(u, LOG_GAMMA)), log(where(isSmall, x, scalar(1))));
}

/** `psi(x)`, or `psi(x + 1)` where `x` is small, below FAR. */
function nearDigamma(x: Tensor, { isSmall, u }: { isSmall: Tensor; u: Tensor }): Tensor {
  const ahead = sub(sub(where(isSmall, x, sub(x, 1)), ZERO_LESS_ONE), ZERO_REST);
  return mul(ahead, polynomial(u, DIGAMMA));
}

/** `log Gamma(x) - x (log x - 1)` from FAR on. */
function farLogGamma(x: Tensor): Tensor {
  const series = div(add(div(add(div(1 / 1260, mul(x, x)), -1 / 360), mul(x, x)), 1 / 12), x);
  return add(sub(Math.log(2 * Math.PI) / 2, mul(log(x), 0.5)), series);
}

/** `psi(x) - log x` from FAR on. */
function farDigamma(x: Tensor): Tensor {
  const w = div(div(1, x), x);
  return sub(mul(w, polynomial(w, [-1 / 12, 1 / 120, -1 / 252])), div(0.5, x));
}

function join(x: Tensor, near: Tensor, far: Tensor): Tensor {
  return where(less(x, FAR), near, far);
}

/** `log Gamma(x)` for `x > 0`, to 1e-6 of its value. */
export function logGammaValue(x: Tensor): Tensor {
  return join(x, nearLogGamma(x), add(mul(x, sub(log(x), 1)), farLogGamma(x)));
}

/** `log Gamma(x) - x (log x - 1)`, about `log(2 pi / x) / 2`: what does not grow with `x` like it. */
export function logGammaExcess(x: Tensor): Tensor {
  return join(x, sub(nearLogGamma(x), mul(x, sub(log(x), 1))), farLogGamma(x));
}

/** `psi(x)` for `x > 0`, to 1e-6 of its value. */
export function digammaValue(x: Tensor): Tensor {
  const at = place(x);
  const near = nearDigamma(x, at);
  return join(x, where(at.isSmall, sub(near, div(1, x)), near), add(log(x), farDigamma(x)));
}

/** `psi(x + 1) - log x`, about `1 / (2 x)`: without the cancellation of its parts for large `x`. */
export function nextDigammaExcess(x: Tensor): Tensor {
  const at = place(x);
  const near = div(polynomial(at.u, NEXT_DIGAMMA_EXCESS), x);
  return join(x, where(at.isSmall, sub(nearDigamma(x, at), log(x)), near), add(farDigamma(x), div(1, x)));
}

/** `psi(x) - log x`, about `-1 / (2 x)`. */
export function digammaExcess(x: Tensor): Tensor {
  return sub(nextDigammaExcess(x), div(1, x));
}

const SHIFT = 6;
/** `B_2k / (2k)!` for `k` from 1. */
const BERNOULLI = [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000];

/** `|psi_n(x)|`, the `n`-th derivative of `psi`, for `n` of at least 1 and `x > 0`. All of its terms have one sign. */
export function polygammaMagnitude(n: number, x: Tensor): Tensor {
  const y = add(x, SHIFT);
  const w = div(div(1, y), y);
  // (n-1)! / y^n + n! / (2 y^(n+1)) + sum_k B_2k (2k + n - 1)! / ((2k)! y^(2k+n)).
  const series = BERNOULLI.map((b, k) => b * factorial(2 * (k + 1) + n - 1));
  const bracket = add(add(mul(w, polynomial(w, series)), div(factorial(n) / 2, y)), factorial(n - 1));
  let sum = mul(bracket, inversePower(y, n));
  for (let j = 0; j < SHIFT; j++) sum = add(sum, mul(inversePower(j === 0 ? x : add(x, j), n + 1), factorial(n)));
  return sum;
}

function inversePower(x: Tensor, n: number): Tensor {
  const inverse = div(1, x);
  let power = inverse;
  for (let i = 1; i < n; i++) power = mul(power, inverse);
  return power;
}

function factorial(n: number): number {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return product;
}
