// The transforms of Winograd's convolutions: fewer products than taps, at the price of additions before and after.
// Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016.
//
// An algorithm is given in one dimension, and used in both. `kIn` inputs become `kPoints` values (`input`), which are
// multiplied with a filter of three taps in the same form (`filter`), and give `kOut` results (`output`). Its transposes
// give the gradient of the filter: results become points (`gradient`), and points taps (`filter_gradient`). All read
// with stride `s` and write with stride `q`.
#pragma once
#include "tiles.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** F(4, 3): 6 products for 4 results, in two dimensions a quarter of the products of the direct way. */
struct Dense {
  static constexpr int kIn = 6, kPoints = 6, kOut = 4, kStep = 4;
  static constexpr int kSecond[] = {-1, -1};

  JEM_INLINE void input(const Vec* d, int s, Vec* out, int q) {
    const Vec d0 = d[0], d1 = d[s], d2 = d[2 * s], d3 = d[3 * s], d4 = d[4 * s], d5 = d[5 * s];
    const Vec a = d4 - 4.f * d2, b = d3 - 4.f * d1, c = d4 - d2, e = 2.f * (d3 - d1);
    out[0] = 4.f * d0 + (d4 - 5.f * d2);
    out[q] = a + b;
    out[2 * q] = a - b;
    out[3 * q] = c + e;
    out[4 * q] = c - e;
    out[5 * q] = 4.f * d1 + (d5 - 5.f * d3);
  }
  JEM_INLINE void output(const Vec* m, int s, Vec* out, int q) {
    const Vec s1 = m[s] + m[2 * s], d1 = m[s] - m[2 * s], s2 = m[3 * s] + m[4 * s], d2 = m[3 * s] - m[4 * s];
    out[0] = m[0] + s1 + s2;
    out[q] = d1 + 2.f * d2;
    out[2 * q] = s1 + 4.f * s2;
    out[3 * q] = d1 + 8.f * d2 + m[5 * s];
  }
  JEM_INLINE void gradient(const Vec* y, int s, Vec* out, int q) {
    const Vec y0 = y[0], y1 = y[s], y2 = y[2 * s], y3 = y[3 * s];
    const Vec e = y0 + y2, f = y1 + y3, g = y0 + 4.f * y2, h = 2.f * y1 + 8.f * y3;
    out[0] = y0;
    out[q] = e + f;
    out[2 * q] = e - f;
    out[3 * q] = g + h;
    out[4 * q] = g - h;
    out[5 * q] = y3;
  }
  JEM_INLINE void filter(const Vec* g, int s, Vec* out, int q) {
    const Vec a = (g[0] + g[2 * s]) * (-1.f / 6), b = g[s] * (1.f / 6);
    const Vec c = g[0] * (1.f / 24) + g[2 * s] * (1.f / 6), e = g[s] * (1.f / 12);
    out[0] = g[0] * 0.25f;
    out[q] = a - b;
    out[2 * q] = a + b;
    out[3 * q] = c + e;
    out[4 * q] = c - e;
    out[5 * q] = g[2 * s];
  }
  JEM_INLINE void filter_gradient(const Vec* u, int s, Vec* out, int q) {
    const Vec a = u[s] + u[2 * s], b = u[2 * s] - u[s], c = u[3 * s] + u[4 * s], e = u[3 * s] - u[4 * s];
    out[0] = u[0] * 0.25f - a * (1.f / 6) + c * (1.f / 24);
    out[q] = b * (1.f / 6) + e * (1.f / 12);
    out[2 * q] = (c - a) * (1.f / 6) + u[5 * s];
  }
};

/**
 * Stride 2, split by parity: the first and last tap meet the even inputs, F(2, 2) with 3 products; the middle tap meets
 * the odd ones, 2 products. 25 products for 4 results of 9 taps, and no factor but 1: as exact as the direct way.
 */
struct Strided {
  static constexpr int kIn = 5, kPoints = 5, kOut = 2, kStep = 4;
  /** The points that the second result alone needs. */
  static constexpr int kSecond[] = {2, 4};

  JEM_INLINE void input(const Vec* d, int s, Vec* out, int q) {
    const Vec d2 = d[2 * s];
    out[0] = d[0] - d2;
    out[q] = d2;
    out[2 * q] = d[4 * s] - d2;
    out[3 * q] = d[s];
    out[4 * q] = d[3 * s];
  }
  JEM_INLINE void output(const Vec* m, int s, Vec* out, int q) {
    out[0] = m[0] + m[s] + m[3 * s];
    out[q] = m[s] + m[2 * s] + m[4 * s];
  }
  JEM_INLINE void gradient(const Vec* y, int s, Vec* out, int q) {
    const Vec y0 = y[0], y1 = y[s];
    out[0] = y0;
    out[q] = y0 + y1;
    out[2 * q] = y1;
    out[3 * q] = y0;
    out[4 * q] = y1;
  }
  JEM_INLINE void filter(const Vec* g, int s, Vec* out, int q) {
    const Vec g0 = g[0], g1 = g[s], g2 = g[2 * s];
    out[0] = g0;
    out[q] = g0 + g2;
    out[2 * q] = g2;
    out[3 * q] = g1;
    out[4 * q] = g1;
  }
  JEM_INLINE void filter_gradient(const Vec* u, int s, Vec* out, int q) {
    out[0] = u[0] + u[s];
    out[q] = u[3 * s] + u[4 * s];
    out[2 * q] = u[s] + u[2 * s];
  }
};

/**
 * The input gradient at stride 2: of 4 pixels, two meet the outer taps and two the middle one. With an even padding the
 * first pixel is of the former kind, with an odd one of the latter (`Odd`).
 */
template <bool Odd>
struct StridedInputGradient {
  static constexpr int kIn = 3, kPoints = 5, kOut = 4, kStep = 2;
  static constexpr int kSecond[] = {-1, -1};
  static constexpr int kShift = Odd ? 1 : 0;

  JEM_INLINE void input(const Vec* d, int s, Vec* out, int q) {
    const Vec d1 = d[s];
    out[0] = d[0] - d1;
    out[q] = d1;
    out[2 * q] = d[2 * s] - d1;
    out[3 * q] = d[(1 - kShift) * s];
    out[4 * q] = d[(2 - kShift) * s];
  }
  JEM_INLINE void output(const Vec* m, int s, Vec* out, int q) {
    out[kShift * q] = m[0] + m[s];
    out[(2 + kShift) * q] = m[s] + m[2 * s];
    out[(1 - kShift) * q] = m[3 * s];
    out[(3 - kShift) * q] = m[4 * s];
  }
  JEM_INLINE void filter(const Vec* g, int s, Vec* out, int q) {
    const Vec g0 = g[0], g1 = g[s], g2 = g[2 * s];
    out[0] = g2;
    out[q] = g0 + g2;
    out[2 * q] = g0;
    out[3 * q] = g1;
    out[4 * q] = g1;
  }
};

template <class Algorithm>
constexpr int positions() {
  return Algorithm::kPoints * Algorithm::kPoints;
}

/**
 * Applies a one-dimensional transform, `In` values to `Out`, along both axes of a patch: from the pixels at `pixels` to
 * `to[position * position_stride + channel]`, which has room for whole vectors.
 */
template <int In, int Out, class Transform>
JEM_INLINE void transform_patch(const float* const* pixels, int channels, float* to, size_t position_stride,
                                const Transform& transform) {
  for (int c = 0; c < channels; c += kLanes) {
    const int lanes = channels - c;
    Vec half[Out * In];
    JEM_UNROLL for (int j = 0; j < In; j++) {
      Vec column[In];
      JEM_UNROLL for (int i = 0; i < In; i++) column[i] = load_part(pixels[i * In + j] + c, lanes);
      transform(column, 1, half + j, In);
    }
    JEM_UNROLL for (int i = 0; i < Out; i++) {
      Vec row[Out];
      transform(half + i * In, 1, row, 1);
      JEM_UNROLL for (int j = 0; j < Out; j++) store(to + (i * Out + j) * position_stride + c, row[j]);
    }
  }
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
