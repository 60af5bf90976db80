// Phrases of Lempel and Ziv 1976 of the channels of maps, by sets of places as bits: a set for each symbol, and one of the places
// from where on the phrase under way has occurred.
#pragma once
#include "gram.h"

namespace jem {
namespace JEM_ISA {
namespace {

typedef uint64_t BitVec __attribute__((vector_size(JEM_VECTOR_BYTES)));
typedef uint64_t UnalignedBitVec __attribute__((vector_size(JEM_VECTOR_BYTES), aligned(1), may_alias));
JEM_INLINE BitVec load_bits(const uint8_t* p) { return *reinterpret_cast<const UnalignedBitVec*>(p); }
JEM_INLINE void store_bits(uint8_t* p, BitVec v) { *reinterpret_cast<UnalignedBitVec*>(p) = v; }
JEM_INLINE uint64_t any_of(BitVec v) {
  uint64_t any = 0;
  JEM_UNROLL for (int lane = 0; lane < JEM_VECTOR_BYTES / 8; lane++) any |= v[lane];
  return any;
}

/** The places of each symbol of a sequence, bit `t` for place `t`: all of them, moved down by 0 to 7 bits, and those before a phrase. */
struct Places {
  const uint8_t* symbols;
  int length;
  size_t stride;
  uint8_t* all;
  uint8_t* past;
  /** Room for a set. */
  uint8_t* found;
  static size_t stride_of(int length) { return (static_cast<size_t>(length) / 64 + 2) * 8 + JEM_VECTOR_BYTES; }
  uint8_t* moved(int symbol, int bits) const { return all + (static_cast<size_t>(symbol) * 8 + bits) * stride; }
  /** The places that are as far before the symbol of `at` as `begin` is. */
  const uint8_t* after(int begin, int at) const { return moved(symbols[at], (at - begin) & 7) + ((at - begin) >> 3); }
};

/** Where the phrase that begins at `begin` ends: the first symbol that makes it new, or the length. */
template <int Count>
JEM_INLINE int end_of_phrase(const Places& places, int begin) {
  BitVec found[Count];
  const uint8_t* from = places.past + places.symbols[begin] * places.stride;
  JEM_UNROLL for (int v = 0; v < Count; v++) found[v] = ~BitVec{};
  for (int at = begin;;) {
    BitVec any = BitVec{};
    JEM_UNROLL for (int v = 0; v < Count; v++) {
      found[v] &= load_bits(from + v * JEM_VECTOR_BYTES);
      any |= found[v];
    }
    if (any_of(any) == 0 || ++at == places.length) return at;
    from = places.after(begin, at);
  }
}

/** The same for sets of `count` vectors. */
static int end_of_long_phrase(const Places& places, int begin, int count) {
  uint8_t* const found = places.found;
  const uint8_t* from = places.past + places.symbols[begin] * places.stride;
  memset(found, 0xff, static_cast<size_t>(count) * JEM_VECTOR_BYTES);
  for (int at = begin;;) {
    BitVec any = BitVec{};
    for (int v = 0; v < count; v++) {
      const BitVec both = load_bits(found + v * JEM_VECTOR_BYTES) & load_bits(from + v * JEM_VECTOR_BYTES);
      store_bits(found + v * JEM_VECTOR_BYTES, both);
      any |= both;
    }
    if (any_of(any) == 0 || ++at == places.length) return at;
    from = places.after(begin, at);
  }
}

/** How many phrases the first `prefix` symbols and all symbols have: see `lempelZivComplexity` of `@jem-js/ood`. */
static void count_phrases(const Places& places, int alphabet, int prefix, float* of_prefix, float* of_all) {
  const int n = places.length;
  const size_t stride = places.stride;
  memset(places.all, 0, alphabet * 8 * stride);
  memset(places.past, 0, alphabet * stride);
  for (int t = 0; t < n; t++) places.moved(places.symbols[t], 0)[t >> 3] |= static_cast<uint8_t>(1 << (t & 7));
  for (int symbol = 0; symbol < alphabet; symbol++) {
    const uint8_t* from = places.moved(symbol, 0);
    for (int bits = 1; bits < 8; bits++) {
      uint8_t* to = places.moved(symbol, bits);
      for (int b = 0; b <= n >> 3; b += JEM_VECTOR_BYTES) {
        store_bits(to + b, load_bits(from + b) >> bits | load_bits(from + b + 8) << (64 - bits));
      }
    }
  }
  int phrases = 0, begin = 0;
  bool is_marked = false;
  while (begin < n) {
    const int vectors = ceil_div(begin, 8 * JEM_VECTOR_BYTES);
    const int end = vectors <= 1 ? end_of_phrase<1>(places, begin) : vectors == 2 ? end_of_phrase<2>(places, begin)
                    : vectors == 3 ? end_of_phrase<3>(places, begin) : vectors == 4 ? end_of_phrase<4>(places, begin)
                    : end_of_long_phrase(places, begin, vectors);
    if (!is_marked && end >= prefix) {
      *of_prefix = static_cast<float>(phrases + (begin < prefix ? 1 : 0));
      is_marked = true;
    }
    phrases++;
    for (int t = begin; t <= min_of(end, n - 1); t++) {
      places.past[places.symbols[t] * stride + (t >> 3)] |= static_cast<uint8_t>(1 << (t & 7));
    }
    begin = end + 1;
  }
  *of_all = static_cast<float>(phrases);
}

/**
 * For each map `x[positions][channels]` and channel the average as the sum of two floats, then how many phrases its symbols have, and how
 * many they have with those of prototype `which[item]` after them: `y[batch][channels][4]`. The symbol of 0 is 0, that of others one
 * more than how many of the `edges[levels - 1][channels]` are below; `prototypes[count][channels][positions]` are symbols.
 */
static void compression(Context& context, int batch, int positions, int channels, int levels, const float* x, const float* edges,
                        const uint8_t* prototypes, const int32_t* which, float* y) {
  const int padded = round_up_to_lanes(channels), length = 2 * positions, alphabet = levels + 1;
  const size_t stride = Places::stride_of(length), each = static_cast<size_t>(positions) * channels;
  parallel(context, batch, [&](int item, int thread) {
    const size_t symbol_bytes = static_cast<size_t>(channels) * length;
    uint8_t* symbols = reinterpret_cast<uint8_t*>(context.scratch(thread, Slot::kSource, symbol_bytes / sizeof(float) + 1));
    uint8_t* sets = reinterpret_cast<uint8_t*>(
        context.scratch(thread, Slot::kTiles, (static_cast<size_t>(alphabet) * 9 + 1) * stride / sizeof(float) + 1));
    double* sums = reinterpret_cast<double*>(context.scratch(thread, Slot::kPartialSums, 2 * static_cast<size_t>(padded)));
    memset(sums, 0, padded * sizeof(double));
    const float* map = x + item * each;
    for (int t = 0; t < positions; t++) {
      const float* row = map + static_cast<size_t>(t) * channels;
      for (int c = 0; c < channels; c += kLanes) {
        const int some = min_of(kLanes, channels - c);
        const Vec value = load_part(row + c, some);
        IntVec level = IntVec{} + 1;
        for (int e = 0; e + 1 < levels; e++) level -= value > load_part(edges + static_cast<size_t>(e) * channels + c, some);
        level = value == 0.f ? IntVec{} : level;
        for (int lane = 0; lane < some; lane++) {
          symbols[static_cast<size_t>(c + lane) * length + t] = static_cast<uint8_t>(level[lane]);
        }
        for (int half = 0; half < kLanes; half += kDoubleLanes) {
          if (half >= some) break;
          store(sums + c + half, load(sums + c + half) + widened(row + c + half, some - half));
        }
      }
    }
    const uint8_t* prototype = prototypes + which[item] * each;
    float* to = y + static_cast<size_t>(item) * channels * 4;
    for (int c = 0; c < channels; c++, to += 4) {
      uint8_t* own = symbols + static_cast<size_t>(c) * length;
      for (int t = 0; t < positions; t++) {
        const uint8_t symbol = prototype[static_cast<size_t>(c) * positions + t];
        own[positions + t] = symbol > levels ? static_cast<uint8_t>(levels) : symbol;
      }
      const double average = sums[c] / positions;
      to[0] = static_cast<float>(average), to[1] = static_cast<float>(average - to[0]);
      const Places places = {own, length, stride, sets, sets + alphabet * 8 * stride, sets + alphabet * 9 * stride};
      count_phrases(places, alphabet, positions, to + 2, to + 3);
    }
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
