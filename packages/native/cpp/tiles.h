// The inner loops of every matrix product: tiles of a result held in registers.
#pragma once
#include "simd.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** Vectors of a full panel of columns, and its columns. */
constexpr int kPanelVectors = 2;
template <class Element>
constexpr int kPanelOf = kPanelVectors * kLanesOf<Element>;
constexpr int kPanel = kPanelOf<float>;
constexpr int kMaxTileRows = JEM_TILE_ROWS > JEM_NARROW_TILE_ROWS ? JEM_TILE_ROWS : JEM_NARROW_TILE_ROWS;
constexpr int tile_rows(int vectors) { return vectors == kPanelVectors ? JEM_TILE_ROWS : JEM_NARROW_TILE_ROWS; }

/**
 * The columns of a matrix in panels of `kWidth`, the last one narrowed to whole vectors. Packed, a panel holds for each
 * row its columns side by side, so that the inner loop reads one stream.
 */
template <class Element>
struct PanelsOf {
  static constexpr int kWidth = kPanelOf<Element>, kStep = kLanesOf<Element>;
  int columns, count;
  explicit PanelsOf(int n) : columns(n), count(ceil_div(n, kWidth)) {}
  int width(int panel) const { return min_of(kWidth, columns - panel * kWidth); }
  int vectors(int panel) const { return ceil_div(width(panel), kStep); }
  int packed_width(int panel) const { return vectors(panel) * kStep; }
  size_t offset(int panel, size_t rows) const { return static_cast<size_t>(panel) * kWidth * rows; }
  size_t size(size_t rows) const { return offset(count - 1, rows) + static_cast<size_t>(packed_width(count - 1)) * rows; }
};
using Panels = PanelsOf<float>;

/** Packs rows of one panel: `to[row][0..packed_width)` from `from[row * stride ...]`. */
template <class Element>
static void pack_rows(Element* to, const Element* from, size_t stride, int rows, int width, int packed_width) {
  constexpr int kWidth = kPanelOf<Element>, kStep = kLanesOf<Element>;
  if (width == kWidth) {
    for (int row = 0; row < rows; row++, to += kWidth, from += stride) {
      JEM_UNROLL for (int v = 0; v < kPanelVectors; v++) store(to + v * kStep, load(from + v * kStep));
    }
    return;
  }
  for (int row = 0; row < rows; row++, to += packed_width, from += stride) {
    copy(to, from, width);
    for (int i = width; i < packed_width; i++) to[i] = 0;
  }
}

/** Packs a transposed panel: `to[row][i]` from `from[i * stride + row]`. */
template <class Element>
static void pack_columns(Element* to, const Element* from, size_t stride, int rows, int width, int packed_width) {
  constexpr int kStep = kLanesOf<Element>;
  int row = 0;
#if defined(JEM_HAS_TRANSPOSE)
  Element* const end = to + static_cast<size_t>(rows) * packed_width;
  for (; row + kStep <= rows; row += kStep) {
    for (int i = 0; i < packed_width; i += kStep) {
      VecOf<Element> block[kStep];
      for (int u = 0; u < kStep; u++) block[u] = i + u < width ? load(from + (i + u) * stride + row) : VecOf<Element>{};
      transpose(block);
      Element* out = to + static_cast<size_t>(row) * packed_width + i;
      const int columns = packed_width - i;
      for (int u = 0; u < kStep; u++, out += packed_width) {
        // A row narrower than a vector spills into the next ones, which are written after it.
        if (columns >= kStep || (packed_width < kStep && out + kStep <= end)) {
          store(out, block[u]);
        } else {
          store_part(out, block[u], columns);
        }
      }
    }
  }
#endif
  for (; row < rows; row++) {
    Element* out = to + static_cast<size_t>(row) * packed_width;
    for (int i = 0; i < width; i++) out[i] = from[i * stride + row];
    for (int i = width; i < packed_width; i++) out[i] = 0;
  }
}

/** `sums[m] += x[m][begin..end) * weights`, one row of weights for each k; advances `weights`. */
template <int Rows, int Vectors>
JEM_INLINE void accumulate(Vec (&sums)[Rows][Vectors], const float* const (&x)[Rows], const float*& weights,
                           ptrdiff_t begin, ptrdiff_t end) {
  ptrdiff_t k = begin;
  if constexpr (Vectors == 1) {
    // A narrow tile is bound by its broadcasts: four at a time keep the row pointers in registers longer.
    for (; k + 4 <= end; k += 4, weights += 4 * kLanes) {
      const Vec w0 = load(weights), w1 = load(weights + kLanes);
      const Vec w2 = load(weights + 2 * kLanes), w3 = load(weights + 3 * kLanes);
      JEM_UNROLL for (int m = 0; m < Rows; m++) {
        const float* p = x[m] + k;
        sums[m][0] += splat(p[0]) * w0;
        sums[m][0] += splat(p[1]) * w1;
        sums[m][0] += splat(p[2]) * w2;
        sums[m][0] += splat(p[3]) * w3;
      }
    }
  }
  for (; k < end; k++, weights += Vectors * kLanes) {
    Vec w[Vectors];
    JEM_UNROLL for (int v = 0; v < Vectors; v++) w[v] = load(weights + v * kLanes);
    JEM_UNROLL for (int m = 0; m < Rows; m++) {
      const Vec value = splat(x[m][k]);
      JEM_UNROLL for (int v = 0; v < Vectors; v++) sums[m][v] += value * w[v];
    }
  }
}

/** Writes `width` columns of a row of a tile. */
template <int Vectors, class Element>
JEM_INLINE void store_row(Element* to, const VecOf<Element> (&row)[Vectors], int width) {
  constexpr int kStep = kLanesOf<Element>;
  if (width == Vectors * kStep) {
    JEM_UNROLL for (int v = 0; v < Vectors; v++) store(to + v * kStep, row[v]);
  } else {
    Element lanes[Vectors * kStep];
    JEM_UNROLL for (int v = 0; v < Vectors; v++) store(lanes + v * kStep, row[v]);
    for (int i = 0; i < width; i++) to[i] = lanes[i];
  }
}

/** `y[m] = sum over runs r, sum over k < run_length, of x[m][runs[r] + k] * weights`: a product whose rows lie anywhere. */
struct IndirectTile {
  const float* x[kMaxTileRows];
  float* y[kMaxTileRows];
  const float* weights;
  int run_count;
  const int* runs;
  int run_length;
  int width;
};

template <int Rows, int Vectors>
static __attribute__((noinline)) void indirect_tile(const IndirectTile* tile) {
  Vec sums[Rows][Vectors];
  const float* x[Rows];
  JEM_UNROLL for (int m = 0; m < Rows; m++) {
    x[m] = tile->x[m];
    JEM_UNROLL for (int v = 0; v < Vectors; v++) sums[m][v] = Vec{};
  }
  const float* weights = tile->weights;
  for (int r = 0; r < tile->run_count; r++) {
    const ptrdiff_t begin = tile->runs[r];
    accumulate<Rows, Vectors>(sums, x, weights, begin, begin + tile->run_length);
  }
  JEM_UNROLL for (int m = 0; m < Rows; m++) store_row<Vectors>(tile->y[m], sums[m], tile->width);
}

/** `y[m] = x[m] * weights` with rows at fixed strides; whole vectors are written. */
struct StridedTile {
  const float* x;
  ptrdiff_t x_stride;
  const float* weights;
  int depth;
  float* y;
  ptrdiff_t y_stride;
};

template <int Rows, int Vectors>
static __attribute__((noinline)) void strided_tile(const StridedTile* tile) {
  Vec sums[Rows][Vectors];
  const float* x[Rows];
  JEM_UNROLL for (int m = 0; m < Rows; m++) {
    x[m] = tile->x + m * tile->x_stride;
    JEM_UNROLL for (int v = 0; v < Vectors; v++) sums[m][v] = Vec{};
  }
  const float* weights = tile->weights;
  accumulate<Rows, Vectors>(sums, x, weights, 0, tile->depth);
  float* y = tile->y;
  JEM_UNROLL for (int m = 0; m < Rows; m++, y += tile->y_stride) store_row<Vectors>(y, sums[m], Vectors * kLanes);
}

/** `c[m] (+)= sum over images, rows and pixels of a[m] * b`: outer products, for gradients of weights and matmul. */
template <class Element>
struct OuterTileOf {
  const Element* a;
  const Element* b;
  Element* c;
  ptrdiff_t c_stride;
  int width;
  bool accumulate;
  int pixels;
  ptrdiff_t a_pixel, b_pixel;
  int images = 1, rows = 1;
  ptrdiff_t a_image = 0, a_row = 0, b_image = 0, b_row = 0;
};
using OuterTile = OuterTileOf<float>;

template <class Element, int Rows, int Vectors>
static __attribute__((noinline)) void outer_tile(const OuterTileOf<Element>* tile) {
  typedef VecOf<Element> V;
  constexpr int kStep = kLanesOf<Element>;
  V sums[Rows][Vectors];
  const int width = tile->width;
  Element* c = tile->c;
  JEM_UNROLL for (int m = 0; m < Rows; m++) {
    JEM_UNROLL for (int v = 0; v < Vectors; v++) {
      const Element* p = c + m * tile->c_stride + v * kStep;
      sums[m][v] = !tile->accumulate ? V{} : width == Vectors * kStep ? load(p) : load_part(p, width - v * kStep);
    }
  }
  for (int image = 0; image < tile->images; image++) {
    for (int row = 0; row < tile->rows; row++) {
      const Element* a = tile->a + image * tile->a_image + row * tile->a_row;
      const Element* b = tile->b + image * tile->b_image + row * tile->b_row;
      for (int pixel = tile->pixels; pixel > 0; pixel--, a += tile->a_pixel, b += tile->b_pixel) {
        V values[Vectors];
        JEM_UNROLL for (int v = 0; v < Vectors; v++) values[v] = load(b + v * kStep);
        JEM_UNROLL for (int m = 0; m < Rows; m++) {
          const V scale = splat(a[m]);
          JEM_UNROLL for (int v = 0; v < Vectors; v++) sums[m][v] += scale * values[v];
        }
      }
    }
  }
  JEM_UNROLL for (int m = 0; m < Rows; m++) store_row<Vectors>(c + m * tile->c_stride, sums[m], width);
}

/** The instances of the tiles for every height, in constant data: nothing of this set runs at load time. */
template <class Tile>
using Heights = void (*[kPanelVectors + 1][kMaxTileRows + 1])(const Tile*);
struct TileTable {
  Heights<IndirectTile> indirect;
  Heights<StridedTile> strided;
  Heights<OuterTile> outer;
  Heights<OuterTileOf<double>> outer_double;
};
template <int Vectors, int Rows>
constexpr void fill_tiles(TileTable& table) {
  if constexpr (Rows >= 1) {
    table.indirect[Vectors][Rows] = indirect_tile<Rows, Vectors>;
    table.strided[Vectors][Rows] = strided_tile<Rows, Vectors>;
    table.outer[Vectors][Rows] = outer_tile<float, Rows, Vectors>;
    table.outer_double[Vectors][Rows] = outer_tile<double, Rows, Vectors>;
    fill_tiles<Vectors, Rows - 1>(table);
  }
}
constexpr TileTable make_tiles() {
  TileTable table = {};
  fill_tiles<1, tile_rows(1)>(table);
  fill_tiles<2, tile_rows(2)>(table);
  return table;
}
constexpr TileTable kTiles = make_tiles();

JEM_INLINE void run_outer_tile(const OuterTile& tile, int vectors, int rows) { kTiles.outer[vectors][rows](&tile); }
JEM_INLINE void run_outer_tile(const OuterTileOf<double>& tile, int vectors, int rows) {
  kTiles.outer_double[vectors][rows](&tile);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
