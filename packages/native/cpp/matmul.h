// Batched matrix product.
#pragma once
#include "tiles.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** One matrix product. `lane` is the thread that does all of it, or -1 for all threads together. */
template <class Element>
static void multiply(Context& context, int lane, bool transpose_a, bool transpose_b, int m, int n, int k,
                     const Element* a, const Element* b, Element* c) {
  constexpr int kWidth = kPanelOf<Element>;
  constexpr int kDepth = 256;  // rows of B that a thread goes through before it moves on: they stay in the second cache
  const PanelsOf<Element> panels(n);
  const int threads = lane >= 0 ? 1 : context.threads(), depths = ceil_div(k, kDepth);
  const auto run = [&](int count, const auto& body) {
    if (lane < 0) return parallel(context, count, body);
    for (int item = 0; item < count; item++) body(item, lane);
  };
  const auto scratch = [&](int thread, Slot slot, size_t elements) {
    return reinterpret_cast<Element*>(context.scratch(thread, slot, elements * (sizeof(Element) / sizeof(float))));
  };
  Element* packed_b = scratch(lane >= 0 ? lane : Context::kMaxThreads, Slot::kPanels, panels.size(k));
  run(panels.count * depths, [&](int item, int) {
    const int panel = item % panels.count, first = item / panels.count * kDepth, rows = min_of(kDepth, k - first);
    const int width = panels.width(panel), packed_width = panels.packed_width(panel);
    Element* to = packed_b + panels.offset(panel, k) + static_cast<size_t>(first) * packed_width;
    if (transpose_b) {
      pack_columns(to, b + static_cast<size_t>(panel) * kWidth * k + first, k, rows, width, packed_width);
    } else {
      pack_rows(to, b + static_cast<size_t>(first) * n + panel * kWidth, n, rows, width, packed_width);
    }
  });

  const int height = tile_rows(panels.vectors(0)), tiles = ceil_div(m, height);
  const int group = max_of(1, min_of(16, tiles / (4 * threads))), groups = ceil_div(tiles, group);
  int panel_parts = 1;
  while (groups * panel_parts < 4 * threads && panel_parts * 2 <= panels.count) panel_parts *= 2;
  run(groups * panel_parts, [&](int item, int thread) {
    const int part = item % panel_parts, first_tile = item / panel_parts * group;
    const int last_tile = min_of(tiles, first_tile + group);
    const size_t tile_size = static_cast<size_t>(height) * kDepth;
    Element* packed_a = scratch(thread, Slot::kSource, tile_size * group);
    for (int d = 0; d < depths; d++) {
      const int first = d * kDepth, depth = min_of(kDepth, k - first);
      for (int t = first_tile; t < last_tile; t++) {
        const int row = share(m, t, tiles), rows = share(m, t + 1, tiles) - row;
        Element* to = packed_a + (t - first_tile) * tile_size;
        if (transpose_a) {
          for (int i = 0; i < depth; i++) {
            const Element* from = a + static_cast<size_t>(first + i) * m + row;
            for (int r = 0; r < rows; r++) to[static_cast<size_t>(i) * rows + r] = from[r];
          }
        } else {
          pack_columns(to, a + static_cast<size_t>(row) * k + first, k, depth, rows, rows);
        }
      }
      for (int panel = share(panels.count, part, panel_parts); panel < share(panels.count, part + 1, panel_parts); panel++) {
        // The next panel lies in the third cache or in memory: each tile asks for a part of it.
        const Element* next = packed_b + panels.offset(panel + 1, k) + static_cast<size_t>(first) * panels.packed_width(panel + 1);
        const int next_vectors = panel + 1 < panels.count ? depth * panels.vectors(panel + 1) : 0;
        for (int t = first_tile; t < last_tile; t++) {
          prefetch(next, share(next_vectors, t - first_tile, last_tile - first_tile),
                   share(next_vectors, t - first_tile + 1, last_tile - first_tile));
          const int row = share(m, t, tiles), rows = share(m, t + 1, tiles) - row;
          OuterTileOf<Element> tile;
          tile.a = packed_a + (t - first_tile) * tile_size, tile.a_pixel = rows;
          tile.b_pixel = panels.packed_width(panel);
          tile.b = packed_b + panels.offset(panel, k) + static_cast<size_t>(first) * tile.b_pixel;
          tile.c = c + static_cast<size_t>(row) * n + panel * kWidth, tile.c_stride = n;
          tile.width = panels.width(panel), tile.accumulate = d > 0, tile.pixels = depth;
          run_outer_tile(tile, panels.vectors(panel), rows);
        }
      }
    }
  });
}

template <class Element>
static void matmul(Context& context, int batch, size_t a_stride, size_t b_stride, bool transpose_a, bool transpose_b,
                   int m, int n, int k, const Element* a, const Element* b, Element* c) {
  constexpr double kSmall = 1e6;  // multiplications worth waking the other threads for
  const double size = static_cast<double>(m) * n * k;
  const size_t c_stride = static_cast<size_t>(m) * n;
  const auto one = [&](int i, int lane) {
    multiply(context, lane, transpose_a, transpose_b, m, n, k, a + i * a_stride, b + i * b_stride, c + i * c_stride);
  };
  if (size * batch < kSmall) {
    for (int i = 0; i < batch; i++) one(i, 0);
  } else if (batch >= context.threads() && size < 16 * kSmall) {
    parallel(context, batch, one);
  } else {
    for (int i = 0; i < batch; i++) one(i, -1);
  }
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
