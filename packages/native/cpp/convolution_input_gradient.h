// The gradient of a convolution with respect to its input.
#pragma once
#include "convolution.h"

namespace jem {
namespace JEM_ISA {
namespace {

/**
 * The pixels of dx with the same remainder modulo the stride meet the same taps of the filter: for them the gradient is
 * a convolution of stride 1 of dy with those taps, in reverse order, written to every `stride`-th pixel.
 */
static Convolution parity_class(const Window& w, int row, int column, const float* dy, float* dx) {
  const int first_tap_row = (row + w.pad_top) % w.stride_height;
  const int first_tap_column = (column + w.pad_left) % w.stride_width;
  Convolution c;
  c.batch = w.batch, c.in_height = w.out_height, c.in_width = w.out_width, c.in_channels = w.out_channels;
  c.kernel_height = w.kernel_height > first_tap_row ? ceil_div(w.kernel_height - first_tap_row, w.stride_height) : 0;
  c.kernel_width = w.kernel_width > first_tap_column ? ceil_div(w.kernel_width - first_tap_column, w.stride_width) : 0;
  c.stride_height = c.stride_width = 1;
  c.pad_top = c.kernel_height - 1 - (row + w.pad_top - first_tap_row) / w.stride_height;
  c.pad_left = c.kernel_width - 1 - (column + w.pad_left - first_tap_column) / w.stride_width;
  c.out_height = ceil_div(w.in_height - row, w.stride_height);
  c.out_width = ceil_div(w.in_width - column, w.stride_width);
  c.out_channels = w.in_channels;
  c.y_height = w.in_height, c.y_width = w.in_width;
  c.step_height = w.stride_height, c.step_width = w.stride_width, c.first_row = row, c.first_column = column;
  c.x = dy, c.y = dx, c.weights = nullptr;
  return c;
}

/** Packs the taps of a parity class: tap (r, q) of the class is tap `first + stride * (last - r)` of the filter. */
static void pack_parity_weights(Context& context, const Window& w, const Convolution& c, const float* filter,
                                float* packed) {
  const Panels panels(c.out_channels);
  const int first_row = (c.first_row + w.pad_top) % w.stride_height;
  const int first_column = (c.first_column + w.pad_left) % w.stride_width;
  const int depth = c.depth(), channels = w.out_channels;
  parallel(context, c.kernel_height * c.kernel_width * panels.count, [&](int item, int) {
    const int panel = item % panels.count, tap = item / panels.count;
    const int row = first_row + w.stride_height * (c.kernel_height - 1 - tap / c.kernel_width);
    const int column = first_column + w.stride_width * (c.kernel_width - 1 - tap % c.kernel_width);
    const size_t from = static_cast<size_t>(row * w.kernel_width + column) * w.in_channels + panel * kPanel;
    const int packed_width = panels.packed_width(panel);
    pack_columns(packed + panels.offset(panel, depth) + static_cast<size_t>(tap) * channels * packed_width,
                 filter + from * channels, channels, channels, panels.width(panel), packed_width);
  });
}

/**
 * A strided gradient with all parity classes of a group of images in one item: dy is copied once, and dx and the
 * epilogue's operands stay in the second cache. Returns false where that does not fit.
 */
static bool input_gradient_merged(Context& context, const Window& w, const float* dy, const float* filter, float* dx,
                                  const Epilogue& epilogue) {
  constexpr int kMaxStride = 4;
  constexpr size_t kGroupFloats = 400 * 1024;
  if (w.stride_height > kMaxStride || w.stride_width > kMaxStride) return false;
  Convolution classes[kMaxStride * kMaxStride];
  size_t offsets[kMaxStride * kMaxStride];
  int count = 0, top = 0, left = 0, below = 0, right = 0;
  size_t weight_floats = 0;
  const Panels panels(w.in_channels);
  for (int row = 0; row < min_of(w.stride_height, w.in_height); row++) {
    for (int column = 0; column < min_of(w.stride_width, w.in_width); column++) {
      const Convolution c = classes[count] = parity_class(w, row, column, dy, dx);
      offsets[count++] = weight_floats;
      weight_floats += panels.size(c.depth());
      top = max_of(top, c.pad_top);
      left = max_of(left, c.pad_left);
      below = max_of(below, c.out_height - 1 + c.kernel_height - c.pad_top);
      right = max_of(right, c.out_width - 1 + c.kernel_width - c.pad_left);
    }
  }
  const int height = top + below, width = left + right, channels = w.out_channels, row_stride = width * channels;
  const size_t image_floats = static_cast<size_t>(height) * row_stride;
  const size_t group_floats = image_floats + 2 * static_cast<size_t>(w.in_height) * w.in_width * w.in_channels;
  const int threads = context.threads();
  if (group_floats > kGroupFloats || w.batch < 4 * threads) return false;

  float* weights = context.shared(Slot::kPanels, weight_floats);
  for (int i = 0; i < count; i++) {
    pack_parity_weights(context, w, classes[i], filter, weights + offsets[i]);
    classes[i].weights = weights + offsets[i];
  }
  const int group = max_of(1, min_of(static_cast<int>(kGroupFloats / group_floats), w.batch / (4 * threads)));
  parallel(context, ceil_div(w.batch, group), [&](int item, int thread) {
    Block block;
    block.first_image = item * group;
    block.images = min_of(w.batch, block.first_image + group) - block.first_image;
    block.image_stride = image_floats, block.row_stride = row_stride;
    block.first_row = 0, block.first_panel = 0, block.last_panel = panels.count;
    float* source = context.scratch(thread, Slot::kSource, image_floats * block.images + kPanel);
    for (int b = 0; b < block.images; b++) {
      for (int r = 0; r < height; r++) {
        const int y = r - top;
        const size_t from = (static_cast<size_t>(block.first_image + b) * w.out_height + max_of(y, 0)) * w.out_width;
        copy_padded_row(source + b * image_floats + static_cast<size_t>(r) * row_stride, width,
                        y >= 0 && y < w.out_height ? dy + from * channels : nullptr, w.out_width, -left, channels);
      }
    }
    for (int i = 0; i < count; i++) {
      const Convolution& c = classes[i];
      block.rows = c.out_height;
      block.source = source + static_cast<size_t>(top - c.pad_top) * row_stride + (left - c.pad_left) * channels;
      convolve_block(c, block, epilogue);
    }
  });
  return true;
}

/** Whether the input has so few channels (an image) that `input_gradient_image` is the better way. */
static bool is_image(const Window& w) {
  const int taps = w.kernel_height * w.kernel_width;
  return w.in_channels <= 4 && w.in_channels <= kLanes && taps > 1 && taps <= 64 && taps * w.in_channels <= 4 * kPanel;
}

/** Adds up the taps of a row of pixels; `Count` is their number where it is known at compile time, else 0. */
template <int Count>
static void add_taps(float* sums, const float* const* taps, int count, int width, int channels, ptrdiff_t pixel) {
  const int taps_count = Count > 0 ? Count : count;
  for (int j = 0; j < width; j++, sums += channels) {
    Vec even = Vec{}, odd = Vec{};
    JEM_UNROLL for (int tap = 0; tap + 1 < taps_count; tap += 2) {
      even += load(taps[tap] + j * pixel);
      odd += load(taps[tap + 1] + j * pixel);
    }
    if (taps_count % 2 == 1) even += load(taps[taps_count - 1] + j * pixel);
    store(sums, even + odd);
  }
}

/**
 * The gradient of an image: one product gives the contribution of each pixel of dy to all its taps (27 columns for a
 * 3x3 filter on RGB); then each pixel of dx adds up its taps with whole vectors. The lanes past its channels are
 * overwritten by the next pixel.
 */
static void input_gradient_image(Context& context, const Window& w, const float* dy, const float* filter, float* dx,
                                 const Epilogue& epilogue) {
  const int channels = w.in_channels, depth = w.out_channels, columns = w.kernel_height * w.kernel_width * channels;
  const Panels panels(columns);
  float* weights = context.shared(Slot::kPanels, panels.size(depth));
  for (int panel = 0; panel < panels.count; panel++) {
    pack_columns(weights + panels.offset(panel, depth), filter + static_cast<size_t>(panel) * kPanel * depth, depth,
                 depth, panels.width(panel), panels.packed_width(panel));
  }
  const ptrdiff_t pixel = (panels.count - 1) * kPanel + panels.packed_width(panels.count - 1);
  int band = w.in_height;
  while (band > 8 && (band * w.out_width * pixel > 64 * 1024 ||
                      w.batch * ceil_div(w.in_height, band) < 2 * context.threads())) {
    band = ceil_div(band, 2);
  }
  const int bands = ceil_div(w.in_height, band);
  // Zero pixels left and right of each row of contributions, so that taps outside dy need no checks.
  const int margin = max_of(w.kernel_width, max_of(w.pad_left, w.in_width - w.out_width)) + 1;
  const size_t row_floats = static_cast<size_t>(w.out_width + 2 * margin) * pixel;
  parallel(context, bands * w.batch, [&](int item, int thread) {
    const int image = item / bands, begin = item % bands * band, end = min_of(w.in_height, begin + band);
    const int highest = begin + w.pad_top - w.kernel_height + 1;
    const int first = highest > 0 ? ceil_div(highest, w.stride_height) : 0;
    const int last = min_of(w.out_height - 1, (end - 1 + w.pad_top) / w.stride_height);
    const int rows = max_of(0, last - first + 1);
    float* taps = context.scratch(thread, Slot::kSource, row_floats * max_of(rows, 1) + pixel + 4 * kLanes);
    float* sums = context.scratch(thread, Slot::kRow, static_cast<size_t>(w.in_width) * channels + 2 * kLanes);
    for (int r = 0; r < rows; r++) {
      zero(taps + r * row_floats, static_cast<size_t>(margin) * pixel);
      zero(taps + r * row_floats + static_cast<size_t>(margin + w.out_width) * pixel, static_cast<size_t>(margin) * pixel);
    }
    const int pixels = rows * w.out_width;
    const float* source = dy + (static_cast<size_t>(image) * w.out_height + first) * w.out_width * depth;
    const int no_offset = 0;
    for (int panel = 0; panel < panels.count && pixels > 0; panel++) {
      const int vectors = panels.vectors(panel), tiles = ceil_div(pixels, tile_rows(vectors));
      IndirectTile tile;
      tile.weights = weights + panels.offset(panel, depth);
      tile.run_count = 1, tile.runs = &no_offset, tile.run_length = depth, tile.width = vectors * kLanes;
      for (int t = 0; t < tiles; t++) {
        const int from = share(pixels, t, tiles), height = share(pixels, t + 1, tiles) - from;
        for (int m = 0; m < height; m++) {
          const int r = (from + m) / w.out_width, q = (from + m) % w.out_width;
          tile.x[m] = source + static_cast<size_t>(from + m) * depth;
          tile.y[m] = taps + r * row_floats + static_cast<size_t>(margin + q) * pixel + panel * kPanel;
        }
        kTiles.indirect[vectors][height](&tile);
      }
    }
    for (int i = begin; i < end; i++) {
      const float* rows_of_taps[64];
      int tap_columns[64], count = 0;
      for (int kh = 0; kh < w.kernel_height; kh++) {
        const int position = i + w.pad_top - kh;
        if (position < 0 || position % w.stride_height != 0 || position / w.stride_height >= w.out_height) continue;
        const float* row = taps + (position / w.stride_height - first) * row_floats + static_cast<size_t>(margin) * pixel;
        for (int kw = 0; kw < w.kernel_width; kw++) {
          rows_of_taps[count] = row + (kh * w.kernel_width + kw) * channels;
          tap_columns[count++] = kw;
        }
      }
      if (w.stride_width == 1) {
        for (int tap = 0; tap < count; tap++) rows_of_taps[tap] += (w.pad_left - tap_columns[tap]) * pixel;
        if (count == 9) {
          add_taps<9>(sums, rows_of_taps, count, w.in_width, channels, pixel);
        } else {
          add_taps<0>(sums, rows_of_taps, count, w.in_width, channels, pixel);
        }
      } else {
        for (int j = 0; j < w.in_width; j++) {
          Vec sum = Vec{};
          for (int tap = 0; tap < count; tap++) {
            const int position = j + w.pad_left - tap_columns[tap];
            if (position < 0 || position % w.stride_width != 0 || position / w.stride_width >= w.out_width) continue;
            sum += load(rows_of_taps[tap] + static_cast<size_t>(position / w.stride_width) * pixel);
          }
          store(sums + static_cast<size_t>(j) * channels, sum);
        }
      }
      const size_t offset = (static_cast<size_t>(image) * w.in_height + i) * w.in_width * channels;
      copy(dx + offset, sums, static_cast<size_t>(w.in_width) * channels);
      if (!epilogue.any()) continue;
      for (int j = 0; j < w.in_width; j++) {
        const size_t at = offset + static_cast<size_t>(j) * channels;
        finish_row(dx + at, epilogue, at, 0, channels);
      }
    }
  });
}

/** `dx[b, i, j] = sum over taps of dy at the results that read (i, j) times the transposed filter`. */
static void convolve_input_gradient(Context& context, const Window& w, const float* dy, const float* filter, float* dx,
                                    const Epilogue& epilogue) {
  if (is_image(w)) return input_gradient_image(context, w, dy, filter, dx, epilogue);
  // With a stride above the kernel, no tap reaches some pixels: they are zero, and still have an epilogue.
  const bool has_gaps = w.kernel_height < w.stride_height || w.kernel_width < w.stride_width;
  const bool strided = w.stride_height > 1 || w.stride_width > 1;
  if (strided && !has_gaps && input_gradient_merged(context, w, dy, filter, dx, epilogue)) return;
  const size_t row = static_cast<size_t>(w.in_width) * w.in_channels;
  if (has_gaps) {
    parallel(context, w.batch * w.in_height, [&](int item, int) { zero(dx + item * row, row); });
  }
  const Panels panels(w.in_channels);
  for (int i = 0; i < min_of(w.stride_height, w.in_height); i++) {
    for (int j = 0; j < min_of(w.stride_width, w.in_width); j++) {
      Convolution c = parity_class(w, i, j, dy, dx);
      if (c.kernel_height == 0 || c.kernel_width == 0) continue;
      float* weights = context.shared(Slot::kPanels, panels.size(c.depth()));
      pack_parity_weights(context, w, c, filter, weights);
      c.weights = weights;
      convolve(context, c, has_gaps ? Epilogue{} : epilogue);
    }
  }
  if (!has_gaps || !epilogue.any()) return;
  parallel(context, w.batch * w.in_height, [&](int item, int) {
    for (int j = 0; j < w.in_width; j++) {
      const size_t at = item * row + static_cast<size_t>(j) * w.in_channels;
      finish_row(dx + at, epilogue, at, 0, w.in_channels);
    }
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
