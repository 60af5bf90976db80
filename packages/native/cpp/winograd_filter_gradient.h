// The gradient of a 3x3 filter by Winograd's algorithm.
#pragma once
#include "convolution_filter_gradient.h"
#include "winograd.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** The products of a block of transformed tiles at one position, added to `sums` (panels of the transformed filter). */
static void multiply_position(const Window& w, const float* inputs, int input_width, const float* gradients,
                              int gradient_width, int tiles, int panel, float* sums, bool accumulate) {
  const Panels panels(w.out_channels);
  const int parts = ceil_div(w.in_channels, tile_rows(panels.vectors(0)));
  OuterTile tile;
  tile.c_stride = tile.width = panels.packed_width(panel);
  tile.accumulate = accumulate, tile.pixels = tiles;
  tile.a_pixel = input_width, tile.b_pixel = gradient_width, tile.b = gradients + panel * kPanel;
  for (int part = 0; part < parts; part++) {
    const int from = share(w.in_channels, part, parts), rows = share(w.in_channels, part + 1, parts) - from;
    tile.a = inputs + from;
    tile.c = sums + panels.offset(panel, w.in_channels) + static_cast<size_t>(from) * tile.width;
    run_outer_tile(tile, panels.vectors(panel), rows);
  }
}

/** Adds up the parts of the transformed filter's gradient and transforms it back. */
template <class Algorithm>
static void finish_filter_gradient(Context& context, const Window& w, const float* const* parts, int part_count,
                                   float* dfilter) {
  constexpr int kPoints = Algorithm::kPoints, kPositions = positions<Algorithm>();
  const Panels panels(w.out_channels);
  const int channels = w.in_channels, columns = w.out_channels, chunk = max_of(1, min_of(16, channels / 4));
  const size_t position = panels.size(channels);
  parallel(context, ceil_div(channels, chunk), [&](int item, int) {
    for (int k = item * chunk; k < min_of(channels, (item + 1) * chunk); k++) {
      for (int column = 0; column < columns; column += kLanes) {
        const int panel = column / kPanel;
        const size_t at = panels.offset(panel, channels) + static_cast<size_t>(k) * panels.packed_width(panel) +
                          (column - panel * kPanel);
        Vec sums[kPositions], half[3 * kPoints];
        for (int p = 0; p < kPositions; p++) sums[p] = load(parts[0] + p * position + at);
        for (int part = 1; part < part_count; part++) {
          for (int p = 0; p < kPositions; p++) sums[p] += load(parts[part] + p * position + at);
        }
        JEM_UNROLL for (int j = 0; j < kPoints; j++) Algorithm::filter_gradient(sums + j, kPoints, half + j, kPoints);
        JEM_UNROLL for (int i = 0; i < 3; i++) {
          Vec row[3];
          Algorithm::filter_gradient(half + i * kPoints, 1, row, 1);
          JEM_UNROLL for (int j = 0; j < 3; j++) {
            store_part(dfilter + (static_cast<size_t>(i * 3 + j) * channels + k) * columns + column, row[j],
                       columns - column);
          }
        }
      }
    }
  });
}

/**
 * The exact transpose of the forward pass. Where the sums of the transformed filter are small every thread has its own;
 * else blocks are transformed by all threads, which then share out the positions.
 */
template <class Algorithm>
static void filter_gradient_core(Context& context, const Window& w, const float* x, const float* dy, float* dfilter) {
  constexpr int kIn = Algorithm::kIn, kOut = Algorithm::kOut, kPoints = Algorithm::kPoints;
  constexpr int kPositions = positions<Algorithm>();
  constexpr size_t kOwnSumsFloats = 768 * 1024;
  constexpr int kSharedBlock = 1024, kTransformChunk = 8;
  const Images source = input_images(w, w.pad_top, w.pad_left), result = output_images(w, 0, 0);
  const TileGrid grid(result, kOut, may_join(w));
  const Panels panels(w.out_channels);
  const int input_width = round_up_to_lanes(w.in_channels), gradient_width = round_up_to_lanes(w.out_channels);
  const size_t position = panels.size(w.in_channels);
  const bool own_sums = position * kPositions <= kOwnSumsFloats;
  const int block = own_sums ? tiles_per_block(context, kPositions * (input_width + gradient_width), grid.count(),
                                               8 * tile_rows(panels.vectors(0)))
                             : min_of(grid.count(), kSharedBlock);
  const size_t input_position = static_cast<size_t>(block) * input_width + kPlanePad;
  const size_t gradient_position = static_cast<size_t>(block) * gradient_width + kPlanePad;
  const size_t tile_floats = (input_position + gradient_position) * kPositions;
  const float* zeros = zero_pixel(context, max_of(w.in_channels, w.out_channels));

  const auto transform_x = [&](int tile, int at, float* to) {
    const float* pixels[kIn * kIn];
    grid.locate<kIn, const float>(tile, Algorithm::kStep, source, x, zeros, pixels);
    transform_patch<kIn, kPoints>(pixels, w.in_channels, to + static_cast<size_t>(at) * input_width, input_position,
                                  Algorithm::input);
  };
  const auto transform_dy = [&](int tile, int at, float* to) {
    const float* pixels[kOut * kOut];
    grid.locate<kOut, const float>(tile, kOut, result, dy, zeros, pixels);
    transform_patch<kOut, kPoints>(pixels, w.out_channels, to + static_cast<size_t>(at) * gradient_width,
                                   gradient_position, Algorithm::gradient);
  };

  if (own_sums) {
    const PartialSums partial(context, position * kPositions);
    parallel_shares(context, ceil_div(grid.count(), block), [&](int item, int thread) {
      const int first = item * block, count = min_of(block, grid.count() - first);
      bool accumulate;
      float* sums = partial.begin(thread, &accumulate);
      float* inputs = context.scratch(thread, Slot::kTiles, tile_floats);
      float* gradients = inputs + input_position * kPositions;
      for (int t = 0; t < count; t++) transform_x(first + t, t, inputs), transform_dy(first + t, t, gradients);
      for (int p = 0; p < kPositions; p++) {
        for (int panel = 0; panel < panels.count; panel++) {
          multiply_position(w, inputs + p * input_position, input_width, gradients + p * gradient_position,
                            gradient_width, count, panel, sums + p * position, accumulate);
        }
      }
    });
    const float* parts[Context::kMaxThreads];
    const int part_count = partial.written(parts);
    return finish_filter_gradient<Algorithm>(context, w, parts, part_count, dfilter);
  }
  float* sums = context.shared(Slot::kTransformed, position * kPositions);
  float* inputs = context.shared(Slot::kTiles, tile_floats);
  float* gradients = inputs + input_position * kPositions;
  for (int first = 0; first < grid.count(); first += block) {
    const int count = min_of(block, grid.count() - first);
    parallel(context, 2 * ceil_div(count, kTransformChunk), [&](int item, int) {
      const int begin = item / 2 * kTransformChunk;
      for (int t = begin; t < min_of(count, begin + kTransformChunk); t++) {
        item % 2 == 0 ? transform_x(first + t, t, inputs) : transform_dy(first + t, t, gradients);
      }
    });
    parallel(context, kPositions * panels.count, [&](int item, int) {
      const int p = item / panels.count;
      multiply_position(w, inputs + p * input_position, input_width, gradients + p * gradient_position, gradient_width,
                        count, item % panels.count, sums + p * position, first > 0);
    });
  }
  const float* parts[] = {sums};
  finish_filter_gradient<Algorithm>(context, w, parts, 1, dfilter);
}

static void winograd_filter_gradient(Context& context, const Window& w, const float* x, const float* dy,
                                     float* dfilter) {
  const auto run = is_strided(w) ? filter_gradient_core<Strided> : filter_gradient_core<Dense>;
  run(context, w, x, dy, dfilter);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
