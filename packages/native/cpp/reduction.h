// Reductions, softmax and batch normalisation.
#pragma once
#include "vector_math.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** The sum of a row: in vectors over blocks, the blocks in float64, so that the error does not grow with the length. */
static double sum_row(const float* x, size_t n) {
  constexpr size_t kBlock = 4096;
  double total = 0;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t end = min_of(n, begin + kBlock);
    Vec even = Vec{}, odd = Vec{};
    size_t i = begin;
    for (; i + 2 * kLanes <= end; i += 2 * kLanes) even += load(x + i), odd += load(x + i + kLanes);
    even += odd;
    double sum = 0;
    for (int lane = 0; lane < kLanes; lane++) sum += even[lane];
    for (; i < end; i++) sum += x[i];
    total += sum;
  }
  return total;
}

/** The larger (or smaller) of two; NaN wins. */
template <bool Largest>
JEM_INLINE float better_of(float a, float b) {
  const bool better = Largest ? b > a : b < a;
  return better || b != b ? b : a;
}
template <bool Largest>
static float extreme_of_row(const float* x, size_t n) {
  float best = x[0];
  size_t i = 1;
  if (n >= kLanes) {
    Vec each = load(x);
    for (i = kLanes; i + kLanes <= n; i += kLanes) {
      const Vec next = load(x + i);
      // NaN wins: it differs from itself.
      each = (Largest ? next > each : next < each) | (next != next) ? next : each;
    }
    best = each[0];
    for (int lane = 1; lane < kLanes; lane++) best = better_of<Largest>(best, each[lane]);
  }
  for (; i < n; i++) best = better_of<Largest>(best, x[i]);
  return best;
}

/** Reduces one row, or `middle` rows of `inner` elements each. */
template <Reduction Op>
static void reduce_rows(const float* x, int middle, int inner, float* y) {
  if (inner == 1) {
    if constexpr (Op == Reduction::kSum) *y = static_cast<float>(sum_row(x, middle));
    else *y = extreme_of_row<Op == Reduction::kMax>(x, middle);
    return;
  }
  constexpr int kRows = 64;  // sums of this many rows stay in float32
  constexpr int kColumns = 512;
  for (int first = 0; first < inner; first += kColumns) {
    const int columns = min_of(kColumns, inner - first);
    const float* from = x + first;
    if constexpr (Op == Reduction::kSum) {
      double total[kColumns] = {};
      for (int row = 0; row < middle; row += kRows) {
        float sum[kColumns] = {};
        for (int r = row; r < min_of(middle, row + kRows); r++) {
          const float* p = from + static_cast<size_t>(r) * inner;
          for (int i = 0; i < columns; i++) sum[i] += p[i];
        }
        for (int i = 0; i < columns; i++) total[i] += sum[i];
      }
      for (int i = 0; i < columns; i++) y[first + i] = static_cast<float>(total[i]);
    } else {
      copy(y + first, from, columns);
      for (int r = 1; r < middle; r++) {
        const float* p = from + static_cast<size_t>(r) * inner;
        for (int i = 0; i < columns; i++) y[first + i] = better_of<Op == Reduction::kMax>(y[first + i], p[i]);
      }
    }
  }
}

template <Reduction Op>
static void reduce_as(Context& context, int outer, int middle, int inner, const float* x, float* y) {
  const size_t each = static_cast<size_t>(middle) * inner;
  const int threads = context.threads();
  if (each * outer <= kSerialElements) {
    for (int o = 0; o < outer; o++) reduce_rows<Op>(x + o * each, middle, inner, y + static_cast<size_t>(o) * inner);
    return;
  }
  if (outer >= 2 * threads) {
    const int block = max_of(1, outer / (8 * threads));
    parallel(context, ceil_div(outer, block), [&](int item, int) {
      for (int o = item * block; o < min_of(outer, (item + 1) * block); o++) {
        reduce_rows<Op>(x + o * each, middle, inner, y + static_cast<size_t>(o) * inner);
      }
    });
    return;
  }
  // Few results: the threads share the rows of each, and their parts are reduced again.
  const int block = max_of(1, min_of(ceil_div(middle, 4 * threads), max_of(1, 65536 / inner)));
  const int parts = ceil_div(middle, block);
  float* partial = context.shared(Slot::kPartialSums, static_cast<size_t>(parts) * inner);
  for (int o = 0; o < outer; o++) {
    const float* from = x + o * each;
    parallel(context, parts, [&](int part, int) {
      const int first = part * block;
      reduce_rows<Op>(from + static_cast<size_t>(first) * inner, min_of(block, middle - first), inner,
                      partial + static_cast<size_t>(part) * inner);
    });
    reduce_rows<Op>(partial, parts, inner, y + static_cast<size_t>(o) * inner);
  }
}

static void reduce(Context& context, Reduction op, int outer, int middle, int inner, const float* x, float* y,
                   float scale) {
  if (op == Reduction::kSum) reduce_as<Reduction::kSum>(context, outer, middle, inner, x, y);
  if (op == Reduction::kMax) reduce_as<Reduction::kMax>(context, outer, middle, inner, x, y);
  if (op == Reduction::kMin) reduce_as<Reduction::kMin>(context, outer, middle, inner, x, y);
  if (scale == 1.f) return;
  const size_t n = static_cast<size_t>(outer) * inner;
  for (size_t i = 0; i < n; i++) y[i] *= scale;
}

/** The index of the first largest (smallest) element; NaN is never chosen unless it is first. */
static void arg_reduce(Context& context, bool largest, int outer, int middle, int inner, const float* x, int32_t* y) {
  const size_t each = static_cast<size_t>(middle) * inner;
  const auto one = [&](int o) {
    for (int i = 0; i < inner; i++) {
      const float* from = x + o * each + i;
      float best = from[0];
      int index = 0;
      for (int m = 1; m < middle; m++) {
        const float value = from[static_cast<size_t>(m) * inner];
        if (largest ? value > best : value < best) best = value, index = m;
      }
      y[static_cast<size_t>(o) * inner + i] = index;
    }
  };
  if (each * outer <= kSerialElements) {
    for (int o = 0; o < outer; o++) one(o);
  } else {
    parallel(context, outer, [&](int item, int) { one(item); });
  }
}

/** softmax(x) = e^(x - max) / sum, or its logarithm, row by row. */
static void softmax(Context& context, bool log, int rows, int columns, const float* x, float* y) {
  const auto one = [&](int row) {
    const float* from = x + static_cast<size_t>(row) * columns;
    float* to = y + static_cast<size_t>(row) * columns;
    const float top = extreme_of_row<true>(from, columns);
    constexpr int kBlock = 4096;  // sums of this many stay in float32
    double total = 0;
    for (int begin = 0; begin < columns; begin += kBlock) {
      const int end = min_of(columns, begin + kBlock), whole = begin + (end - begin) / kLanes * kLanes;
      Vec sums = Vec{};
      for (int i = begin; i < whole; i += kLanes) {
        const Vec shifted = load(from + i) - top, power = exp_of(shifted);
        sums += power;
        store(to + i, log ? shifted : power);
      }
      for (int lane = 0; lane < kLanes; lane++) total += sums[lane];
      if (whole == end) continue;
      const Vec shifted = load_part(from + whole, end - whole) - top, power = exp_of(shifted);
      for (int lane = 0; lane < end - whole; lane++) total += power[lane];
      store_part(to + whole, log ? shifted : power, end - whole);
    }
    if (log) {
      const float shift = static_cast<float>(::log(total));
      for (int i = 0; i < columns; i++) to[i] -= shift;
    } else {
      const float factor = static_cast<float>(1 / total);
      for (int i = 0; i < columns; i++) to[i] *= factor;
    }
  };
  const int block = max_of(1, 8192 / columns);
  const bool serial = static_cast<size_t>(rows) * columns <= kSerialElements / 4;
  if (serial) {
    for (int row = 0; row < rows; row++) one(row);
    return;
  }
  parallel(context, ceil_div(rows, block), [&](int item, int) {
    for (int row = item * block; row < min_of(rows, (item + 1) * block); row++) one(row);
  });
}

/** `y = (x - mean) * scale / sqrt(variance + epsilon) + offset` for each channel; `offset` and `scale` may be null. */
static void batch_norm(Context& context, size_t rows, int channels, const float* x, const float* mean,
                       const float* variance, const float* offset, const float* scale, float epsilon, float* y) {
  float* factors = context.shared(Slot::kRow, channels);
  for (int c = 0; c < channels; c++) factors[c] = (scale ? scale[c] : 1.f) / __builtin_sqrtf(variance[c] + epsilon);
  const size_t block = static_cast<size_t>(max_of(1, 32768 / channels));
  const auto run = [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; row++) {
      const float* from = x + row * channels;
      float* to = y + row * channels;
      if (offset) {
        for (int c = 0; c < channels; c++) to[c] = (from[c] - mean[c]) * factors[c] + offset[c];
      } else {
        for (int c = 0; c < channels; c++) to[c] = (from[c] - mean[c]) * factors[c];
      }
    }
  };
  if (rows * channels <= kSerialElements) return run(0, rows);
  parallel(context, static_cast<int>((rows + block - 1) / block),
           [&](int item, int) { run(item * block, min_of(rows, (item + 1) * block)); });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
