// Depthwise convolution and its gradients: result channel `c * multiplier + m` sees input channel `c` only.
#pragma once
#include "pooling.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** A pixel with each channel repeated `multiplier` times, so that it lines up with the result's channels. */
JEM_INLINE const float* repeat_channels(const float* pixel, int channels, int multiplier, float* to) {
  if (multiplier == 1) return pixel;
  for (int c = 0; c < channels; c++) {
    for (int m = 0; m < multiplier; m++) to[c * multiplier + m] = pixel[c];
  }
  return to;
}

/** `sum[0..n) += a * b`. */
JEM_INLINE void add_products(float* sum, const float* a, const float* b, int n) {
  for (int i = 0; i < n; i++) sum[i] += a[i] * b[i];
}

static void depthwise(Context& context, const Window& w, const float* x, const float* filter, float* y) {
  const int multiplier = w.out_channels / w.in_channels;
  each_window(context, w, [&](const Taps& rows, const Taps& columns, size_t image, size_t out, int thread) {
    float* repeated = context.scratch(thread, Slot::kRow, w.out_channels);
    float* to = y + out;
    for (int c = 0; c < w.out_channels; c++) to[c] = 0;
    each_tap(w, rows, columns, [&](int tap, size_t offset) {
      const float* pixel = repeat_channels(x + image + offset, w.in_channels, multiplier, repeated);
      add_products(to, pixel, filter + static_cast<size_t>(tap) * w.out_channels, w.out_channels);
    });
  });
}

static void depthwise_input_gradient(Context& context, const Window& w, const float* dy, const float* filter, float* dx) {
  const int multiplier = w.out_channels / w.in_channels;
  scatter_windows(context, w, dx, [&](const Taps& rows, const Taps& columns, size_t image, size_t out, int begin, int end) {
    each_tap(w, rows, columns, [&](int tap, size_t offset) {
      float* to = dx + image + offset;
      const float* taps = filter + static_cast<size_t>(tap) * w.out_channels;
      if (multiplier == 1) return add_products(to + begin, dy + out + begin, taps + begin, end - begin);
      for (int c = begin; c < end; c++) {
        for (int m = c * multiplier; m < (c + 1) * multiplier; m++) to[c] += dy[out + m] * taps[m];
      }
    });
  });
}

/** Each item owns some channels of one tap and goes through all results: no partial sums, one fixed order. */
static void depthwise_filter_gradient(Context& context, const Window& w, const float* x, const float* dy, float* dfilter) {
  constexpr int kChannels = 64;
  const int multiplier = w.out_channels / w.in_channels, blocks = ceil_div(w.in_channels, kChannels);
  const size_t image_floats = static_cast<size_t>(w.in_height) * w.in_width * w.in_channels;
  parallel(context, w.kernel_height * w.kernel_width * blocks, [&](int item, int thread) {
    const int tap = item / blocks, first = item % blocks * kChannels, count = min_of(kChannels, w.in_channels - first);
    const int row_shift = tap / w.kernel_width * w.dilation_height - w.pad_top;
    const int column_shift = tap % w.kernel_width * w.dilation_width - w.pad_left;
    float* repeated = context.scratch(thread, Slot::kRow, static_cast<size_t>(count) * multiplier);
    float* to = dfilter + static_cast<size_t>(tap) * w.out_channels + first * multiplier;
    for (int i = 0; i < count * multiplier; i++) to[i] = 0;
    for (int b = 0; b < w.batch; b++) {
      for (int i = 0; i < w.out_height; i++) {
        const int row = i * w.stride_height + row_shift;
        if (row < 0 || row >= w.in_height) continue;
        for (int j = 0; j < w.out_width; j++) {
          const int column = j * w.stride_width + column_shift;
          if (column < 0 || column >= w.in_width) continue;
          const float* pixel = x + b * image_floats + (static_cast<size_t>(row) * w.in_width + column) * w.in_channels + first;
          const size_t out = ((static_cast<size_t>(b) * w.out_height + i) * w.out_width + j) * w.out_channels;
          add_products(to, repeat_channels(pixel, count, multiplier, repeated), dy + out + first * multiplier, count * multiplier);
        }
      }
    }
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
