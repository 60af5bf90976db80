// Element-wise kernels, reductions, pooling and copies against float64 on random odd shapes.
#include "../movement.h"
#include "reference.h"

namespace jem_test {
namespace {

using jem::Binary;
using jem::Broadcast;
using jem::Context;
using jem::Kernels;
using jem::Unary;

constexpr double kExact = 0, kRounded = 3e-7, kSum = 2e-6;

/** Compares element by element: the error relative to the expected value, or absolute below 1. */
void check_elements(Report& report, const std::string& kernel, const Floats& actual, const Doubles& expected, double bound) {
  double worst = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    const bool same = static_cast<float>(expected[i]) == actual[i] || (std::isnan(expected[i]) && std::isnan(actual[i]));
    const double error = same ? 0 : fabs(actual[i] - expected[i]) / fmax(1, fabs(expected[i]));
    worst = error > worst || std::isnan(error) ? error : worst;
  }
  report.record(kernel, worst, bound, std::to_string(expected.size()));
}

void test_unary(Random& random, Context& context, const Kernels& kernels, Report& report) {
  struct Case {
    const char* name;
    Unary op;
    double (*reference)(double);
  };
  static const Case kCases[] = {
      {"exp", Unary::kExp, exp}, {"expm1", Unary::kExpm1, expm1}, {"log", Unary::kLog, log}, {"log1p", Unary::kLog1p, log1p},
      {"sqrt", Unary::kSqrt, sqrt}, {"tanh", Unary::kTanh, tanh}, {"abs", Unary::kAbs, fabs},
      {"sigmoid", Unary::kSigmoid, [](double v) { return 1 / (1 + exp(-v)); }},
      {"softplus", Unary::kSoftplus, [](double v) { return fmax(v, 0) + log1p(exp(-fabs(v))); }},
      {"elu", Unary::kElu, [](double v) { return v >= 0 ? v : expm1(v); }},
      {"relu", Unary::kRelu, [](double v) { return v < 0 ? 0 : v; }},
      {"square", Unary::kSquare, [](double v) { return v * v; }},
  };
  Floats x = random.normals(random.integer(1, 40000));
  const float scale = random.one_of({1, 1, 10, 60});
  for (float& value : x) value *= scale;
  const float special[] = {0.f, -0.f, HUGE_VALF, -HUGE_VALF, NAN, 88.7f, -87.5f, 1e-38f, 1e-42f, 3e38f, 1e-8f, -1e-8f};
  for (size_t i = 0; i < sizeof special / sizeof special[0] && i < x.size(); i++) x[i] = special[i];
  for (const Case& c : kCases) {
    Floats y(x.size(), -1);
    Doubles expected(x.size());
    for (size_t i = 0; i < x.size(); i++) expected[i] = c.reference(x[i]);
    kernels.pointwise->unary(context, c.op, x.size(), x.data(), y.data(), 0, 0);
    check_elements(report, c.name, y, expected, kRounded);
  }
}

void test_binary(Random& random, Context& context, const Kernels& kernels, Report& report) {
  Broadcast s;
  const int sides[3] = {random.integer(1, 5), random.integer(1, 40), random.integer(1, 300)};
  s.outer = sides[0], s.middle = sides[1], s.inner = sides[2];
  size_t a_size = 1, b_size = 1;
  for (int axis = 2; axis >= 0; axis--) {
    const int pattern = random.integer(0, 3);
    s.a_stride[axis] = pattern & 1 ? 0 : static_cast<int>(a_size);
    s.b_stride[axis] = pattern & 2 ? 0 : static_cast<int>(b_size);
    if (!(pattern & 1)) a_size *= sides[axis];
    if (!(pattern & 2)) b_size *= sides[axis];
  }
  const Floats a = random.normals(a_size), b = random.normals(b_size);
  const size_t n = static_cast<size_t>(s.outer) * s.middle * s.inner;
  Floats sum(n, NAN), larger(n, NAN), greater(n, NAN);
  std::vector<uint8_t> flags(n, 2);
  Doubles expected_sum(n), expected_larger(n), expected_greater(n);
  for (size_t i = 0; i < n; i++) {
    const size_t at[3] = {i / s.inner / s.middle, i / s.inner % s.middle, i % s.inner};
    size_t p = 0, q = 0;
    for (int axis = 0; axis < 3; axis++) p += at[axis] * s.a_stride[axis], q += at[axis] * s.b_stride[axis];
    expected_sum[i] = a[p] + b[q], expected_larger[i] = fmax(a[p], b[q]), expected_greater[i] = a[p] > b[q];
  }
  kernels.pointwise->binary(context, Binary::kAdd, s, a.data(), b.data(), sum.data(), 0);
  kernels.pointwise->binary(context, Binary::kMaximum, s, a.data(), b.data(), larger.data(), 0);
  kernels.pointwise->compare(context, jem::Comparison::kGreater, s, a.data(), b.data(), flags.data());
  for (size_t i = 0; i < n; i++) greater[i] = flags[i];
  check_elements(report, "add", sum, expected_sum, kExact);
  check_elements(report, "maximum", larger, expected_larger, kExact);
  check_elements(report, "greater", greater, expected_greater, kExact);
}

void test_reduction(Random& random, Context& context, const Kernels& kernels, Report& report) {
  const int outer = random.integer(1, 12), middle = random.integer(1, 700), inner = random.one_of({1, 1, 7, 40, 600});
  const Floats x = random.normals(static_cast<size_t>(outer) * middle * inner);
  const size_t n = static_cast<size_t>(outer) * inner;
  Floats sum(n, NAN), largest(n, NAN), place(n, NAN);
  std::vector<int32_t> index(n, -1);
  Doubles expected_sum(n, 0), expected_largest(n, -1e30), expected_place(n, 0);
  double magnitude = 0;
  for (int o = 0; o < outer; o++) {
    for (int m = 0; m < middle; m++) {
      for (int i = 0; i < inner; i++) {
        const double value = x[(static_cast<size_t>(o) * middle + m) * inner + i];
        const size_t to = static_cast<size_t>(o) * inner + i;
        expected_sum[to] += value, magnitude += fabs(value) / n;
        if (value > expected_largest[to]) expected_largest[to] = value, expected_place[to] = m;
      }
    }
  }
  kernels.pointwise->reduce(context, jem::Reduction::kSum, outer, middle, inner, x.data(), sum.data(), 1);
  kernels.pointwise->reduce(context, jem::Reduction::kMax, outer, middle, inner, x.data(), largest.data(), 1);
  kernels.pointwise->arg_reduce(context, true, outer, middle, inner, x.data(), index.data());
  double worst = 0;
  for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs(sum[i] - expected_sum[i]) / magnitude), place[i] = static_cast<float>(index[i]);
  report.record("sum", worst, kSum, std::to_string(outer) + "x" + std::to_string(middle) + "x" + std::to_string(inner));
  check_elements(report, "max", largest, expected_largest, kExact);
  check_elements(report, "argmax", place, expected_place, kExact);
}

void test_gram(Random& random, Context& context, const Kernels& kernels, Report& report) {
  const int batch = random.integer(1, 4), positions = random.one_of({1, 3, 49, 64, 65, 200});
  const int channels = random.one_of({1, 3, 8, 16, 32, 37});
  const std::vector<int32_t> powers = random.integer(0, 1) ? std::vector<int32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
                                                           : std::vector<int32_t>{2, 1, 5, 13};
  Floats x = random.normals(static_cast<size_t>(batch) * positions * channels);
  const float scale = random.integer(0, 1) ? 1e15f : 1e-25f;
  for (float& value : x) value *= scale;
  const int count = static_cast<int>(powers.size());
  const size_t each = static_cast<size_t>(positions) * channels, width = 1 + static_cast<size_t>(count) * channels;
  Floats y(batch * width, NAN), scales(batch), roots(batch * (width - 1));
  Doubles expected_scales(batch, 0), expected(batch * (width - 1)), magnitude(batch * (width - 1));
  kernels.pointwise->gram(context, batch, positions, channels, count, powers.data(), x.data(), y.data());
  for (int b = 0; b < batch; b++) {
    const float* map = x.data() + b * each;
    for (size_t i = 0; i < each; i++) expected_scales[b] = fmax(expected_scales[b], fabs(map[i]));
    scales[b] = y[b * width];
    for (int p = 0; p < count; p++) {
      for (int c = 0; c < channels; c++) {
        double sum = 0, size = 0;
        for (int t = 0; t < positions; t++) {
          double row = 0;
          for (int j = 0; j < channels; j++) row += pow(map[t * channels + j] / expected_scales[b], powers[p]);
          const double term = pow(map[t * channels + c] / expected_scales[b], powers[p]) * row;
          sum += term, size += fabs(term);
        }
        const size_t to = b * (width - 1) + p * channels + c;
        // The error of a root grows without bound as its sum cancels to 0: that of the sum does not.
        const float root = y[b * width + 1 + p * channels + c];
        expected[to] = sum / size, roots[to] = static_cast<float>(copysign(pow(fabs(root), powers[p]), root) / size);
      }
    }
  }
  check_elements(report, "gram", roots, expected, 2e-6);
  check_elements(report, "gram scale", scales, expected_scales, kExact);
  Doubles low(2 * (width - 1)), high(2 * (width - 1)), expected_deviations(batch, 0), found_deviations(batch);
  for (size_t i = 0; i < low.size(); i++) {
    const double middle = y[1 + i % (width - 1)] * static_cast<double>(scale) * scale * (i < width - 1 ? 1.2 : 0.5);
    low[i] = middle - 0.1 * fabs(middle), high[i] = middle + 0.1 * fabs(middle);
  }
  std::vector<int32_t> which(batch);
  Floats pairs(2 * batch, NAN);
  for (int32_t& index : which) index = random.integer(0, 1);
  kernels.pointwise->deviations(context, batch, static_cast<int>(width) - 1, y.data(), low.data(), high.data(), which.data(), pairs.data());
  for (int b = 0; b < batch; b++) {
    for (size_t i = 0; i < width - 1; i++) {
      const double value = y[b * width + 1 + i] * static_cast<double>(y[b * width]) * y[b * width];
      const size_t at = which[b] * (width - 1) + i;
      if (value < low[at]) expected_deviations[b] += (low[at] - value) / fabs(low[at] + 1e-6);
      else if (value > high[at]) expected_deviations[b] += (value - high[at]) / fabs(high[at] + 1e-6);
    }
    found_deviations[b] = static_cast<double>(pairs[2 * b]) + pairs[2 * b + 1];
  }
  report.check("deviations", found_deviations, expected_deviations, 1e-12, std::to_string(width));
}

/** The phrases of the first `n` symbols, by searching. */
int phrases_of(const std::vector<int>& symbols, int n) {
  int phrases = 0;
  for (int begin = 0; begin < n; phrases++) {
    int end = begin;
    const auto occurs = [&](int length) {
      for (int from = 0; from < begin; from++) {
        if (std::equal(symbols.begin() + from, symbols.begin() + from + length, symbols.begin() + begin)) return true;
      }
      return false;
    };
    while (end < n && occurs(end + 1 - begin)) end++;
    begin = end + 1;
  }
  return phrases;
}

void test_compression(Random& random, Context& context, const Kernels& kernels, Report& report) {
  const int batch = random.integer(1, 3), channels = random.one_of({1, 3, 8, 16, 19});
  const int positions = random.one_of({1, 2, 7, 31, 32, 33, 63, 64, 65, 130, 300, 1500}), levels = random.one_of({1, 2, 4, 9, 255});
  const size_t each = static_cast<size_t>(positions) * channels;
  Floats x = random.normals(batch * each), edges((levels - 1) * channels), y(batch * channels * 4, NAN);
  const bool repeats = random.integer(0, 1), rectified = random.integer(0, 1);
  for (size_t i = 0; i < x.size(); i++) {
    if (repeats && i >= 3 * static_cast<size_t>(channels)) x[i] = x[i - 3 * channels];
    if (rectified && x[i] < 0) x[i] = i % 2 ? 0.f : -0.f;
  }
  for (int e = 0; e + 1 < levels; e++) {
    for (int c = 0; c < channels; c++) edges[e * channels + c] = c == 1 ? HUGE_VALF : 4.f * (e + 1) / levels - 2;
  }
  std::vector<uint8_t> prototypes(2 * each);
  for (uint8_t& symbol : prototypes) symbol = static_cast<uint8_t>(random.integer(0, 255));
  std::vector<int32_t> which(batch);
  for (int32_t& index : which) index = random.integer(0, 1);
  kernels.pointwise->compression(context, batch, positions, channels, levels, x.data(), edges.data(), prototypes.data(),
                                 which.data(), y.data());
  Doubles averages(batch * channels, 0), found_averages(batch * channels), counts;
  Floats found_counts;
  for (int i = 0; i < batch * channels; i++) {
    const int item = i / channels, c = i % channels;
    std::vector<int> symbols(2 * positions);
    for (int t = 0; t < positions; t++) {
      const float value = x[item * each + t * channels + c];
      averages[i] += value;
      symbols[t] = value == 0 ? 0 : 1;
      for (int e = 0; value != 0 && e + 1 < levels; e++) symbols[t] += value > edges[e * channels + c];
      symbols[positions + t] = std::min<int>(levels, prototypes[which[item] * each + c * positions + t]);
    }
    averages[i] /= positions;
    found_averages[i] = static_cast<double>(y[4 * i]) + y[4 * i + 1];
    for (int part = 1; part <= 2; part++) {
      counts.push_back(phrases_of(symbols, part * positions)), found_counts.push_back(y[4 * i + 1 + part]);
    }
  }
  report.check("compression averages", found_averages, averages, 1e-13, std::to_string(positions));
  check_elements(report, "compression", found_counts, counts, kExact);
}

void test_pooling(Random& random, Context& context, const Kernels& kernels, Report& report) {
  Window w;
  w.batch = random.integer(1, 5), w.in_channels = random.one_of({1, 3, 16, 17, 40});
  const int multiplier = random.one_of({1, 1, 2, 3});
  w.kernel_height = random.integer(1, 4), w.kernel_width = random.integer(1, 4);
  w.stride_height = random.integer(1, 3), w.stride_width = random.integer(1, 3);
  w.dilation_height = random.integer(1, 2), w.dilation_width = random.integer(1, 2);
  w.out_channels = w.in_channels;
  w = random_window(random, w);
  const std::string shape = describe(w);
  const int channels = w.in_channels;
  const Floats x = random.normals(in_size(w)), dy = random.normals(out_size(w));
  Doubles sum(dy.size(), 0), largest(dy.size(), -HUGE_VAL), count(dy.size(), 0), dx(x.size(), 0), average_dx(x.size(), 0);
  std::vector<size_t> place(dy.size());
  for_taps(w, [&](size_t out, size_t in, size_t) {
    for (int c = 0; c < channels; c++) {
      const size_t to = out * channels + c, from = in * channels + c;
      sum[to] += x[from], count[to]++;
      average_dx[from] += static_cast<double>(dy[to]) / (w.kernel_height * w.kernel_width);
      if (x[from] > largest[to]) largest[to] = x[from], place[to] = from;
    }
  });
  Floats y(dy.size(), NAN), gradient(x.size(), NAN);
  for (size_t i = 0; i < dy.size(); i++) {
    if (count[i] > 0) dx[place[i]] += dy[i];
  }
  kernels.pointwise->max_pool(context, w, x.data(), y.data());
  check_elements(report, "max pool", y, largest, kExact);
  kernels.pointwise->max_pool_gradient(context, w, dy.data(), x.data(), gradient.data());
  // As many roundings as a window has taps, of sums several times the root mean square.
  const double scattered = 4e-7 * w.kernel_height * w.kernel_width;
  report.check("max pool gradient", gradient, dx, scattered, shape);
  for (size_t i = 0; i < dy.size(); i++) sum[i] /= count[i];
  kernels.pointwise->average_pool(context, w, x.data(), y.data());
  check_elements(report, "average pool", y, sum, kSum);
  kernels.pointwise->average_pool_gradient(context, w, dy.data(), gradient.data());
  report.check("average pool gradient", gradient, average_dx, scattered, shape);

  w.out_channels = channels * multiplier;
  const Floats filter = random.normals(static_cast<size_t>(w.kernel_height) * w.kernel_width * w.out_channels);
  const Floats wide_dy = random.normals(out_size(w));
  Floats wide(wide_dy.size(), NAN), dfilter(filter.size(), NAN);
  Doubles expected(wide.size(), 0), expected_filter(filter.size(), 0), expected_dx(x.size(), 0);
  for_taps(w, [&](size_t out, size_t in, size_t tap) {
    for (int q = 0; q < w.out_channels; q++) {
      const size_t to = out * w.out_channels + q, from = in * channels + q / multiplier, weight = tap * w.out_channels + q;
      expected[to] += static_cast<double>(x[from]) * filter[weight];
      expected_filter[weight] += static_cast<double>(x[from]) * wide_dy[to];
      expected_dx[from] += static_cast<double>(wide_dy[to]) * filter[weight];
    }
  });
  kernels.pointwise->depthwise(context, w, x.data(), filter.data(), wide.data());
  report.check("depthwise", wide, expected, 1e-5, shape);
  kernels.pointwise->depthwise_input_gradient(context, w, wide_dy.data(), filter.data(), gradient.data());
  report.check("depthwise dx", gradient, expected_dx, 1e-5, shape);
  kernels.pointwise->depthwise_filter_gradient(context, w, x.data(), wide_dy.data(), dfilter.data());
  report.check("depthwise dfilter", dfilter, expected_filter, 5e-5, shape);
}

void test_rows(Random& random, Context& context, const Kernels& kernels, Report& report) {
  const int rows = random.integer(1, 90), columns = random.integer(1, 300);
  const Floats x = random.normals(static_cast<size_t>(rows) * columns);
  Floats y(x.size(), NAN), moved(x.size(), NAN);
  Doubles softmax(x.size()), log_softmax(x.size()), transposed(x.size());
  for (int r = 0; r < rows; r++) {
    double total = 0;
    for (int c = 0; c < columns; c++) total += exp(x[r * columns + c]);
    for (int c = 0; c < columns; c++) {
      softmax[r * columns + c] = exp(x[r * columns + c]) / total;
      log_softmax[r * columns + c] = x[r * columns + c] - log(total);
      transposed[c * rows + r] = x[r * columns + c];
    }
  }
  kernels.pointwise->softmax(context, false, rows, columns, x.data(), y.data());
  check_elements(report, "softmax", y, softmax, kSum);
  kernels.pointwise->softmax(context, true, rows, columns, x.data(), y.data());
  check_elements(report, "log softmax", y, log_softmax, kSum);
  const int axes[] = {columns, rows, 1, columns, rows, 1};
  jem::move_strided(context, 2, axes, 4, x.data(), 0, moved.data(), 0);
  check_elements(report, "transpose", moved, transposed, kExact);
}

/** Equal keys give equal noise, wherever the block of a thread begins; moments are those of a normal. */
void test_noise(Context& context, const Kernels& kernels, Report& report) {
  constexpr size_t kSize = 100001, kPrefix = 777;
  const Floats zeros(kSize, 0);
  Floats all(kSize), prefix(kPrefix);
  kernels.noise->langevin(context, kSize, zeros.data(), zeros.data(), 0, 1, 3, 4, HUGE_VALF, -HUGE_VALF, HUGE_VALF, all.data());
  kernels.noise->langevin(context, kPrefix, zeros.data(), zeros.data(), 0, 1, 3, 4, HUGE_VALF, -HUGE_VALF, HUGE_VALF,
                          prefix.data());
  double sum = 0, square = 0;
  for (float value : all) sum += value, square += static_cast<double>(value) * value;
  report.record("noise prefix", std::equal(prefix.begin(), prefix.end(), all.begin()) ? 0 : 1, kExact, "");
  report.record("noise mean", fabs(sum / kSize), 0.013, "");
  report.record("noise variance", fabs(square / kSize - 1), 0.018, "");
}

/** The bounds of a Langevin step, without noise. */
void test_langevin(Random& random, Context& context, const Kernels& kernels, Report& report) {
  const size_t n = random.integer(1, 40000);
  const Floats x = random.normals(n), gradient = random.normals(n);
  Floats y(n, NAN);
  Doubles expected(n);
  for (size_t i = 0; i < n; i++) {
    const float drift = 0.5f * fminf(fmaxf(gradient[i], -0.8f), 0.8f);
    expected[i] = fminf(fmaxf(x[i] + drift, -1), 1.2f);
  }
  kernels.noise->langevin(context, n, x.data(), gradient.data(), 0.5f, 0, 3, 4, 0.8f, -1, 1.2f, y.data());
  check_elements(report, "langevin", y, expected, kExact);
}

}  // namespace

int test_pointwise(Context& context, const Kernels& kernels, int cases) {
  Random random(2);
  Report report;
  test_noise(context, kernels, report);
  for (int i = 0; i < cases; i++) {
    test_unary(random, context, kernels, report);
    test_binary(random, context, kernels, report);
    test_reduction(random, context, kernels, report);
    test_pooling(random, context, kernels, report);
    test_gram(random, context, kernels, report);
    test_compression(random, context, kernels, report);
    test_rows(random, context, kernels, report);
    test_langevin(random, context, kernels, report);
  }
  return report.finish("pointwise", cases);
}

}  // namespace jem_test
