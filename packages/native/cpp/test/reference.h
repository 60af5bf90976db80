// What the kernel tests share: random shapes and numbers, float64 references, and the measure of error.
#pragma once
#include <math.h>
#include <stdio.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "../kernels.h"

namespace jem_test {

using jem::Window;
using Floats = std::vector<float>;
using Doubles = std::vector<double>;

/** Random numbers from a fixed seed, so that a failure comes again. */
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int integer(int from, int to) { return from + static_cast<int>(engine_() % static_cast<unsigned>(to - from + 1)); }
  int one_of(const std::vector<int>& choices) { return choices[integer(0, static_cast<int>(choices.size()) - 1)]; }
  Floats normals(size_t n) {
    std::normal_distribution<float> normal;
    Floats values(n);
    for (float& value : values) value = normal(engine_);
    return values;
  }

 private:
  std::mt19937 engine_;
};

/** The worst error of each kernel, and whether all stayed within their bounds. */
class Report {
 public:
  /** Compares with a reference: the largest error over the root mean square of `scale`, usually the reference. */
  template <class Element>
  void check(const std::string& kernel, const std::vector<Element>& actual, const Doubles& expected,
             const Doubles& scale, double bound, const std::string& shape) {
    double square = 0, worst = 0;
    for (size_t i = 0; i < expected.size(); i++) {
      square += scale[i] * scale[i];
      const double error = fabs(actual[i] - expected[i]);
      worst = error > worst || std::isnan(error) ? error : worst;
    }
    record(kernel, worst / (sqrt(square / expected.size()) + 1e-30), bound, shape);
  }
  template <class Element>
  void check(const std::string& kernel, const std::vector<Element>& actual, const Doubles& expected, double bound,
             const std::string& shape) {
    check(kernel, actual, expected, expected, bound, shape);
  }
  void record(const std::string& kernel, double error, double bound, const std::string& shape) {
    double& worst = worst_[kernel];
    if (!(error <= worst)) worst = error;
    if (error <= bound) return;
    failed_++;
    printf("FAIL %s %s: error %g above %g\n", kernel.c_str(), shape.c_str(), error, bound);
  }
  int finish(const char* set, int cases) const {
    printf("%s: %d cases, worst errors:", set, cases);
    for (const auto& [kernel, error] : worst_) printf(" %s %.1e", kernel.c_str(), error);
    printf("\n");
    return failed_ == 0 ? 0 : 1;
  }

 private:
  std::map<std::string, double> worst_;
  int failed_ = 0;
};

inline std::string describe(const Window& w) {
  char text[200];
  snprintf(text, sizeof text, "[%d,%d,%d,%d] kernel %dx%d stride %d,%d pad %d,%d dilation %d,%d to [%d,%d,%d]", w.batch,
           w.in_height, w.in_width, w.in_channels, w.kernel_height, w.kernel_width, w.stride_height, w.stride_width,
           w.pad_top, w.pad_left, w.dilation_height, w.dilation_width, w.out_height, w.out_width, w.out_channels);
  return text;
}

inline size_t in_size(const Window& w) { return static_cast<size_t>(w.batch) * w.in_height * w.in_width * w.in_channels; }
inline size_t out_size(const Window& w) {
  return static_cast<size_t>(w.batch) * w.out_height * w.out_width * w.out_channels;
}

/** Completes a window: "same", "valid" or explicit padding, until there is a result. */
inline Window random_window(Random& random, Window w) {
  for (;;) {
    w.in_height = random.integer(1, 19), w.in_width = random.integer(1, 19);
    const int effective_height = (w.kernel_height - 1) * w.dilation_height + 1;
    const int effective_width = (w.kernel_width - 1) * w.dilation_width + 1;
    const int mode = random.integer(0, 2);
    if (mode == 0) {
      w.out_height = (w.in_height + w.stride_height - 1) / w.stride_height;
      w.out_width = (w.in_width + w.stride_width - 1) / w.stride_width;
      w.pad_top = std::max(0, (w.out_height - 1) * w.stride_height + effective_height - w.in_height) / 2;
      w.pad_left = std::max(0, (w.out_width - 1) * w.stride_width + effective_width - w.in_width) / 2;
    } else {
      const int bottom = mode == 1 ? 0 : random.integer(0, effective_height - 1);
      const int right = mode == 1 ? 0 : random.integer(0, effective_width - 1);
      w.pad_top = mode == 1 ? 0 : random.integer(0, effective_height - 1);
      w.pad_left = mode == 1 ? 0 : random.integer(0, effective_width - 1);
      const int height = w.in_height + w.pad_top + bottom - effective_height;
      const int width = w.in_width + w.pad_left + right - effective_width;
      w.out_height = height < 0 ? 0 : height / w.stride_height + 1;
      w.out_width = width < 0 ? 0 : width / w.stride_width + 1;
    }
    if (w.out_height > 0 && w.out_width > 0) return w;
  }
}

/** Calls `tap(result pixel, input pixel, tap)` for every tap of every result that lies inside the input. */
template <class Tap>
void for_taps(const Window& w, const Tap& tap) {
  for (int b = 0; b < w.batch; b++) {
    for (int i = 0; i < w.out_height; i++) {
      for (int j = 0; j < w.out_width; j++) {
        for (int kh = 0; kh < w.kernel_height; kh++) {
          for (int kw = 0; kw < w.kernel_width; kw++) {
            const int row = i * w.stride_height + kh * w.dilation_height - w.pad_top;
            const int column = j * w.stride_width + kw * w.dilation_width - w.pad_left;
            if (row < 0 || column < 0 || row >= w.in_height || column >= w.in_width) continue;
            tap((static_cast<size_t>(b) * w.out_height + i) * w.out_width + j,
                (static_cast<size_t>(b) * w.in_height + row) * w.in_width + column,
                static_cast<size_t>(kh) * w.kernel_width + kw);
          }
        }
      }
    }
  }
}

int test_products(jem::Context& context, const jem::Kernels& kernels, int cases);
int test_pointwise(jem::Context& context, const jem::Kernels& kernels, int cases);

}  // namespace jem_test
