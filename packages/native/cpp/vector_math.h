// Elementary functions of vectors, to one or two units in the last place, with the limits of the C library: NaN goes
// through, infinities and zeros give what the function's limit is. Polynomials from the Cephes library (S. Moshier).
#pragma once
#include "simd.h"

namespace jem {
namespace JEM_ISA {
namespace {

JEM_INLINE IntVec bits_of(Vec x) {
  IntVec bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
JEM_INLINE Vec of_bits(IntVec bits) {
  Vec x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
JEM_INLINE Vec abs_of(Vec x) { return of_bits(bits_of(x) & 0x7fffffff); }
JEM_INLINE Vec with_sign_of(Vec magnitude, Vec sign) {
  return of_bits(bits_of(magnitude) | (bits_of(sign) & static_cast<int32_t>(0x80000000)));
}
JEM_INLINE Vec square_root(Vec x) {
  Vec y;
  for (int i = 0; i < kLanes; i++) y[i] = __builtin_sqrtf(x[i]);
  return y;
}

/** c[0] x^n + c[1] x^(n-1) + ... by Horner's rule. */
template <class Value, class Coefficient, int Count>
JEM_INLINE Value polynomial(const Coefficient (&c)[Count], Value x) {
  Value sum = Value{} + c[0];
  JEM_UNROLL for (int i = 1; i < Count; i++) sum = sum * x + c[i];
  return sum;
}

/** e^x = 2^n e^r with |r| <= log(2) / 2; 2^n in two steps, so that denormal results and overflow come out right. */
JEM_INLINE Vec exp_of(Vec x) {
  constexpr float kLowest = -104.f, kHighest = 89.f;  // 0 below, infinity above
  constexpr float kRound = 12582912.f;                // 1.5 * 2^23: adding it rounds to an integer
  Vec c = x < splat(kLowest) ? splat(kLowest) : x;
  c = c > splat(kHighest) ? splat(kHighest) : c;
  const Vec n = (c * 1.44269504088896341f + kRound) - kRound;
  const Vec r = c - n * 0.693359375f - n * -2.12194440e-4f;
  constexpr float kSeries[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                               4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  const Vec p = polynomial(kSeries, r);
  const Vec y = p * (r * r) + r + 1.f;
  const IntVec exponent = __builtin_convertvector(n, IntVec), half = exponent >> 1;
  return y * of_bits((half + 127) << 23) * of_bits((exponent - half + 127) << 23);
}

/** log(x) = log(m) + e log(2) with m in [sqrt(1/2), sqrt(2)). */
JEM_INLINE Vec log_of(Vec x) {
  constexpr float kSmallestNormal = 1.17549435e-38f;
  const auto denormal = x < splat(kSmallestNormal);
  const Vec scaled = denormal ? x * 8388608.f : x;
  const IntVec bits = bits_of(scaled);
  Vec e = __builtin_convertvector((bits >> 23) - 126, Vec);
  e -= denormal ? splat(23.f) : Vec{};
  Vec m = of_bits((bits & 0x7fffff) | 0x3f000000);
  const auto low = m < splat(0.707106781186547524f);
  e -= low ? splat(1.f) : Vec{};
  m = (low ? m + m : m) - 1.f;
  const Vec z = m * m;
  constexpr float kSeries[] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                               -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                               2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  const Vec p = polynomial(kSeries, m);
  Vec y = m * z * p + e * -2.12194440e-4f - 0.5f * z;
  y = m + y + e * 0.693359375f;
  y = x == splat(HUGE_VALF) ? x : y;
  y = x == Vec{} ? splat(-HUGE_VALF) : y;
  return x >= Vec{} ? y : splat(__builtin_nanf(""));
}

/** log(1 + x): the rounding of 1 + x is undone by x / ((1 + x) - 1). */
JEM_INLINE Vec log1p_of(Vec x) {
  const Vec u = 1.f + x, back = u - 1.f;
  const Vec y = log_of(u) * (x / back);
  const Vec limited = u == splat(HUGE_VALF) ? u : y;
  const Vec small = back == Vec{} ? x : limited;
  return u == Vec{} ? splat(-HUGE_VALF) : small;
}

/** e^x - 1, by its series near 0. */
JEM_INLINE Vec expm1_of(Vec x) {
  constexpr float kSeries[] = {1.f / 5040, 1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 0.5f};
  const Vec p = polynomial(kSeries, x);
  const Vec near = p * (x * x) + x, far = exp_of(x) - 1.f;
  return abs_of(x) < splat(0.35f) ? near : far;
}

JEM_INLINE Vec tanh_of(Vec x) {
  const Vec a = abs_of(x), z = x * x;
  constexpr float kSeries[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                               1.33314422036e-1f, -3.33332819422e-1f};
  const Vec p = polynomial(kSeries, z);
  const Vec near = p * z * x + x, far = 1.f - 2.f / (exp_of(a + a) + 1.f);
  return a < splat(0.625f) ? near : with_sign_of(far, x);
}

JEM_INLINE Vec sigmoid_of(Vec x) { return 1.f / (1.f + exp_of(-x)); }

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
JEM_INLINE Vec softplus_of(Vec x) { return (x < Vec{} ? Vec{} : x) + log1p_of(exp_of(-abs_of(x))); }

/** The error function, by the formula that TensorFlow.js uses (Abramowitz and Stegun 7.1.26, to 1.5e-7). */
JEM_INLINE Vec erf_of(Vec x) {
  const Vec a = abs_of(x), t = 1.f / (1.f + 0.3275911f * a);
  constexpr float kSeries[] = {1.061405429f, -1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f};
  const Vec p = polynomial(kSeries, t);
  return with_sign_of(1.f - p * t * exp_of(-a * a), x);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
