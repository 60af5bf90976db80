// Pooling and its gradients: vectors run over the channels.
#pragma once
#include "simd.h"

namespace jem {
namespace JEM_ISA {
namespace {

/** The taps of a window that lie inside the input, along one axis: `first..last` of `kernel`. */
struct Taps {
  int first, last, start;
  Taps(int out, int stride, int pad, int dilation, int kernel, int size) : start(out * stride - pad) {
    first = start < 0 ? ceil_div(-start, dilation) : 0;
    last = start >= size ? 0 : min_of(kernel, (size - 1 - start) / dilation + 1);
  }
  int count() const { return max_of(0, last - first); }
};
JEM_INLINE Taps row_taps(const Window& w, int i) {
  return Taps(i, w.stride_height, w.pad_top, w.dilation_height, w.kernel_height, w.in_height);
}
JEM_INLINE Taps column_taps(const Window& w, int j) {
  return Taps(j, w.stride_width, w.pad_left, w.dilation_width, w.kernel_width, w.in_width);
}

/** Calls `tap(position in the kernel, offset in the image)` for each tap of a window inside the input. */
template <class Tap>
JEM_INLINE void each_tap(const Window& w, const Taps& rows, const Taps& columns, const Tap& tap) {
  for (int kh = rows.first; kh < rows.last; kh++) {
    for (int kw = columns.first; kw < columns.last; kw++) {
      const size_t row = rows.start + kh * w.dilation_height, column = columns.start + kw * w.dilation_width;
      tap(kh * w.kernel_width + kw, (row * w.in_width + column) * w.in_channels);
    }
  }
}

/** Calls `window(rows, columns, image of x, offset of the result)` for each result of the rows that a thread takes. */
template <class Each>
JEM_INLINE void each_window(Context& context, const Window& w, const Each& each) {
  const size_t image = static_cast<size_t>(w.in_height) * w.in_width * w.in_channels;
  parallel(context, w.batch * w.out_height, [&](int item, int thread) {
    const Taps rows = row_taps(w, item % w.out_height);
    for (int j = 0; j < w.out_width; j++) {
      each(rows, column_taps(w, j), item / w.out_height * image,
           (static_cast<size_t>(item) * w.out_width + j) * w.out_channels, thread);
    }
  });
}

static void max_pool(Context& context, const Window& w, const float* x, float* y) {
  each_window(context, w, [&](const Taps& rows, const Taps& columns, size_t image, size_t out, int) {
    for (int c = 0; c < w.in_channels; c += kLanes) {
      const int lanes = w.in_channels - c;
      Vec best = splat(-HUGE_VALF);
      each_tap(w, rows, columns, [&](int, size_t offset) {
        const Vec value = load_part(x + image + offset + c, lanes);
        best = value > best ? value : best;  // NaN is passed over, as TensorFlow.js does
      });
      store_part(y + out + c, best, lanes);
    }
  });
}

static void average_pool(Context& context, const Window& w, const float* x, float* y) {
  each_window(context, w, [&](const Taps& rows, const Taps& columns, size_t image, size_t out, int) {
    const float count = static_cast<float>(rows.count() * columns.count());
    for (int c = 0; c < w.in_channels; c += kLanes) {
      const int lanes = w.in_channels - c;
      Vec sum = Vec{};
      each_tap(w, rows, columns, [&](int, size_t offset) { sum += load_part(x + image + offset + c, lanes); });
      store_part(y + out + c, sum / count, lanes);
    }
  });
}

/** Runs the windows of each image on one thread, which owns that image of dx; a single image is split by channels. */
template <class Each>
JEM_INLINE void scatter_windows(Context& context, const Window& w, float* dx, const Each& each) {
  const int blocks = ceil_div(w.in_channels, kLanes);
  const int parts = w.batch >= 2 * context.threads() ? 1 : min_of(blocks, context.threads());
  const size_t image_floats = static_cast<size_t>(w.in_height) * w.in_width * w.in_channels;
  parallel(context, w.batch * parts, [&](int item, int) {
    const int image = item / parts, part = item % parts;
    const int begin = share(blocks, part, parts) * kLanes;
    const int end = min_of(w.in_channels, share(blocks, part + 1, parts) * kLanes);
    float* to = dx + image * image_floats;
    for (size_t pixel = 0; pixel < static_cast<size_t>(w.in_height) * w.in_width; pixel++) {
      for (int c = begin; c < end; c++) to[pixel * w.in_channels + c] = 0;
    }
    for (int i = 0; i < w.out_height; i++) {
      const Taps rows = row_taps(w, i);
      for (int j = 0; j < w.out_width; j++) {
        const size_t out = ((static_cast<size_t>(image) * w.out_height + i) * w.out_width + j) * w.out_channels;
        each(rows, column_taps(w, j), image * image_floats, out, begin, end);
      }
    }
  });
}

/** The gradient goes to the first largest element of each window. */
static void max_pool_gradient(Context& context, const Window& w, const float* dy, const float* x, float* dx) {
  scatter_windows(context, w, dx, [&](const Taps& rows, const Taps& columns, size_t image, size_t out, int begin, int end) {
    for (int c = begin; c < end; c += kLanes) {
      const int lanes = min_of(kLanes, end - c);
      Vec best = splat(-HUGE_VALF);
      IntVec place = IntVec{} - 1;
      each_tap(w, rows, columns, [&](int tap, size_t offset) {
        const Vec value = load_part(x + image + offset + c, lanes);
        const auto larger = value > best;
        best = larger ? value : best;
        place = larger ? IntVec{} + tap : place;
      });
      each_tap(w, rows, columns, [&](int tap, size_t offset) {
        float* to = dx + image + offset + c;
        const Vec share_of_tap = place == IntVec{} + tap ? load_part(dy + out + c, lanes) : Vec{};
        store_part(to, load_part(to, lanes) + share_of_tap, lanes);
      });
    }
  });
}

/** Every element of a window gets an equal share; the divisor is the whole window's size, as in TensorFlow.js. */
static void average_pool_gradient(Context& context, const Window& w, const float* dy, float* dx) {
  const float each_share = 1.f / static_cast<float>(w.kernel_height * w.kernel_width);
  scatter_windows(context, w, dx, [&](const Taps& rows, const Taps& columns, size_t image, size_t out, int begin, int end) {
    for (int c = begin; c < end; c += kLanes) {
      const int lanes = min_of(kLanes, end - c);
      const Vec value = load_part(dy + out + c, lanes) * each_share;
      each_tap(w, rows, columns, [&](int, size_t offset) {
        float* to = dx + image + offset + c;
        store_part(to, load_part(to, lanes) + value, lanes);
      });
    }
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
