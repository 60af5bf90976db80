// The transforms of Winograd's convolution F(4x4, 3x3): 36 products for 16 results of 9 taps each, a quarter of the
// multiplications. Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016.
#pragma once
#include "tiles.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** Results of a tile along one axis, and the inputs they need. */
constexpr int kOut = 4, kIn = kOut + 2, kPositions = kIn * kIn;

// One-dimensional transforms, read with stride `s` and written with stride `q`.

/** B^T d: 6 inputs to 6. */
JEM_INLINE void input_transform(const Vec* d, int s, Vec* out, int q) {
  const Vec d0 = d[0], d1 = d[s], d2 = d[2 * s], d3 = d[3 * s], d4 = d[4 * s], d5 = d[5 * s];
  const Vec a = d4 - 4.f * d2, b = d3 - 4.f * d1, c = d4 - d2, e = 2.f * (d3 - d1);
  out[0] = 4.f * d0 + (d4 - 5.f * d2);
  out[q] = a + b;
  out[2 * q] = a - b;
  out[3 * q] = c + e;
  out[4 * q] = c - e;
  out[5 * q] = 4.f * d1 + (d5 - 5.f * d3);
}

/** A^T m: 6 products to 4 results. */
JEM_INLINE void output_transform(const Vec* m, int s, Vec* out, int q) {
  const Vec s1 = m[s] + m[2 * s], d1 = m[s] - m[2 * s], s2 = m[3 * s] + m[4 * s], d2 = m[3 * s] - m[4 * s];
  out[0] = m[0] + s1 + s2;
  out[q] = d1 + 2.f * d2;
  out[2 * q] = s1 + 4.f * s2;
  out[3 * q] = d1 + 8.f * d2 + m[5 * s];
}

/** A y: the transpose of `output_transform`, for gradients. */
JEM_INLINE void gradient_transform(const Vec* y, int s, Vec* out, int q) {
  const Vec y0 = y[0], y1 = y[s], y2 = y[2 * s], y3 = y[3 * s];
  const Vec e = y0 + y2, f = y1 + y3, g = y0 + 4.f * y2, h = 2.f * y1 + 8.f * y3;
  out[0] = y0;
  out[q] = e + f;
  out[2 * q] = e - f;
  out[3 * q] = g + h;
  out[4 * q] = g - h;
  out[5 * q] = y3;
}

/** G g: 3 taps to 6. */
JEM_INLINE void filter_transform(const Vec* g, int s, Vec* out, int q) {
  const Vec a = (g[0] + g[2 * s]) * (-1.f / 6), b = g[s] * (1.f / 6);
  const Vec c = g[0] * (1.f / 24) + g[2 * s] * (1.f / 6), e = g[s] * (1.f / 12);
  out[0] = g[0] * 0.25f;
  out[q] = a - b;
  out[2 * q] = a + b;
  out[3 * q] = c + e;
  out[4 * q] = c - e;
  out[5 * q] = g[2 * s];
}

/** G^T u: the transpose of `filter_transform`, for the gradient of the filter. */
JEM_INLINE void filter_gradient_transform(const Vec* u, int s, Vec* out, int q) {
  const Vec a = u[s] + u[2 * s], b = u[2 * s] - u[s], c = u[3 * s] + u[4 * s], e = u[3 * s] - u[4 * s];
  out[0] = u[0] * 0.25f - a * (1.f / 6) + c * (1.f / 24);
  out[q] = b * (1.f / 6) + e * (1.f / 12);
  out[2 * q] = (c - a) * (1.f / 6) + u[5 * s];
}

/**
 * Transforms a `Size` x `Size` patch in two dimensions, from the pixels at `pixels`: position p of channel c goes to
 * `to[p * position_stride + c]`. `to` has room for whole vectors.
 */
template <int Size, class Transform>
JEM_INLINE void transform_patch(const float* const* pixels, int channels, float* to, size_t position_stride,
                                const Transform& transform) {
  for (int c = 0; c < channels; c += kLanes) {
    const int lanes = channels - c;
    Vec half[kIn * Size];
    JEM_UNROLL for (int j = 0; j < Size; j++) {
      Vec column[Size];
      JEM_UNROLL for (int i = 0; i < Size; i++) column[i] = load_part(pixels[i * Size + j] + c, lanes);
      transform(column, 1, half + j, Size);
    }
    JEM_UNROLL for (int i = 0; i < kIn; i++) {
      Vec row[kIn];
      transform(half + i * Size, 1, row, 1);
      JEM_UNROLL for (int j = 0; j < kIn; j++) store(to + (i * kIn + j) * position_stride + c, row[j]);
    }
  }
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
