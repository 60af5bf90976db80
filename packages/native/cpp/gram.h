// Row sums of Gram matrices of powers of maps, in float64: the tenth power of a float32 squared leaves its range.
#pragma once
#include "vector_math.h"

namespace jem {
namespace JEM_ISA {
namespace {

constexpr int kDoubleLanes = kLanesOf<double>;
/** Positions at a time: the powers of a position are made twice, from numbers that are still in the first cache. */
constexpr int kGramPositions = 32;

typedef float HalfVec __attribute__((vector_size(JEM_VECTOR_BYTES / 2)));
typedef float UnalignedHalfVec __attribute__((vector_size(JEM_VECTOR_BYTES / 2), aligned(4), may_alias));

/** The first `n` of as many floats as a vector has doubles, 0 for the rest. */
JEM_INLINE DoubleVec widened(const float* p, int n) {
  HalfVec narrow = HalfVec{};
  if (n >= kDoubleLanes) narrow = *reinterpret_cast<const UnalignedHalfVec*>(p);
  else for (int i = 0; i < n; i++) narrow[i] = p[i];
  return __builtin_convertvector(narrow, DoubleVec);
}

/** The sums of the lanes of as many vectors as there are lanes, by halves: two vectors become one that holds sums of both. */
template <int Size = 1, int Rows>
JEM_INLINE DoubleVec sums_of_lanes(DoubleVec (&rows)[Rows]) {
#if defined(JEM_HAS_TRANSPOSE)
  if constexpr (Size == kDoubleLanes) {
    return rows[0];
  } else {
    JEM_UNROLL for (int i = 0; i < kDoubleLanes / Size; i += 2) {
      DoubleVec a = rows[i], b = rows[i + 1];
      Exchange<Size, kDoubleLanes>::run(a, b);
      rows[i / 2] = a + b;
    }
    return sums_of_lanes<2 * Size>(rows);
  }
#else
  DoubleVec sums = DoubleVec{};
  for (int i = 0; i < kDoubleLanes; i++) {
    for (int lane = 0; lane < kDoubleLanes; lane++) sums[i] += rows[i][lane];
  }
  return sums;
#endif
}

/** |x|^(1 / n), to 1e-9 of itself: log(x) by its series, 2^y by that of e^y; 0 where x is below the normal numbers. */
JEM_INLINE double root_of(double x, double inverse_n) {
  const double size = __builtin_fabs(x);
  uint64_t bits;
  memcpy(&bits, &size, sizeof bits);
  const int64_t exponent = static_cast<int64_t>(bits >> 52) - 1023;
  bits = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  double m;
  memcpy(&m, &bits, sizeof m);
  const double s = (m - 1.4142135623730951) / (m + 1.4142135623730951), z = s * s;
  const double kLog[] = {1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1};
  const double log = 2 * s * polynomial(kLog, z);
  const double y = (static_cast<double>(exponent) + 0.5 + log * 1.4426950408889634) * inverse_n;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const double shifted = y + kRound, r = (y - (shifted - kRound)) * 0.6931471805599453;
  const double kPower[] = {1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1};
  const double power = polynomial(kPower, r);
  uint64_t whole, fraction;
  memcpy(&whole, &shifted, sizeof whole);
  memcpy(&fraction, &power, sizeof fraction);
  fraction += whole << 52;
  double root;
  memcpy(&root, &fraction, sizeof root);
  const double large = size < 2.2250738585072014e-308 ? 0 : root;
  return size <= 1.7976931348623157e308 ? large : size;
}

/** The largest size of a value; what is not a number is passed over. */
static float largest_of(const float* x, size_t n) {
  constexpr int kAtOnce = 4;
  Vec best[kAtOnce] = {};
  size_t i = 0;
  for (; i + kAtOnce * kLanes <= n; i += kAtOnce * kLanes) {
    JEM_UNROLL for (int k = 0; k < kAtOnce; k++) {
      const Vec size = abs_of(load(x + i + k * kLanes));
      best[k] = size > best[k] ? size : best[k];
    }
  }
  float largest = 0;
  for (const Vec& each : best) {
    for (int lane = 0; lane < kLanes; lane++) largest = each[lane] > largest ? each[lane] : largest;
  }
  for (; i < n; i++) largest = __builtin_fabsf(x[i]) > largest ? __builtin_fabsf(x[i]) : largest;
  return largest;
}

/** Room for one map: a block of it, scaled; the sums of its rows by power and position, the sums so far by power and channel. */
struct GramScratch {
  double* block;
  double* rows;
  double* sums;
  int padded;
};

/** `base^(first + 1), ..., base^(first + Count)` as the products of each of the lower half and of `step`, or 1. */
template <int Count>
struct Powers {
  static constexpr int kHalf = Count / 2;
  DoubleVec lower[kHalf], step;
  __attribute__((always_inline)) static inline Powers of(DoubleVec base, int first) {
    Powers powers;
    DoubleVec (&lower)[kHalf] = powers.lower;
    lower[0] = base;
    JEM_UNROLL for (int k = 1; k < kHalf; k++) lower[k] = lower[k / 2] * lower[(k - 1) / 2];
    powers.step = lower[kHalf - 1];
    for (int n = 0; n < first; n++) {
      JEM_UNROLL for (int k = 0; k < kHalf; k++) lower[k] *= base;
    }
    return powers;
  }
};

/** Adds the positions of a block to the sums of powers `first + 1` to `first + Count`. */
template <int Count>
static void add_positions(const float* x, int positions, int channels, double inverse, int first, const GramScratch& s) {
  constexpr int kHalf = Count / 2;
  // What each position sums to: lanes are channels, and several positions are added up across lanes together.
  for (int begin = 0; begin < positions; begin += kDoubleLanes) {
    DoubleVec parts[Count][kDoubleLanes];
    for (int i = 0; i < kDoubleLanes; i++) {
      const bool inside = begin + i < positions;
      const float* from = x + static_cast<size_t>(begin + i) * channels;
      double* to = s.block + static_cast<size_t>(begin + i) * s.padded;
      DoubleVec each[Count] = {};
      for (int c = 0; inside && c < channels; c += kDoubleLanes) {
        const DoubleVec base = widened(from + c, channels - c) * inverse;
        store(to + c, base);
        const Powers<Count> powers = Powers<Count>::of(base, first);
        JEM_UNROLL for (int k = 0; k < kHalf; k++) {
          each[k] += powers.lower[k];
          each[kHalf + k] += powers.lower[k] * powers.step;
        }
      }
      JEM_UNROLL for (int p = 0; p < Count; p++) parts[p][i] = each[p];
    }
    for (int p = 0; p < Count; p++) store(s.rows + p * kGramPositions + begin, sums_of_lanes(parts[p]));
  }
  for (int c = 0; c < channels; c += kDoubleLanes) {
    DoubleVec sums[Count];
    JEM_UNROLL for (int p = 0; p < Count; p++) sums[p] = load(s.sums + p * s.padded + c);
    for (int t = 0; t < positions; t++) {
      const Powers<Count> powers = Powers<Count>::of(load(s.block + static_cast<size_t>(t) * s.padded + c), first);
      JEM_UNROLL for (int k = 0; k < kHalf; k++) {
        sums[k] += powers.lower[k] * s.rows[k * kGramPositions + t];
        sums[kHalf + k] += (powers.lower[k] * powers.step) * s.rows[(kHalf + k) * kGramPositions + t];
      }
    }
    JEM_UNROLL for (int p = 0; p < Count; p++) store(s.sums + p * s.padded + c, sums[p]);
  }
}

/**
 * For each map `[positions, channels]` its largest size `m`, then for each power `p` and channel the signed root of its row sum,
 * `sign(r) |r|^(1 / p)` with `r_c = sum_j sum_t F_tc^p F_tj^p` and `F = x / m`: `y[batch, 1 + count * channels]`.
 */
static void gram(Context& context, int batch, int positions, int channels, int count, const int32_t* powers, const float* x,
                 float* y) {
  int highest = 0;
  for (int i = 0; i < count; i++) highest = max_of(highest, powers[i]);
  constexpr int kAtOnce = 10;
  const int padded = ceil_div(channels, kDoubleLanes) * kDoubleLanes;
  const size_t each = static_cast<size_t>(positions) * channels, width = 1 + static_cast<size_t>(count) * channels;
  parallel(context, batch, [&](int item, int thread) {
    const size_t block = static_cast<size_t>(kGramPositions) * padded;
    const size_t doubles = block + static_cast<size_t>(kAtOnce) * (kGramPositions + padded);
    double* memory = reinterpret_cast<double*>(context.scratch(thread, Slot::kPartialSums, 2 * doubles));
    const GramScratch scratch = {memory, memory + block, memory + block + kAtOnce * kGramPositions, padded};
    const float* map = x + item * each;
    float* to = y + item * width;
    const float largest = largest_of(map, each);
    const double inverse = largest > 0 ? 1.0 / largest : 1;
    *to++ = largest > 0 ? largest : 1;
    for (int first = 0; first < highest; first += kAtOnce) {
      memset(scratch.sums, 0, static_cast<size_t>(kAtOnce) * padded * sizeof(double));
      for (int begin = 0; begin < positions; begin += kGramPositions) {
        const float* part = map + static_cast<size_t>(begin) * channels;
        const int size = min_of(kGramPositions, positions - begin);
        if (highest - first > 6) add_positions<kAtOnce>(part, size, channels, inverse, first, scratch);
        else add_positions<6>(part, size, channels, inverse, first, scratch);
      }
      for (int i = 0; i < count; i++) {
        const int row = powers[i] - first - 1;
        if (row < 0 || row >= kAtOnce) continue;
        const double* sums = scratch.sums + static_cast<size_t>(row) * padded;
        const double inverse_n = 1.0 / powers[i];
        for (int c = 0; c < channels; c++) {
          const double root = root_of(sums[c], inverse_n);
          to[static_cast<size_t>(i) * channels + c] = static_cast<float>(sums[c] < 0 ? -root : root);
        }
      }
    }
  });
}

/**
 * By how much statistics leave their bounds, as the sum of two floats, `y[batch][2]`: of `rows[batch][1 + width]`, which are what `gram`
 * gives, `sum (low - v)_+ / |low + 1e-6| + (v - high)_+ / |high + 1e-6|` with the bounds `which[item]` of `low` and `high`, `[count][width]`.
 */
static void deviations(Context& context, int batch, int width, const float* rows, const double* low, const double* high,
                       const int32_t* which, float* y) {
  parallel(context, batch, [&](int item, int) {
    const float* row = rows + static_cast<size_t>(item) * (1 + static_cast<size_t>(width));
    const double square = static_cast<double>(row[0]) * row[0];
    const double* least = low + static_cast<size_t>(which[item]) * width;
    const double* most = high + static_cast<size_t>(which[item]) * width;
    DoubleVec sums = DoubleVec{};
    for (int i = 0; i < width; i += kDoubleLanes) {
      const int some = width - i;
      const DoubleVec value = widened(row + 1 + i, some) * square;
      const DoubleVec below = load_part(least + i, some), above = load_part(most + i, some);
      const DoubleVec under = below - value, over = value - above;
      // At most one of them is positive. What is not a number goes on.
      const DoubleVec bound = (under > 0.0 ? below : above) + 1e-6;
      const DoubleVec size = bound < 0.0 ? -bound : bound;
      sums += (under > 0.0 ? under : over <= 0.0 ? DoubleVec{} : over) / size;
    }
    double sum = 0;
    for (int lane = 0; lane < kDoubleLanes; lane++) sum += sums[lane];
    float* to = y + static_cast<size_t>(item) * 2;
    to[0] = static_cast<float>(sum), to[1] = static_cast<float>(sum - to[0]);
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
