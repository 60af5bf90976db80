// Squared distances in float64 of rows to centres, after a triangular matrix was solved for: lanes are rows.
#pragma once
#include "simd.h"

namespace jem {
namespace JEM_ISA {
namespace {

constexpr int kDistanceLanes = kLanesOf<double>;
/** Vectors of rows that go together, and rows: with as many centres as below, enough sums that none waits for its last addition. */
constexpr int kDistanceVectors = 2, kDistanceRows = kDistanceVectors * kDistanceLanes;
constexpr int kCentresAtOnce = 4;

/** Rows `i` to `i + Count - 1` of `l^-1 x`, in their place; those before them are there. */
template <int Count>
JEM_INLINE void solve_rows(const double* l, int width, int i, double* x) {
  DoubleVec sums[Count][kDistanceVectors];
  l += static_cast<size_t>(i) * width;
  double* own = x + static_cast<size_t>(i) * kDistanceRows;
  JEM_UNROLL for (int r = 0; r < Count; r++) {
    JEM_UNROLL for (int v = 0; v < kDistanceVectors; v++) sums[r][v] = load(own + r * kDistanceRows + v * kDistanceLanes);
  }
  for (int k = 0; k < i; k++, x += kDistanceRows) {
    DoubleVec values[kDistanceVectors];
    JEM_UNROLL for (int v = 0; v < kDistanceVectors; v++) values[v] = load(x + v * kDistanceLanes);
    JEM_UNROLL for (int r = 0; r < Count; r++) {
      const DoubleVec entry = splat(l[static_cast<size_t>(r) * width + k]);
      JEM_UNROLL for (int v = 0; v < kDistanceVectors; v++) sums[r][v] -= entry * values[v];
    }
  }
  JEM_UNROLL for (int r = 0; r < Count; r++) {
    const double* entries = l + static_cast<size_t>(r) * width + i;
    JEM_UNROLL for (int v = 0; v < kDistanceVectors; v++) {
      JEM_UNROLL for (int q = 0; q < r; q++) sums[r][v] -= splat(entries[q]) * sums[q][v];
      sums[r][v] /= splat(entries[r]);
      store(own + r * kDistanceRows + v * kDistanceLanes, sums[r][v]);
    }
  }
}

/** The squared distances of `rows` rows to `Count` centres, written to `y` with a row of it for each row. */
template <int Count>
JEM_INLINE void distances_to(const double* x, int width, const double* centres, int rows, size_t y_stride, double* y) {
  DoubleVec sums[Count][kDistanceVectors] = {};
  for (int k = 0; k < width; k++, x += kDistanceRows) {
    JEM_UNROLL for (int c = 0; c < Count; c++) {
      const DoubleVec centre = splat(centres[static_cast<size_t>(c) * width + k]);
      JEM_UNROLL for (int v = 0; v < kDistanceVectors; v++) {
        const DoubleVec difference = load(x + v * kDistanceLanes) - centre;
        sums[c][v] += difference * difference;
      }
    }
  }
  double found[Count][kDistanceRows];
  JEM_UNROLL for (int c = 0; c < Count; c++) {
    JEM_UNROLL for (int v = 0; v < kDistanceVectors; v++) store(found[c] + v * kDistanceLanes, sums[c][v]);
  }
  for (int r = 0; r < rows; r++) {
    for (int c = 0; c < Count; c++) y[r * y_stride + c] = found[c][r];
  }
}

/**
 * `y[i][j] = || l^-1 x_i - c_j ||^2` of rows `x[rows][width]` and `c[count][width]`, with `l[width][width]` lower triangular, or without
 * it where it is null.
 */
static void squared_distances(Context& context, int rows, int width, int count, const double* x, const double* l,
                              const double* c, double* y) {
  parallel(context, ceil_div(rows, kDistanceRows), [&](int item, int thread) {
    const size_t size = static_cast<size_t>(width) * kDistanceRows;
    double* block = reinterpret_cast<double*>(context.scratch(thread, Slot::kSource, 2 * size));
    const int first = item * kDistanceRows, some = min_of(kDistanceRows, rows - first);
    for (int r = 0; r < kDistanceRows; r++) {
      // Rows that there are not are the last one again: numbers whose sums cost no more than those of others.
      const double* from = x + static_cast<size_t>(first + min_of(r, some - 1)) * width;
      for (int k = 0; k < width; k++) block[static_cast<size_t>(k) * kDistanceRows + r] = from[k];
    }
    if (l != nullptr) {
      int i = 0;
      for (; i + kCentresAtOnce <= width; i += kCentresAtOnce) solve_rows<kCentresAtOnce>(l, width, i, block);
      for (; i < width; i++) solve_rows<1>(l, width, i, block);
    }
    double* to = y + static_cast<size_t>(first) * count;
    int j = 0;
    for (; j + kCentresAtOnce <= count; j += kCentresAtOnce) {
      distances_to<kCentresAtOnce>(block, width, c + static_cast<size_t>(j) * width, some, count, to + j);
    }
    for (; j < count; j++) distances_to<1>(block, width, c + static_cast<size_t>(j) * width, some, count, to + j);
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
