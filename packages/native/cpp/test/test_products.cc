// Convolutions and matrix products against float64 on random odd shapes.
#include "reference.h"

namespace jem_test {
namespace {

// Bounds on the largest error over the root mean square of the convolution, before its epilogue (which may make most
// of it zero).
constexpr double kDirect = 3e-5, kWinograd = 1e-4, kProduct = 2e-5, kDoubleProduct = 1e-13;

const std::vector<int> kChannels = {1, 3, 5, 10, 16, 17, 33, 64, 100};

struct Problem {
  Window w;
  Floats x, filter, dy;
  Doubles y, dx, dfilter;
};

Problem random_problem(Random& random, bool winograd) {
  Problem p;
  Window& w = p.w;
  w.batch = random.integer(1, 9);
  w.in_channels = random.one_of(kChannels), w.out_channels = random.one_of(kChannels);
  // Now and then enough channels for the ways that share one sum between the threads.
  if (random.integer(0, 19) == 0) w.batch = 2, w.in_channels = 260, w.out_channels = 96;
  w.kernel_height = winograd ? 3 : random.one_of({1, 2, 3, 3, 5}), w.kernel_width = winograd ? 3 : random.one_of({1, 3, 3, 4});
  w.stride_height = random.integer(1, winograd ? 2 : 3), w.stride_width = winograd ? w.stride_height : random.integer(1, 3);
  w.dilation_height = w.dilation_width = 1;
  do {
    w = random_window(random, w);
  } while (winograd && w.stride_height == 2 && w.pad_top % 2 != w.pad_left % 2);
  p.x = random.normals(in_size(w)), p.dy = random.normals(out_size(w));
  p.filter = random.normals(static_cast<size_t>(w.kernel_height) * w.kernel_width * w.in_channels * w.out_channels);
  p.y.assign(p.dy.size(), 0), p.dx.assign(p.x.size(), 0), p.dfilter.assign(p.filter.size(), 0);
  for_taps(w, [&](size_t out, size_t in, size_t tap) {
    for (int c = 0; c < w.in_channels; c++) {
      const size_t from = in * w.in_channels + c, row = (tap * w.in_channels + c) * w.out_channels;
      for (int n = 0; n < w.out_channels; n++) {
        const size_t to = out * w.out_channels + n;
        p.y[to] += static_cast<double>(p.x[from]) * p.filter[row + n];
        p.dx[from] += static_cast<double>(p.dy[to]) * p.filter[row + n];
        p.dfilter[row + n] += static_cast<double>(p.x[from]) * p.dy[to];
      }
    }
  });
  return p;
}

/** A random epilogue over operands that it keeps, and its float64 form. */
struct RandomEpilogue {
  Floats bias, addend, mask;
  jem::Epilogue value;

  RandomEpilogue(Random& random, int channels, size_t size) {
    if (random.integer(0, 1)) bias = random.normals(channels), value.bias = bias.data();
    if (random.integer(0, 1)) addend = random.normals(size), value.addend = addend.data();
    value.activate = random.integer(0, 1);
    if (random.integer(0, 1)) mask = random.normals(size), value.mask = mask.data();
    value.alpha = 0.25f * static_cast<float>(random.integer(0, 2));
    value.lowest = -1e30f, value.cap = random.integer(0, 1) ? 1.5f : HUGE_VALF;
  }
  Doubles apply(Doubles values, int channels) const {
    for (size_t i = 0; i < values.size(); i++) {
      double& r = values[i];
      if (value.bias) r += bias[i % channels];
      if (value.addend) r += addend[i];
      if (value.activate) r = r > 0 ? fmin(r, value.cap) : r * value.alpha;
      if (value.mask && !(mask[i] > 0)) r *= value.alpha;
    }
    return values;
  }
};

void test_convolution(Random& random, jem::Context& context, const jem::ProductKernels& kernels, Report& report) {
  const bool winograd = random.integer(0, 1);
  const Problem p = random_problem(random, winograd);
  const Window& w = p.w;
  const std::string shape = describe(w);
  const RandomEpilogue forward(random, w.out_channels, p.y.size()), backward(random, w.in_channels, p.dx.size());
  const Doubles y = forward.apply(p.y, w.out_channels), dx = backward.apply(p.dx, w.in_channels);
  Floats result(y.size(), NAN), input_gradient(dx.size(), NAN), filter_gradient(p.dfilter.size(), NAN);
  kernels.convolve(context, w, p.x.data(), p.filter.data(), result.data(), forward.value);
  report.check("forward", result, y, p.y, kDirect, shape);
  kernels.convolve_input_gradient(context, w, p.dy.data(), p.filter.data(), input_gradient.data(), backward.value);
  report.check("dx", input_gradient, dx, p.dx, kDirect, shape);
  kernels.convolve_filter_gradient(context, w, p.x.data(), p.dy.data(), filter_gradient.data());
  report.check("dfilter", filter_gradient, p.dfilter, kDirect, shape);
  if (!winograd) return;
  Floats transformed(kernels.winograd_size(w, false), NAN), turned(kernels.winograd_size(w, true), NAN);
  kernels.winograd_transform(context, w, false, p.filter.data(), transformed.data());
  kernels.winograd_transform(context, w, true, p.filter.data(), turned.data());
  std::fill(result.begin(), result.end(), NAN), std::fill(input_gradient.begin(), input_gradient.end(), NAN);
  kernels.winograd(context, w, p.x.data(), transformed.data(), result.data(), forward.value);
  report.check("winograd forward", result, y, p.y, kWinograd, shape);
  kernels.winograd_input_gradient(context, w, p.dy.data(), turned.data(), input_gradient.data(), backward.value);
  report.check("winograd dx", input_gradient, dx, p.dx, kWinograd, shape);
  kernels.winograd_filter_gradient(context, w, p.x.data(), p.dy.data(), filter_gradient.data());
  report.check("winograd dfilter", filter_gradient, p.dfilter, kWinograd, shape);
}

void test_matmul(Random& random, jem::Context& context, const jem::ProductKernels& kernels, Report& report) {
  const int batch = random.one_of({1, 1, 2, 5}), m = random.integer(1, 150), n = random.integer(1, 150);
  const int k = random.integer(1, batch > 1 ? 200 : 900);
  const bool transpose_a = random.integer(0, 1), transpose_b = random.integer(0, 1), repeat_b = random.integer(0, 1);
  const size_t a_size = static_cast<size_t>(m) * k, b_size = static_cast<size_t>(k) * n;
  const Floats a = random.normals(a_size * batch), b = random.normals(b_size * (repeat_b ? 1 : batch));
  Floats c(static_cast<size_t>(m) * n * batch, NAN);
  Doubles expected(c.size(), 0);
  for (int i = 0; i < batch; i++) {
    const float* left = a.data() + i * a_size;
    const float* right = b.data() + (repeat_b ? 0 : i * b_size);
    for (int row = 0; row < m; row++) {
      for (int column = 0; column < n; column++) {
        double sum = 0;
        for (int d = 0; d < k; d++) {
          sum += static_cast<double>(left[transpose_a ? d * m + row : row * k + d]) * right[transpose_b ? column * k + d : d * n + column];
        }
        expected[(static_cast<size_t>(i) * m + row) * n + column] = sum;
      }
    }
  }
  kernels.matmul(context, batch, a_size, repeat_b ? 0 : b_size, transpose_a, transpose_b, m, n, k, a.data(), b.data(), c.data());
  const std::string shape = std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k);
  report.check("matmul", c, expected, kProduct, shape);
  const Doubles a_double(a.begin(), a.end()), b_double(b.begin(), b.end());
  Doubles c_double(c.size(), NAN);
  kernels.matmul_double(context, batch, a_size, repeat_b ? 0 : b_size, transpose_a, transpose_b, m, n, k,
                        a_double.data(), b_double.data(), c_double.data());
  report.check("double matmul", c_double, expected, kDoubleProduct, shape);
}

void test_distances(Random& random, jem::Context& context, const jem::ProductKernels& kernels, Report& report) {
  const int rows = random.integer(1, 60), width = random.integer(1, 90), count = random.integer(1, 30);
  const bool solve = random.integer(0, 1);
  const Floats x_float = random.normals(rows * width), l_float = random.normals(width * width);
  const Floats c_float = random.normals(count * width);
  const Doubles x(x_float.begin(), x_float.end()), centres(c_float.begin(), c_float.end());
  Doubles l(l_float.begin(), l_float.end()), y(rows * count, NAN), expected(rows * count, 0);
  for (int i = 0; i < width; i++) {
    for (int j = 0; j < width; j++) l[i * width + j] = j > i ? NAN : j == i ? 1 + fabs(l[i * width + i]) : l[i * width + j] / width;
  }
  for (int i = 0; i < rows; i++) {
    Doubles row(x.begin() + i * width, x.begin() + (i + 1) * width);
    for (int a = 0; solve && a < width; a++) {
      for (int b = 0; b < a; b++) row[a] -= l[a * width + b] * row[b];
      row[a] /= l[a * width + a];
    }
    for (int j = 0; j < count; j++) {
      for (int k = 0; k < width; k++) expected[i * count + j] += (row[k] - centres[j * width + k]) * (row[k] - centres[j * width + k]);
    }
  }
  kernels.squared_distances(context, rows, width, count, x.data(), solve ? l.data() : nullptr, centres.data(), y.data());
  report.check("distances", y, expected, kDoubleProduct, std::to_string(rows) + "x" + std::to_string(width) + "x" + std::to_string(count));
}

}  // namespace

int test_products(jem::Context& context, const jem::Kernels& kernels, int cases) {
  Random random(1);
  Report report;
  for (int i = 0; i < cases; i++) {
    test_convolution(random, context, *kernels.products, report);
    test_matmul(random, context, *kernels.products, report);
    test_distances(random, context, *kernels.products, report);
  }
  return report.finish("products", cases);
}

}  // namespace jem_test
