// Winograd convolution, filters 3x3 of stride 1 with any padding up to 2: forward pass and input gradient.
#pragma once
#include "epilogue.h"
#include "winograd_tiles.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** Floats between positions, beyond the tile's own: planes at a power of two would share lines of the first cache. */
constexpr int kPlanePad = 48;

static size_t winograd_size(const Window& w, bool for_gradient) {
  return for_gradient ? Panels(w.in_channels).size(w.out_channels) * kPositions
                      : Panels(w.out_channels).size(w.in_channels) * kPositions;
}

/** Transforms a filter `[3, 3, depth, columns]` to panels for each position. */
static void transform_filter(Context& context, const float* filter, int depth, int columns, float* transformed) {
  const Panels panels(columns);
  const size_t position = panels.size(depth);
  const int chunk = max_of(1, min_of(16, depth / 4));
  parallel(context, ceil_div(depth, chunk), [&](int item, int) {
    for (int k = item * chunk; k < min_of(depth, (item + 1) * chunk); k++) {
      for (int column = 0; column < columns; column += kLanes) {
        const int panel = column / kPanel;
        Vec taps[9], half[kIn * 3];
        JEM_UNROLL for (int tap = 0; tap < 9; tap++) {
          taps[tap] = load_part(filter + (static_cast<size_t>(tap) * depth + k) * columns + column, columns - column);
        }
        JEM_UNROLL for (int j = 0; j < 3; j++) filter_transform(taps + j, 3, half + j, 3);
        float* to = transformed + panels.offset(panel, depth) + static_cast<size_t>(k) * panels.packed_width(panel) +
                    (column - panel * kPanel);
        JEM_UNROLL for (int i = 0; i < kIn; i++) {
          Vec row[kIn];
          filter_transform(half + i * 3, 1, row, 1);
          JEM_UNROLL for (int j = 0; j < kIn; j++) store(to + (i * kIn + j) * position, row[j]);
        }
      }
    }
  });
}

/** Transforms a filter for the forward pass, or, turned around and transposed, for the input gradient. */
static void winograd_transform(Context& context, const Window& w, bool for_gradient, const float* filter,
                               float* transformed) {
  const int inputs = w.in_channels, outputs = w.out_channels;
  if (!for_gradient) return transform_filter(context, filter, inputs, outputs, transformed);
  constexpr int kChunk = 32;
  float* turned = context.shared(Slot::kTransposed, static_cast<size_t>(9) * inputs * outputs);
  const int chunks = ceil_div(inputs, kChunk);
  parallel(context, 9 * chunks, [&](int item, int) {
    const int tap = item / chunks, first = item % chunks * kChunk, last = min_of(inputs, first + kChunk);
    const float* from = filter + static_cast<size_t>(tap) * inputs * outputs;
    float* to = turned + static_cast<size_t>(8 - tap) * inputs * outputs;
    for (int k = 0; k < outputs; k++) {
      for (int c = first; c < last; c++) to[static_cast<size_t>(k) * inputs + c] = from[static_cast<size_t>(c) * outputs + k];
    }
  });
  transform_filter(context, turned, outputs, inputs, transformed);
}

/** Writes the results of one tile, with the epilogue, to the pixels that are in an image. */
static void write_tile(const float* products, size_t position_stride, const float* y, float* const* pixels, int channels,
                       const Epilogue& e) {
  const bool finish = e.any();
  for (int c = 0; c < channels; c += kLanes) {
    const int lanes = min_of(kLanes, channels - c);
    Vec half[kOut * kIn];
    JEM_UNROLL for (int j = 0; j < kIn; j++) {
      Vec column[kIn];
      JEM_UNROLL for (int i = 0; i < kIn; i++) column[i] = load(products + (i * kIn + j) * position_stride + c);
      output_transform(column, 1, half + j, kIn);
    }
    JEM_UNROLL for (int i = 0; i < kOut; i++) {
      Vec row[kOut];
      output_transform(half + i * kIn, 1, row, 1);
      JEM_UNROLL for (int j = 0; j < kOut; j++) {
        float* pixel = pixels[i * kOut + j];
        if (pixel == nullptr) continue;
        Vec r = row[j];
        if (finish) {
          const size_t at = pixel - y + c;
          if (e.bias) r += load_part(e.bias + c, lanes);
          if (e.addend) r += load_part(e.addend + at, lanes);
          if (e.activate) r = activate(r, e);
          if (e.mask) r = apply_mask(r, load_part(e.mask + at, lanes), e);
        }
        store_part(pixel + c, r, lanes);
      }
    }
  }
}

/** Transforms blocks of tiles, multiplies them at each position, and transforms back: all per thread, in its cache. */
static void winograd_core(Context& context, int batch, int in_height, int in_width, int channels, int pad_top,
                          int pad_left, int out_height, int out_width, int columns, const float* x,
                          const float* transformed, float* y, const Epilogue& epilogue) {
  const TileGrid grid(batch, out_height, out_width,
                      pad_top == 1 && pad_left == 1 && in_height == out_height && in_width == out_width);
  const Panels panels(columns);
  const int input_width = round_up_to_lanes(channels), output_width = round_up_to_lanes(columns);
  const size_t weight_position = panels.size(channels);
  const int block = tiles_per_block(context, input_width, output_width, grid.count(), 4 * tile_rows(panels.vectors(0)));
  const size_t input_position = static_cast<size_t>(block) * input_width + kPlanePad;
  const size_t output_position = static_cast<size_t>(block) * output_width + kPlanePad;
  float* zeros = context.shared(Slot::kRow, channels + kLanes);
  zero(zeros, channels + kLanes);
  parallel(context, ceil_div(grid.count(), block), [&](int item, int thread) {
    const int first = item * block, count = min_of(block, grid.count() - first);
    float* inputs = context.scratch(thread, Slot::kTiles, (input_position + output_position) * kPositions);
    float* products = inputs + input_position * kPositions;
    for (int t = 0; t < count; t++) {
      const float* pixels[kIn * kIn];
      grid.locate<kIn, const float>(first + t, pad_top, pad_left, x, in_height, in_width, channels, zeros, pixels);
      transform_patch<kIn>(pixels, channels, inputs + static_cast<size_t>(t) * input_width, input_position,
                           input_transform);
    }
    for (int position = 0; position < kPositions; position++) {
      for (int panel = 0; panel < panels.count; panel++) {
        const int vectors = panels.vectors(panel), parts = ceil_div(count, tile_rows(vectors));
        for (int part = 0; part < parts; part++) {
          const int from = share(count, part, parts), rows = share(count, part + 1, parts) - from;
          StridedTile tile;
          tile.x = inputs + position * input_position + static_cast<size_t>(from) * input_width;
          tile.x_stride = input_width;
          tile.weights = transformed + position * weight_position + panels.offset(panel, channels);
          tile.depth = channels;
          tile.y = products + position * output_position + static_cast<size_t>(from) * output_width + panel * kPanel;
          tile.y_stride = output_width;
          kTiles.strided[vectors][rows](&tile);
        }
      }
    }
    for (int t = 0; t < count; t++) {
      float* pixels[kOut * kOut];
      grid.locate_results(first + t, y, columns, pixels);
      write_tile(products + static_cast<size_t>(t) * output_width, output_position, y, pixels, columns, epilogue);
    }
  });
}

static void winograd(Context& context, const Window& w, const float* x, const float* transformed, float* y,
                     const Epilogue& epilogue) {
  winograd_core(context, w.batch, w.in_height, w.in_width, w.in_channels, w.pad_top, w.pad_left, w.out_height,
                w.out_width, w.out_channels, x, transformed, y, epilogue);
}

static void winograd_input_gradient(Context& context, const Window& w, const float* dy, const float* transformed,
                                    float* dx, const Epilogue& epilogue) {
  winograd_core(context, w.batch, w.out_height, w.out_width, w.out_channels, 2 - w.pad_top, 2 - w.pad_left,
                w.in_height, w.in_width, w.in_channels, dy, transformed, dx, epilogue);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
