// Functions of one and two tensors, element by element, with broadcasting.
#pragma once
#include "vector_math.h"

namespace jem {
namespace JEM_ISA {
namespace {

constexpr size_t kElementBlock = 32768;

/** `y[i] = f(x[i])` on whole vectors; the last part is computed in a vector of its own. */
template <class F>
JEM_INLINE void map(Context& context, size_t n, const float* x, float* y, const F& f) {
  parallel_blocks(context, n, kElementBlock, [&](size_t begin, size_t end) {
    size_t i = begin;
    for (; i + kLanes <= end; i += kLanes) store(y + i, f(load(x + i)));
    if (i < end) store_part(y + i, f(load_part(x + i, static_cast<int>(end - i))), static_cast<int>(end - i));
  });
}

static void unary(Context& context, Unary op, size_t n, const float* x, float* y, float alpha, float beta) {
  const Vec a = splat(alpha), b = splat(beta), zero = Vec{}, one = splat(1.f);
  switch (op) {
#define JEM_UNARY(name, expression) \
  case Unary::name:                 \
    return map(context, n, x, y, [=](Vec v) -> Vec { return expression; });
    JEM_UNARY(kNeg, -v)
    JEM_UNARY(kExp, exp_of(v))
    JEM_UNARY(kExpm1, expm1_of(v))
    JEM_UNARY(kLog, log_of(v))
    JEM_UNARY(kLog1p, log1p_of(v))
    JEM_UNARY(kSqrt, square_root(v))
    JEM_UNARY(kRsqrt, one / square_root(v))
    JEM_UNARY(kSquare, v * v)
    JEM_UNARY(kAbs, abs_of(v))
    JEM_UNARY(kReciprocal, one / v)
    JEM_UNARY(kRelu, v < zero ? zero : v)
    JEM_UNARY(kRelu6, (v < zero ? zero : v) > 6.f ? splat(6.f) : (v < zero ? zero : v))
    JEM_UNARY(kSigmoid, sigmoid_of(v))
    JEM_UNARY(kTanh, tanh_of(v))
    JEM_UNARY(kSoftplus, softplus_of(v))
    JEM_UNARY(kErf, erf_of(v))
    JEM_UNARY(kScale, v * a)
    JEM_UNARY(kFill, (static_cast<void>(v), a))
    // Every branch is computed before the choice: a product that may not happen is not vectorised.
    case Unary::kLeakyRelu:
      return map(context, n, x, y, [=](Vec v) -> Vec {
        const Vec scaled = v * a;
        return v > zero ? v : scaled;
      });
    case Unary::kElu:
      return map(context, n, x, y, [=](Vec v) -> Vec {
        const Vec curve = expm1_of(v);
        return v >= zero ? v : curve;
      });
    case Unary::kSelu:
      return map(context, n, x, y, [=](Vec v) -> Vec {
        const Vec line = v * 1.0507009873554805f, curve = expm1_of(v) * 1.7580993408473768f;
        return v >= zero ? line : curve;
      });
    case Unary::kStep:
      return map(context, n, x, y, [=](Vec v) -> Vec {
        const Vec side = v > zero ? one : a;
        return v == v ? side : v;
      });
    case Unary::kSign:
      return map(context, n, x, y, [=](Vec v) -> Vec {
        const Vec positive = v > zero ? one : zero;
        return v < zero ? -one : positive;
      });
    case Unary::kClip:
      return map(context, n, x, y, [=](Vec v) -> Vec {
        const Vec low = v < a ? a : v;
        return v > b ? b : low;
      });
#undef JEM_UNARY
  }
}

/** Calls `row(index, a, b)` for each row of a broadcast's innermost axis. */
template <class Row>
JEM_INLINE void broadcast_rows(Context& context, const Broadcast& s, const float* a, const float* b, const Row& row) {
  const int rows = s.outer * s.middle;
  const int block = max_of(1, static_cast<int>(kElementBlock) / max_of(1, s.inner));
  const bool serial = static_cast<size_t>(rows) * s.inner <= kSerialElements;
  const auto run = [&](int begin, int end) {
    int outer = begin / s.middle, middle = begin % s.middle;
    for (int r = begin; r < end; r++) {
      row(r, a + static_cast<size_t>(outer) * s.a_stride[0] + static_cast<size_t>(middle) * s.a_stride[1],
          b + static_cast<size_t>(outer) * s.b_stride[0] + static_cast<size_t>(middle) * s.b_stride[1]);
      if (++middle == s.middle) middle = 0, outer++;
    }
  };
  if (serial) return run(0, rows);
  parallel(context, ceil_div(rows, block), [&](int item, int) { run(item * block, min_of(rows, (item + 1) * block)); });
}

/** `y = f(a, b)` over `n` elements, either operand repeated where its stride is 0. */
template <class F>
JEM_INLINE void map_row(size_t n, bool a_varies, const float* a, bool b_varies, const float* b, float* y, const F& f) {
  const Vec a0 = splat(a[0]), b0 = splat(b[0]);
  size_t i = 0;
  if (a_varies && b_varies) {
    for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(a + i), load(b + i)));
  } else if (a_varies) {
    for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(a + i), b0));
  } else if (b_varies) {
    for (; i + kLanes <= n; i += kLanes) store(y + i, f(a0, load(b + i)));
  } else {
    const Vec value = f(a0, b0);
    for (; i + kLanes <= n; i += kLanes) store(y + i, value);
  }
  if (i == n) return;
  const int rest = static_cast<int>(n - i);
  store_part(y + i, f(a_varies ? load_part(a + i, rest) : a0, b_varies ? load_part(b + i, rest) : b0), rest);
}

template <class F>
JEM_INLINE void map_pairs(Context& context, const Broadcast& s, const float* a, const float* b, float* y, const F& f) {
  const bool a_varies = s.a_stride[2] != 0, b_varies = s.b_stride[2] != 0;
  if (s.outer == 1 && s.middle == 1) {  // one long row, which the threads share
    parallel_blocks(context, s.inner, kElementBlock, [&](size_t begin, size_t end) {
      map_row(end - begin, a_varies, a_varies ? a + begin : a, b_varies, b_varies ? b + begin : b, y + begin, f);
    });
    return;
  }
  broadcast_rows(context, s, a, b, [&](int row, const float* p, const float* q) {
    map_row(s.inner, a_varies, p, b_varies, q, y + static_cast<size_t>(row) * s.inner, f);
  });
}

static void binary(Context& context, Binary op, const Broadcast& s, const float* a, const float* b, float* y,
                   float alpha) {
  const Vec factor = splat(alpha), zero = Vec{};
  switch (op) {
#define JEM_BINARY(name, expression) \
  case Binary::name:                 \
    return map_pairs(context, s, a, b, y, [=](Vec p, Vec q) -> Vec { return expression; });
    JEM_BINARY(kAdd, p + q)
    JEM_BINARY(kSub, p - q)
    JEM_BINARY(kMultiply, p * q)
    JEM_BINARY(kDivide, p / q)
    JEM_BINARY(kSquaredDifference, (p - q) * (p - q))
#undef JEM_BINARY
    // NaN in either operand gives NaN, as Math.max does.
    case Binary::kMaximum:
      return map_pairs(context, s, a, b, y, [=](Vec p, Vec q) -> Vec {
        const Vec larger = p > q ? p : q;
        return p == p ? larger : p;
      });
    case Binary::kMinimum:
      return map_pairs(context, s, a, b, y, [=](Vec p, Vec q) -> Vec {
        const Vec smaller = p < q ? p : q;
        return p == p ? smaller : p;
      });
    // The backward of a leaky ReLU, from its output: p is dy.
    case Binary::kLeakyReluGrad:
      return map_pairs(context, s, a, b, y, [=](Vec p, Vec q) -> Vec {
        const Vec scaled = p * factor;
        return q > zero ? p : scaled;
      });
    case Binary::kEluGrad:
      return map_pairs(context, s, a, b, y, [=](Vec p, Vec q) -> Vec {
        const Vec scaled = p * (q + 1.f);
        return q >= zero ? p : scaled;
      });
    case Binary::kPrelu:
      return map_pairs(context, s, a, b, y, [=](Vec p, Vec q) -> Vec {
        const Vec scaled = p * q;
        return p < zero ? scaled : p;
      });
  }
}

template <class F>
JEM_INLINE void compare_pairs(Context& context, const Broadcast& s, const float* a, const float* b, uint8_t* y,
                              const F& f) {
  const size_t a_step = s.a_stride[2] != 0, b_step = s.b_stride[2] != 0;
  const auto run = [&](size_t n, const float* p, const float* q, uint8_t* to) {
    if (a_step && b_step) {
      for (size_t i = 0; i < n; i++) to[i] = f(p[i], q[i]);
    } else {
      for (size_t i = 0; i < n; i++) to[i] = f(p[i * a_step], q[i * b_step]);
    }
  };
  if (s.outer == 1 && s.middle == 1) {
    parallel_blocks(context, s.inner, kElementBlock, [&](size_t begin, size_t end) {
      run(end - begin, a + begin * a_step, b + begin * b_step, y + begin);
    });
    return;
  }
  broadcast_rows(context, s, a, b, [&](int row, const float* p, const float* q) {
    run(s.inner, p, q, y + static_cast<size_t>(row) * s.inner);
  });
}

static void compare(Context& context, Comparison op, const Broadcast& s, const float* a, const float* b, uint8_t* y) {
  switch (op) {
#define JEM_COMPARE(name, operator)                                                                              \
  case Comparison::name:                                                                                         \
    return compare_pairs(context, s, a, b, y, [](float p, float q) -> uint8_t { return p operator q; });
    JEM_COMPARE(kGreater, >)
    JEM_COMPARE(kGreaterEqual, >=)
    JEM_COMPARE(kLess, <)
    JEM_COMPARE(kLessEqual, <=)
    JEM_COMPARE(kEqual, ==)
    JEM_COMPARE(kNotEqual, !=)
#undef JEM_COMPARE
  }
}

static void select(Context& context, size_t n, const uint8_t* condition, const float* a, const float* b, float* y) {
  parallel_blocks(context, n, kElementBlock, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      const float p = a[i], q = b[i];
      y[i] = condition[i] ? p : q;
    }
  });
}

}  // namespace
}  // namespace JEM_ISA
}  // namespace jem
