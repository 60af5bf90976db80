// Direct convolution: the forward pass, and the pieces its gradients share.
#pragma once
#include "epilogue.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** Kernels taller than this are left to the fallback. */
constexpr int kMaxKernel = 16;

/**
 * Writes one row of an image into scratch memory with zeros around it: pixels `first..first + pixels` of a row of
 * `width` pixels, of which those outside the image are zero. `row` is null for a row outside the image.
 */
JEM_INLINE void copy_padded_row(float* to, int pixels, const float* row, int width, int first, int channels) {
  const int begin = min_of(pixels, max_of(0, -first)), end = max_of(begin, min_of(pixels, width - first));
  if (row == nullptr) return zero(to, static_cast<size_t>(pixels) * channels);
  zero(to, static_cast<size_t>(begin) * channels);
  copy(to + static_cast<size_t>(begin) * channels, row + static_cast<ptrdiff_t>(first + begin) * channels,
       static_cast<size_t>(end - begin) * channels);
  zero(to + static_cast<size_t>(end) * channels, static_cast<size_t>(pixels - end) * channels);
}

/** A convolution with packed weights, from an image to every `step`-th pixel of another. */
struct Convolution {
  int batch, in_height, in_width, in_channels;
  const float* x;
  int kernel_height, kernel_width, stride_height, stride_width, pad_top, pad_left;  // pads may be negative
  int out_height, out_width, out_channels;
  // Pixel (i, j) of the result is pixel (i * step_height + first_row, j * step_width + first_column) of y.
  int y_height, y_width, step_height = 1, step_width = 1, first_row = 0, first_column = 0;
  float* y;
  const float* weights;

  int depth() const { return kernel_height * kernel_width * in_channels; }
  float* y_pixel(int image, int i, int j) const {
    const size_t row = static_cast<size_t>(image) * y_height + static_cast<size_t>(i) * step_height + first_row;
    return y + (row * y_width + static_cast<size_t>(j) * step_width + first_column) * out_channels;
  }
};

/** The part of a convolution that one item computes, over a source that needs no bounds checks. */
struct Block {
  const float* source;   // where the taps of the first result begin
  size_t image_stride;   // floats between images of the source
  int row_stride;        // floats between rows of the source
  int first_image, images, first_row, rows;
  int first_panel, last_panel;
};

/** Asks for the lines of `floats` floats from `p` on; for writing where `Write` is 1. */
template <int Write>
JEM_INLINE void prefetch(const float* p, size_t floats) {
  for (size_t i = 0; i < floats; i += 16) __builtin_prefetch(p + i, Write, 2);
}

/** Goes through the pixels of a block, tile by tile. */
struct PixelCursor {
  const Convolution& c;
  const Block& block;
  const ptrdiff_t x_row, x_pixel, y_pixel;
  int image = 0, i = 0, j = 0;
  const float* x;
  float* y;

  PixelCursor(const Convolution& convolution, const Block& of)
      : c(convolution), block(of), x_row(static_cast<ptrdiff_t>(c.stride_height) * block.row_stride),
        x_pixel(static_cast<ptrdiff_t>(c.stride_width) * c.in_channels),
        y_pixel(static_cast<ptrdiff_t>(c.step_width) * c.out_channels), x(block.source),
        y(c.y_pixel(block.first_image, block.first_row, 0)) {}

  /** Sets the pointers of the next `rows` pixels; they move on by one pixel, and are computed anew at a row's end. */
  inline void fill(IndirectTile* tile, int rows, int channel) {
    for (int m = 0; m < rows;) {
      for (const int end = min_of(rows, m + c.out_width - j); m < end; m++, j++, x += x_pixel, y += y_pixel) {
        tile->x[m] = x;
        tile->y[m] = y + channel;
      }
      if (j < c.out_width) return;
      j = 0;
      if (++i == block.rows) i = 0, image++;
      x = block.source + image * block.image_stride + i * x_row;
      y = c.y_pixel(block.first_image + image, block.first_row + i, 0);
    }
  }
};

/** Computes a block, tile by tile; tiles differ by one row at most, so that no size of image wastes rows. */
static void convolve_block(const Convolution& c, const Block& block, const Epilogue& epilogue) {
  constexpr size_t kCachedWeights = 64 * 1024;  // a quarter of a megabyte stays in the second cache
  const int depth = c.depth();
  const Panels panels(c.out_channels);
  int runs[kMaxKernel];
  IndirectTile tile;
  tile.runs = runs;
  const int tap_row = c.kernel_width * c.in_channels;
  // The taps of one kernel row, with their channels, are one contiguous run; rows that fill the source join up.
  tile.run_count = tap_row == block.row_stride ? 1 : c.kernel_height;
  tile.run_length = tap_row == block.row_stride ? depth : tap_row;
  for (int r = 0; r < tile.run_count; r++) runs[r] = r * block.row_stride;
  const int pixels = block.images * block.rows * c.out_width;
  const auto compute = [&](int panel, int rows) {
    tile.weights = c.weights + panels.offset(panel, depth);
    tile.width = panels.width(panel);
    kTiles.indirect[panels.vectors(panel)][rows](&tile);
    if (epilogue.any()) finish_tile(tile, rows, epilogue, c.y, panel * kPanel);
  };

  if (depth == c.in_channels && static_cast<size_t>(depth) * c.out_channels <= kCachedWeights) {
    // A 1x1 filter does little with each number: x is read once and y is written in one go, while the pixels of the next
    // tile are on their way.
    const int tiles = ceil_div(pixels, tile_rows(panels.vectors(block.first_panel)));
    PixelCursor cursor(c, block);
    for (int t = 0; t < tiles; t++) {
      const int rows = share(pixels, t + 1, tiles) - share(pixels, t, tiles);
      cursor.fill(&tile, rows, block.first_panel * kPanel);
      for (int m = 0; m < rows; m++) prefetch<0>(cursor.x + m * cursor.x_pixel, depth);
      for (int panel = block.first_panel; panel < block.last_panel; panel++) {
        for (int m = 0; m < rows; m++) prefetch<1>(cursor.y + m * cursor.y_pixel + panel * kPanel, panels.width(panel));
        compute(panel, rows);
        for (int m = 0; m < rows; m++) tile.y[m] += kPanel;
      }
    }
    return;
  }
  for (int panel = block.first_panel; panel < block.last_panel; panel++) {
    const int tiles = ceil_div(pixels, tile_rows(panels.vectors(panel)));
    PixelCursor cursor(c, block);
    for (int t = 0; t < tiles; t++) {
      const int rows = share(pixels, t + 1, tiles) - share(pixels, t, tiles);
      cursor.fill(&tile, rows, panel * kPanel);
      compute(panel, rows);
    }
  }
}

/**
 * Runs a convolution. An item is a group of images or a band of one image's rows; each item first copies its source
 * with zeros around it (1 to 3 % of the time), so that the inner loops know no edges.
 */
static void convolve(Context& context, const Convolution& c, const Epilogue& epilogue) {
  constexpr size_t kSourceFloats = 128 * 1024;  // half a megabyte of source for each item stays in the second cache
  const int threads = context.threads();
  const Panels panels(c.out_channels);
  const int width = (c.out_width - 1) * c.stride_width + c.kernel_width;
  const bool in_place = c.pad_top == 0 && c.pad_left == 0 && width <= c.in_width &&
                        (c.out_height - 1) * c.stride_height + c.kernel_height <= c.in_height;
  const auto source_rows = [&](int rows) { return (rows - 1) * c.stride_height + c.kernel_height; };
  const auto source_floats = [&](int rows) {
    return static_cast<size_t>(source_rows(rows)) * width * c.in_channels;
  };
  int rows = c.out_height, group = 1;
  while (rows > 1 && source_floats(rows) > kSourceFloats) rows = ceil_div(rows, 2);
  while (rows > 4 && c.batch * ceil_div(c.out_height, rows) < 2 * threads) rows = ceil_div(rows, 2);
  if (rows == c.out_height) {
    group = max_of(1, static_cast<int>(kSourceFloats / source_floats(rows)));
    const bool small_weights = static_cast<size_t>(c.depth()) * c.out_channels < 64 * 1024;
    if (small_weights) group = min_of(group, max_of(1, 1024 / (c.out_height * c.out_width)));
    group = min_of(group, max_of(1, c.batch / (4 * threads)));
  }
  const int bands = ceil_div(c.out_height, rows), groups = ceil_div(c.batch, group);
  int panel_parts = 1;
  while (bands * groups * panel_parts < 2 * threads && panel_parts * 2 <= panels.count) panel_parts *= 2;
  const int row_stride = (in_place ? c.in_width : width) * c.in_channels;

  parallel(context, bands * groups * panel_parts, [&](int item, int thread) {
    const int part = item % panel_parts, band = item / panel_parts % bands, g = item / panel_parts / bands;
    Block block;
    block.first_image = g * group;
    block.images = min_of(c.batch, block.first_image + group) - block.first_image;
    block.first_row = band * rows;
    block.rows = min_of(c.out_height, block.first_row + rows) - block.first_row;
    block.first_panel = share(panels.count, part, panel_parts);
    block.last_panel = share(panels.count, part + 1, panel_parts);
    block.row_stride = row_stride;
    const int top = block.first_row * c.stride_height - c.pad_top;
    const size_t image_floats = static_cast<size_t>(c.in_height) * c.in_width * c.in_channels;
    const float* images = c.x + block.first_image * image_floats;
    if (in_place) {
      block.image_stride = image_floats;
      block.source = images + static_cast<size_t>(top) * row_stride;
    } else {
      const int height = source_rows(block.rows);
      block.image_stride = static_cast<size_t>(height) * row_stride;
      float* source = context.scratch(thread, Slot::kSource, block.image_stride * block.images + kPanel);
      for (int b = 0; b < block.images; b++) {
        for (int r = 0; r < height; r++) {
          const bool inside = top + r >= 0 && top + r < c.in_height;
          const float* row = images + b * image_floats + static_cast<ptrdiff_t>(top + r) * c.in_width * c.in_channels;
          copy_padded_row(source + b * block.image_stride + static_cast<size_t>(r) * row_stride, width,
                          inside ? row : nullptr, c.in_width, -c.pad_left, c.in_channels);
        }
      }
      block.source = source;
    }
    convolve_block(c, block, epilogue);
  });
}

/** How many floats the packed filter of the forward pass takes; 0 where the filter is its own only panel. */
static size_t packed_size(const Window& w) {
  const Panels panels(w.out_channels);
  if (panels.count == 1 && panels.packed_width(0) == w.out_channels) return 0;
  return panels.size(static_cast<size_t>(w.kernel_height) * w.kernel_width * w.in_channels);
}

/** Packs a filter for the forward pass. */
static void pack_filter(Context& context, const Window& w, const float* filter, float* packed) {
  const int depth = w.kernel_height * w.kernel_width * w.in_channels;
  const Panels panels(w.out_channels);
  const int rows = max_of(1, depth / 64);
  parallel(context, panels.count * ceil_div(depth, rows), [&](int item, int) {
    const int panel = item % panels.count, begin = item / panels.count * rows, end = min_of(depth, begin + rows);
    const int packed_width = panels.packed_width(panel);
    pack_rows(packed + panels.offset(panel, depth) + static_cast<size_t>(begin) * packed_width,
              filter + static_cast<size_t>(begin) * w.out_channels + panel * kPanel, w.out_channels, end - begin,
              panels.width(panel), packed_width);
  });
}

/** The forward pass with a packed filter: `y[b, i, j] = sum over taps of x[b, i * stride + tap - pad] * filter[tap]`. */
static void convolve_packed(Context& context, const Window& w, const float* x, const float* packed, float* y,
                            const Epilogue& epilogue) {
  Convolution c;
  c.batch = w.batch, c.in_height = w.in_height, c.in_width = w.in_width, c.in_channels = w.in_channels;
  c.kernel_height = w.kernel_height, c.kernel_width = w.kernel_width;
  c.stride_height = w.stride_height, c.stride_width = w.stride_width;
  c.pad_top = w.pad_top, c.pad_left = w.pad_left;
  c.out_height = c.y_height = w.out_height, c.out_width = c.y_width = w.out_width, c.out_channels = w.out_channels;
  c.x = x, c.y = y, c.weights = packed;
  convolve(context, c, epilogue);
}

/** The forward pass with a filter as it is. */
static void convolve_forward(Context& context, const Window& w, const float* x, const float* filter, float* y,
                             const Epilogue& epilogue) {
  const size_t size = packed_size(w);
  if (size == 0) return convolve_packed(context, w, x, filter, y, epilogue);
  float* packed = context.shared(Slot::kPanels, size);
  pack_filter(context, w, filter, packed);
  convolve_packed(context, w, x, packed, y, epilogue);
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
