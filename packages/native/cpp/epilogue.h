// What is fused into a convolution's result.
#pragma once
#include "tiles.h"

namespace jem {
namespace JEM_ISA {
namespace {

JEM_INLINE Vec activate(Vec r, const Epilogue& e) {
  const Vec lowest = splat(e.lowest), cap = splat(e.cap);
  // Both sides are computed before the choice: compilers do not vectorise a product that may not happen.
  const Vec scaled = (r < lowest ? lowest : r) * splat(e.alpha);
  const Vec capped = r > cap ? cap : r;
  return r > Vec{} ? capped : scaled;
}

JEM_INLINE Vec apply_mask(Vec r, Vec mask, const Epilogue& e) {
  const Vec scaled = r * splat(e.alpha);
  return mask > Vec{} ? r : scaled;
}

/** The epilogue of `n` numbers of one pixel at `offset` of the result, from channel `channel` on, in place. */
JEM_INLINE void finish_row(float* y, const Epilogue& e, size_t offset, int channel, int n) {
  for (int i = 0; i < n; i += kLanes) {
    const int lanes = min_of(kLanes, n - i);
    Vec r = load_part(y + i, lanes);
    if (e.bias) r += load_part(e.bias + channel + i, lanes);
    if (e.addend) r += load_part(e.addend + offset + i, lanes);
    if (e.activate) r = activate(r, e);
    if (e.mask) r = apply_mask(r, load_part(e.mask + offset + i, lanes), e);
    store_part(y + i, r, lanes);
  }
}

enum Parts { kBias = 1, kAddend = 2, kActivate = 4, kMask = 8 };

/** The epilogue of a tile of whole vectors; the parts are known at compile time so that the loop has no branches. */
template <int Vectors, int Which>
static void finish_tile(const IndirectTile& tile, int rows, const Epilogue& e, const float* y, int channel) {
  Vec bias[Vectors] = {};
  if constexpr ((Which & kBias) != 0) {
    JEM_UNROLL for (int v = 0; v < Vectors; v++) bias[v] = load(e.bias + channel + v * kLanes);
  }
  for (int m = 0; m < rows; m++) {
    float* row = tile.y[m];
    const size_t offset = row - y;
    JEM_UNROLL for (int v = 0; v < Vectors; v++) {
      Vec r = load(row + v * kLanes);
      if constexpr ((Which & kBias) != 0) r += bias[v];
      if constexpr ((Which & kAddend) != 0) r += load(e.addend + offset + v * kLanes);
      if constexpr ((Which & kActivate) != 0) r = activate(r, e);
      if constexpr ((Which & kMask) != 0) r = apply_mask(r, load(e.mask + offset + v * kLanes), e);
      store(row + v * kLanes, r);
    }
  }
}

template <int Vectors>
static void finish_full_tile(const IndirectTile& tile, int rows, const Epilogue& e, const float* y, int channel) {
  const int parts =
      (e.bias ? kBias : 0) | (e.addend ? kAddend : 0) | (e.activate ? kActivate : 0) | (e.mask ? kMask : 0);
  switch (parts) {
#define JEM_CASE(parts) \
  case parts:           \
    return finish_tile<Vectors, parts>(tile, rows, e, y, channel);
    JEM_CASE(1) JEM_CASE(2) JEM_CASE(3) JEM_CASE(4) JEM_CASE(5) JEM_CASE(6) JEM_CASE(7) JEM_CASE(8)
    JEM_CASE(9) JEM_CASE(10) JEM_CASE(11) JEM_CASE(12) JEM_CASE(13) JEM_CASE(14) JEM_CASE(15)
#undef JEM_CASE
  }
}

/** The epilogue of a tile just written, while it is in the first cache. */
static void finish_tile(const IndirectTile& tile, int rows, const Epilogue& e, const float* y, int channel) {
  if (tile.width == kPanel) return finish_full_tile<kPanelVectors>(tile, rows, e, y, channel);
  if (tile.width == kLanes) return finish_full_tile<1>(tile, rows, e, y, channel);
  for (int m = 0; m < rows; m++) finish_row(tile.y[m], e, tile.y[m] - y, channel, tile.width);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
