// The gradient of a convolution with respect to its filter.
#pragma once
#include "convolution.h"

namespace jem {
namespace JEM_ISA {
namespace {

/**
 * Sums kept per thread and added up at the end. The float after the sums says whether the thread wrote any, so that
 * nobody has to clear them.
 */
class PartialSums {
 public:
  PartialSums(Context& context, size_t floats) : context_(context), floats_(floats) {
    for (int t = 0; t < context.threads(); t++) get(t)[floats] = 0;
  }
  float* get(int thread) const { return context_.scratch(thread, Slot::kPartialSums, floats_ + 1); }
  /** The sums of a thread, and whether to add to what is there. */
  float* begin(int thread, bool* accumulate) const {
    float* sums = get(thread);
    *accumulate = sums[floats_] != 0;
    sums[floats_] = 1;
    return sums;
  }
  /** Lists the sums that were written, in the order of the threads. */
  int written(const float** sums) const {
    int count = 0;
    for (int t = 0; t < context_.threads(); t++) {
      if (get(t)[floats_] != 0) sums[count++] = get(t);
    }
    return count;
  }

 private:
  Context& context_;
  const size_t floats_;
};

/** The filter's gradient from the parts of the threads. */
static void add_partial_sums(Context& context, const PartialSums& partial, const Panels& panels, int depth,
                             float* dfilter) {
  const int threads = context.threads();
  const float* parts[Context::kMaxThreads];
  const int part_count = partial.written(parts);
  const int chunk = max_of(1, depth / (8 * threads));
  parallel(context, ceil_div(depth, chunk), [&](int item, int) {
    for (int row = item * chunk; row < min_of(depth, (item + 1) * chunk); row++) {
      for (int panel = 0; panel < panels.count; panel++) {
        const size_t at = panels.offset(panel, depth) + static_cast<size_t>(row) * panels.packed_width(panel);
        float* to = dfilter + static_cast<size_t>(row) * panels.columns + panel * kPanel;
        for (int i = 0; i < panels.width(panel); i++) {
          float sum = parts[0][at + i];
          for (int part = 1; part < part_count; part++) sum += parts[part][at + i];
          to[i] = sum;
        }
      }
    }
  });
}

/** Asks for the lines of one of `steps` shares of `floats` floats: all at once would wait for one another. */
JEM_INLINE void prefetch_share(const float* p, size_t floats, int step, int steps) {
  constexpr size_t kLine = 16;
  prefetch<0>(p + floats * step / steps / kLine * kLine, floats / steps + kLine);
}

/**
 * The gradient of a 1x1 filter, `x^T dy` over all pixels: outer products over blocks of pixels that stay in the first
 * cache, in place, while the next block is on its way there. `out_channels` must be whole vectors.
 */
static void multiply_filter_gradient(Context& context, size_t pixels, int in_channels, int out_channels, const float* x,
                                     const float* dy, float* dfilter) {
  const size_t block_pixels = in_channels + out_channels < 192 ? 64 : 128;
  const Panels panels(out_channels);
  const int tiles = ceil_div(in_channels, tile_rows(panels.vectors(0)));
  const PartialSums partial(context, panels.size(in_channels));
  parallel_shares(context, static_cast<int>((pixels + block_pixels - 1) / block_pixels), [&](int item, int thread) {
    const size_t first = item * block_pixels, count = min_of(block_pixels, pixels - first);
    const float* a = x + first * in_channels;
    const float* b = dy + first * out_channels;
    bool accumulate;
    float* sums = partial.begin(thread, &accumulate);
    OuterTile tile;
    tile.a_pixel = in_channels, tile.b_pixel = out_channels;
    tile.accumulate = accumulate, tile.pixels = static_cast<int>(count);
    for (int panel = 0; panel < panels.count; panel++) {
      const int width = panels.width(panel);
      tile.b = b + panel * kPanel, tile.width = tile.c_stride = width;
      for (int t = 0; t < tiles; t++) {
        const int row = share(in_channels, t, tiles), rows = share(in_channels, t + 1, tiles) - row;
        const int step = panel * tiles + t, steps = panels.count * tiles;
        prefetch_share(a + count * in_channels, count * in_channels, step, steps);
        prefetch_share(b + count * out_channels, count * out_channels, step, steps);
        tile.a = a + row;
        tile.c = sums + panels.offset(panel, in_channels) + static_cast<size_t>(row) * width;
        run_outer_tile(tile, panels.vectors(panel), rows);
      }
    }
  });
  add_partial_sums(context, partial, panels, in_channels, dfilter);
}

/** A 1x1 filter with a stride reads only some pixels: gathers them. */
static const float* subsample(Context& context, const Window& w, const float* x) {
  const size_t pixels = static_cast<size_t>(w.batch) * w.out_height * w.out_width;
  float* gathered = context.shared(Slot::kTransposed, pixels * w.in_channels);
  parallel(context, w.batch * w.out_height, [&](int item, int) {
    const int image = item / w.out_height, row = item % w.out_height * w.stride_height;
    const float* from = x + (static_cast<size_t>(image) * w.in_height + row) * w.in_width * w.in_channels;
    float* to = gathered + static_cast<size_t>(item) * w.out_width * w.in_channels;
    for (int j = 0; j < w.out_width; j++) {
      copy(to + static_cast<size_t>(j) * w.in_channels, from + static_cast<size_t>(j) * w.stride_width * w.in_channels,
           w.in_channels);
    }
  });
  return gathered;
}

/**
 * Writes one row of a plane, the channels `channel..channel + count` of a padded row: pixels side by side, `to_pixel`
 * floats each. Where `count` is smaller, what is behind it is not used. `row` is null for a row outside the image.
 */
static void copy_plane_row(float* to, int to_pixel, int pixels, const float* row, int width, int first, int channels,
                           int channel, int count) {
  if (row == nullptr) return zero(to, static_cast<size_t>(pixels) * to_pixel);
  const int begin = min_of(pixels, max_of(0, -first)), end = max_of(begin, min_of(pixels, width - first));
  zero(to, static_cast<size_t>(begin) * to_pixel);
  zero(to + static_cast<size_t>(end) * to_pixel, static_cast<size_t>(pixels - end) * to_pixel);
  int j = begin;
  // A whole vector: what is read past these channels is in the next pixel, what is written in the next one's place.
  if (count <= kLanes && to_pixel <= kLanes) {
    const float* from = row + static_cast<ptrdiff_t>(first + begin) * channels + channel;
    for (; j + 1 < end; j++, from += channels) store(to + static_cast<size_t>(j) * to_pixel, load(from));
  }
  for (; j < end; j++) {
    const float* from = row + static_cast<ptrdiff_t>(first + j) * channels + channel;
    for (int i = 0; i < count; i++) to[static_cast<size_t>(j) * to_pixel + i] = from[i];
  }
}

/**
 * `dfilter[tap] = sum over results of x at the tap times dy`: outer products, over blocks of about 512 pixels whose x is
 * copied with zeros around it. With many channels x is split into planes of a tile's channels, because strides of a
 * power of two would fight for the same lines of the first cache; with few, the taps of a row and the channels are one
 * axis.
 */
static void convolve_filter_gradient(Context& context, const Window& w, const float* x, const float* dy,
                                     float* dfilter) {
  const bool reads_inside = w.pad_top == 0 && w.pad_left == 0 && (w.out_height - 1) * w.stride_height < w.in_height &&
                            (w.out_width - 1) * w.stride_width < w.in_width;
  if (w.kernel_height == 1 && w.kernel_width == 1 && reads_inside && w.out_channels % kLanes == 0) {
    const bool dense = w.in_height == w.out_height && w.in_width == w.out_width;
    const size_t pixels = static_cast<size_t>(w.batch) * w.out_height * w.out_width;
    return multiply_filter_gradient(context, pixels, w.in_channels, w.out_channels, dense ? x : subsample(context, w, x),
                                    dy, dfilter);
  }
  constexpr int kPixels = 512, kMergedChannels = 32;
  const int threads = context.threads(), channels = w.in_channels;
  const int tap_row = w.kernel_width * channels, depth = w.kernel_height * tap_row;
  const Panels panels(w.out_channels);
  const bool merged = channels <= kMergedChannels;
  const int width = (w.out_width - 1) * w.stride_width + w.kernel_width;
  const int tile_axis = merged ? tap_row : channels;
  const int tiles = ceil_div(tile_axis, tile_rows(panels.vectors(0))), tile_height = ceil_div(tile_axis, tiles);
  const int planes = merged ? 1 : tiles, plane_channels = merged ? channels : tile_height;
  int band = w.out_height, group = 1;
  while (band > 1 && band * w.out_width > 2 * kPixels) band = ceil_div(band, 2);
  if (band == w.out_height) {
    group = max_of(1, min_of(kPixels / (w.out_height * w.out_width), w.batch / (2 * threads)));
  }
  const int bands = ceil_div(w.out_height, band);
  const PartialSums partial(context, panels.size(depth));

  parallel_shares(context, bands * ceil_div(w.batch, group), [&](int item, int thread) {
    const int first_image = item / bands * group, images = min_of(w.batch, first_image + group) - first_image;
    const int first_row = item % bands * band, rows = min_of(w.out_height, first_row + band) - first_row;
    const int height = (rows - 1) * w.stride_height + w.kernel_height;
    const int top = first_row * w.stride_height - w.pad_top;
    bool accumulate;
    float* sums = partial.begin(thread, &accumulate);

    // x of the block, with zeros around it, in planes of a tile's channels.
    const size_t packed_row = static_cast<size_t>(width) * plane_channels;
    const size_t plane = static_cast<size_t>(images) * height * packed_row;
    float* source = context.scratch(thread, Slot::kSource, plane * planes + kMaxTileRows + kPanel);
    for (int b = 0; b < images; b++) {
      for (int r = 0; r < height; r++) {
        const bool inside = top + r >= 0 && top + r < w.in_height;
        const float* row =
            inside ? x + (static_cast<size_t>(first_image + b) * w.in_height + top + r) * w.in_width * channels : nullptr;
        float* to = source + (static_cast<size_t>(b) * height + r) * packed_row;
        if (merged) {
          copy_padded_row(to, width, row, w.in_width, -w.pad_left, channels);
          continue;
        }
        for (int p = 0; p < planes; p++, to += plane) {
          const int first = p * tile_height;
          copy_plane_row(to, plane_channels, width, row, w.in_width, -w.pad_left, channels, first,
                         min_of(tile_height, channels - first));
        }
      }
    }

    const int block_pixels = rows * w.out_width;
    float* gradient = context.scratch(thread, Slot::kGradient, static_cast<size_t>(images) * block_pixels * kPanel);
    for (int panel = 0; panel < panels.count; panel++) {
      const int packed_width = panels.packed_width(panel);
      const float* from = dy + (static_cast<size_t>(first_image) * w.out_height + first_row) * w.out_width * w.out_channels +
                          panel * kPanel;
      const size_t image_stride = static_cast<size_t>(w.out_height) * w.out_width * w.out_channels;
      OuterTile tile;
      if (panels.count == 1 && packed_width == w.out_channels) {
        tile.b = from, tile.b_pixel = w.out_channels, tile.b_image = image_stride;
      } else {
        for (int b = 0; b < images; b++) {
          pack_rows(gradient + static_cast<size_t>(b) * block_pixels * packed_width, from + b * image_stride,
                    w.out_channels, block_pixels, panels.width(panel), packed_width);
        }
        tile.b = gradient, tile.b_pixel = packed_width;
        tile.b_image = static_cast<ptrdiff_t>(block_pixels) * packed_width;
      }
      tile.b_row = tile.b_pixel * w.out_width;
      tile.width = packed_width, tile.c_stride = packed_width, tile.accumulate = accumulate;
      tile.images = images, tile.rows = rows, tile.pixels = w.out_width;
      tile.a_pixel = static_cast<ptrdiff_t>(w.stride_width) * plane_channels;
      tile.a_row = static_cast<ptrdiff_t>(w.stride_height) * packed_row;
      tile.a_image = static_cast<ptrdiff_t>(height) * packed_row;
      float* panel_sums = sums + panels.offset(panel, depth);
      for (int t = 0; t < tiles; t++) {
        const int first = t * tile_height, count = min_of(tile_height, tile_axis - first);
        if (count <= 0) break;
        const auto run = kTiles.outer[panels.vectors(panel)][count];
        for (int kh = 0; kh < w.kernel_height; kh++) {
          for (int kw = 0; kw < (merged ? 1 : w.kernel_width); kw++) {
            const int to_row = kh * tap_row + kw * channels + first;
            tile.a = merged ? source + kh * packed_row + first
                            : source + t * plane + kh * packed_row + static_cast<size_t>(kw) * plane_channels;
            tile.c = panel_sums + static_cast<size_t>(to_row) * packed_width;
            run(&tile);
          }
        }
      }
    }
  });

  add_partial_sums(context, partial, panels, depth, dfilter);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
