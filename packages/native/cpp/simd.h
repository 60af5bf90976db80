// Vectors of the instruction set that this file is compiled for. Include only C headers in files that include this one:
// an inline function of the C++ library compiled here could be the copy that the linker keeps for everyone.
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "context.h"
#include "kernels.h"

// Rows of a tile of the matrix product, for tiles two vectors and one vector wide: as many accumulators as registers
// allow beside the weights and the broadcast value.
#if defined(JEM_ISA_AVX512)
#define JEM_ISA avx512
#define JEM_VECTOR_BYTES 64
#define JEM_TILE_ROWS 14
#define JEM_NARROW_TILE_ROWS 24
#elif defined(JEM_ISA_AVX2)
#define JEM_ISA avx2
#define JEM_VECTOR_BYTES 32
#define JEM_TILE_ROWS 6
#define JEM_NARROW_TILE_ROWS 12
#else
#define JEM_ISA baseline
#define JEM_VECTOR_BYTES 16
#define JEM_TILE_ROWS 6
#define JEM_NARROW_TILE_ROWS 8
#endif

#define JEM_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define JEM_UNROLL _Pragma("clang loop unroll(full)")
#else
#define JEM_UNROLL _Pragma("GCC unroll 64")
#endif

namespace jem {
namespace JEM_ISA {
namespace {

template <class Element>
constexpr int kLanesOf = JEM_VECTOR_BYTES / sizeof(Element);
constexpr int kLanes = kLanesOf<float>;
typedef float Vec __attribute__((vector_size(JEM_VECTOR_BYTES)));
typedef double DoubleVec __attribute__((vector_size(JEM_VECTOR_BYTES)));
typedef int32_t IntVec __attribute__((vector_size(JEM_VECTOR_BYTES)));
typedef float UnalignedVec __attribute__((vector_size(JEM_VECTOR_BYTES), aligned(4), may_alias));
typedef double UnalignedDoubleVec __attribute__((vector_size(JEM_VECTOR_BYTES), aligned(8), may_alias));

JEM_INLINE Vec load(const float* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
JEM_INLINE DoubleVec load(const double* p) { return *reinterpret_cast<const UnalignedDoubleVec*>(p); }
JEM_INLINE void store(float* p, Vec v) { *reinterpret_cast<UnalignedVec*>(p) = v; }
JEM_INLINE void store(double* p, DoubleVec v) { *reinterpret_cast<UnalignedDoubleVec*>(p) = v; }
JEM_INLINE Vec splat(float s) { return s - Vec{}; }
JEM_INLINE DoubleVec splat(double s) { return s - DoubleVec{}; }
template <class Element>
using VecOf = decltype(load(static_cast<const Element*>(nullptr)));

/** Loads and stores of the first `n` lanes only. */
template <class Element>
JEM_INLINE VecOf<Element> load_part(const Element* p, int n) {
  if (n >= kLanesOf<Element>) return load(p);
  Element lanes[kLanesOf<Element>] = {};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return load(lanes);
}
template <class Element, class V>
JEM_INLINE void store_part(Element* p, V v, int n) {
  if (n >= kLanesOf<Element>) return store(p, v);
  Element lanes[kLanesOf<Element>];
  store(lanes, v);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define JEM_HAS_TRANSPOSE
/** Exchanges the off-diagonal blocks of `Size` lanes of two rows: a step of a transpose. */
template <int Size, int Lanes, int... Lane>
struct Exchange : Exchange<Size, Lanes - 1, Lanes - 1, Lane...> {};
template <int Size, int... Lane>
struct Exchange<Size, 0, Lane...> {
  template <class V>
  JEM_INLINE void run(V& a, V& b) {
    constexpr int kCount = sizeof...(Lane);
    const V low = __builtin_shufflevector(a, b, (Lane & Size ? kCount + Lane - Size : Lane)...);
    b = __builtin_shufflevector(a, b, (Lane & Size ? kCount + Lane : Lane + Size)...);
    a = low;
  }
};

/** Transposes a square of as many vectors as a vector has lanes. */
template <int Size = 1, int Lanes, class V>
JEM_INLINE void transpose(V (&rows)[Lanes]) {
  if constexpr (Size < Lanes) {
    JEM_UNROLL for (int i = 0; i < Lanes; i++) {
      if ((i & Size) == 0) Exchange<Size, Lanes>::run(rows[i], rows[i + Size]);
    }
    transpose<Size * 2>(rows);
  }
}
#endif
#endif

JEM_INLINE int min_of(int a, int b) { return a < b ? a : b; }
JEM_INLINE int max_of(int a, int b) { return a > b ? a : b; }
JEM_INLINE size_t min_of(size_t a, size_t b) { return a < b ? a : b; }
JEM_INLINE int ceil_div(int a, int b) { return (a + b - 1) / b; }
/** Start of share `i` when `n` things are split into `parts` shares that differ by one at most. */
JEM_INLINE int share(int n, int i, int parts) { return static_cast<int>(static_cast<int64_t>(n) * i / parts); }
JEM_INLINE int round_up(int n, int step) { return ceil_div(n, step) * step; }
JEM_INLINE int round_up_to_lanes(int n) { return round_up(n, kLanes); }

template <class Element>
JEM_INLINE void copy(Element* to, const Element* from, size_t n) {
  constexpr int kStep = kLanesOf<Element>;
  size_t i = 0;
  for (; i + kStep <= n; i += kStep) store(to + i, load(from + i));
  for (; i < n; i++) to[i] = from[i];
}
/** Asks for vectors `begin` to `end` of `from`, into the second cache: the first is busy with the tiles. */
template <class Element>
JEM_INLINE void prefetch(const Element* from, int begin, int end) {
  for (int i = begin; i < end; i++) __builtin_prefetch(from + static_cast<size_t>(i) * kLanesOf<Element>, 0, 2);
}
JEM_INLINE void zero(float* to, size_t n) { memset(to, 0, n * sizeof(float)); }

/** Runs `body(item, thread)` for items 0..count-1 on all threads. */
template <class Body>
JEM_INLINE void parallel(Context& context, int count, const Body& body) {
  context.run(
      count, [](void* closure, int item, int thread) { (*static_cast<const Body*>(closure))(item, thread); },
      const_cast<Body*>(&body));
}

/**
 * Runs `body(item, share)` for items 0..count-1, in as many shares of neighbours as there are threads. Sums that are kept for
 * each share are of the same items whoever takes it: equal inputs give equal bits.
 */
template <class Body>
JEM_INLINE void parallel_shares(Context& context, int count, const Body& body) {
  const int shares = min_of(context.threads(), count);
  parallel(context, shares, [&](int index, int) {
    for (int item = share(count, index, shares); item < share(count, index + 1, shares); item++) body(item, index);
  });
}

/** Work smaller than this is done by the caller alone: waking the others takes longer. */
constexpr size_t kSerialElements = 16384;

/** Runs `body(begin, end)` over `n` elements in blocks; blocks start at multiples of `block`. */
template <class Body>
JEM_INLINE void parallel_blocks(Context& context, size_t n, size_t block, const Body& body) {
  if (n <= kSerialElements) {
    if (n > 0) body(size_t{0}, n);
    return;
  }
  parallel(context, static_cast<int>((n + block - 1) / block), [&](int item, int) {
    const size_t begin = item * block;
    body(begin, min_of(n, begin + block));
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
