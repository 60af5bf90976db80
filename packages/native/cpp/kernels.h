// The kernels as the binding sees them: one table for each instruction set, picked at run time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "context.h"

namespace jem {

/** A window sliding over images `[batch, height, width, channels]`: convolutions and pooling. */
struct Window {
  int batch, in_height, in_width, in_channels;
  int kernel_height, kernel_width, stride_height, stride_width, pad_top, pad_left;
  int out_height, out_width, out_channels;
  int dilation_height, dilation_width;
};

/**
 * What is done to a convolution's result while it is in registers, in this order: `+ bias[channel]`, `+ addend`,
 * activation, then the backward of an activation whose output was `mask` (times `alpha` where `mask` is not positive).
 */
struct Epilogue {
  const float* bias = nullptr;
  const float* addend = nullptr;
  const float* mask = nullptr;
  bool activate = false;
  /** The activation: `min(r, cap)` where `r` is positive, else `max(r, lowest) * alpha`. */
  float alpha = 0, lowest = 0, cap = 0;
  bool any() const { return bias || addend || mask || activate; }
};

/** A row-major broadcast over three axes: `a` and `b` are read with these strides, 0 on axes they lack. */
struct Broadcast {
  int outer, middle, inner;
  int a_stride[3], b_stride[3];
};

enum class Unary : int {
  kNeg, kExp, kExpm1, kLog, kLog1p, kSqrt, kRsqrt, kSquare, kAbs, kReciprocal, kRelu, kRelu6, kLeakyRelu, kElu, kSelu,
  kSigmoid, kTanh, kSoftplus, kErf, kStep, kSign, kClip, kScale, kFill
};
enum class Binary : int {
  kAdd, kSub, kMultiply, kDivide, kMaximum, kMinimum, kSquaredDifference, kLeakyReluGrad, kEluGrad, kPrelu
};
enum class Comparison : int { kGreater, kGreaterEqual, kLess, kLessEqual, kEqual, kNotEqual };
enum class Reduction : int { kSum, kMax, kMin };

/** Kernels made of small matrix products. */
struct ProductKernels {
  const char* name;
  void (*convolve)(Context&, const Window&, const float* x, const float* filter, float* y, const Epilogue&);
  /** The forward pass with a filter that `pack_filter` brought into another form of `packed_size` floats, or 0 where it stays as it is. */
  size_t (*packed_size)(const Window&);
  void (*pack_filter)(Context&, const Window&, const float* filter, float* packed);
  void (*convolve_packed)(Context&, const Window&, const float* x, const float* packed, float* y, const Epilogue&);
  void (*convolve_input_gradient)(Context&, const Window&, const float* dy, const float* filter, float* dx, const Epilogue&);
  void (*convolve_filter_gradient)(Context&, const Window&, const float* x, const float* dy, float* dfilter);
  /** How many floats the transformed filter takes; `for_gradient` for that of the input gradient. */
  size_t (*winograd_size)(const Window&, bool for_gradient);
  void (*winograd_transform)(Context&, const Window&, bool for_gradient, const float* filter, float* transformed);
  void (*winograd)(Context&, const Window&, const float* x, const float* transformed, float* y, const Epilogue&);
  void (*winograd_input_gradient)(Context&, const Window&, const float* dy, const float* transformed, float* dx, const Epilogue&);
  void (*winograd_filter_gradient)(Context&, const Window&, const float* x, const float* dy, float* dfilter);
  /** `c[i] = op(a[i]) op(b[i])` for `batch` matrices, `[m, k]` times `[k, n]`; a stride of 0 repeats one matrix. */
  void (*matmul)(Context&, int batch, size_t a_stride, size_t b_stride, bool transpose_a, bool transpose_b, int m, int n,
                 int k, const float* a, const float* b, float* c);
  void (*matmul_double)(Context&, int batch, size_t a_stride, size_t b_stride, bool transpose_a, bool transpose_b, int m,
                        int n, int k, const double* a, const double* b, double* c);
  /** The squared distances of rows to `count` centres, after `l` was solved for unless it is null: see `distances.h`. */
  void (*squared_distances)(Context&, int rows, int width, int count, const double* x, const double* l, const double* c,
                            double* y);
};

/** Kernels that touch each element a few times. */
struct PointwiseKernels {
  void (*unary)(Context&, Unary, size_t n, const float* x, float* y, float alpha, float beta);
  void (*binary)(Context&, Binary, const Broadcast&, const float* a, const float* b, float* y, float alpha);
  void (*compare)(Context&, Comparison, const Broadcast&, const float* a, const float* b, uint8_t* y);
  /** `y[i] = condition[i] ? a[i] : b[i]`. */
  void (*select)(Context&, size_t n, const uint8_t* condition, const float* a, const float* b, float* y);
  /** `y[outer, inner] = scale * reduce over middle of x[outer, middle, inner]`. */
  void (*reduce)(Context&, Reduction, int outer, int middle, int inner, const float* x, float* y, float scale);
  void (*arg_reduce)(Context&, bool largest, int outer, int middle, int inner, const float* x, int32_t* y);
  void (*softmax)(Context&, bool log, int rows, int columns, const float* x, float* y);
  void (*batch_norm)(Context&, size_t rows, int channels, const float* x, const float* mean, const float* variance,
                     const float* offset, const float* scale, float epsilon, float* y);
  void (*adam)(Context&, size_t n, const float* gradient, const float* value, const float* first, const float* second,
               float* new_value, float* new_first, float* new_second, const float* hyperparameters);
  void (*max_pool)(Context&, const Window&, const float* x, float* y);
  void (*max_pool_gradient)(Context&, const Window&, const float* dy, const float* x, float* dx);
  void (*average_pool)(Context&, const Window&, const float* x, float* y);
  void (*average_pool_gradient)(Context&, const Window&, const float* dy, float* dx);
  void (*depthwise)(Context&, const Window&, const float* x, const float* filter, float* y);
  void (*depthwise_input_gradient)(Context&, const Window&, const float* dy, const float* filter, float* dx);
  void (*depthwise_filter_gradient)(Context&, const Window&, const float* x, const float* dy, float* dfilter);
  /** The row sums of the Gram matrices of powers of `batch` maps, and what the maps were scaled by: see `gram.h`. */
  void (*gram)(Context&, int batch, int positions, int channels, int count, const int32_t* powers, const float* x, float* y);
  /** By how much those row sums leave their bounds: see `gram.h`. */
  void (*deviations)(Context&, int batch, int width, const float* rows, const double* low, const double* high,
                     const int32_t* which, float* y);
  /** Averages and phrases of Lempel and Ziv of the channels of `batch` maps, beside those of prototypes: see `compression.h`. */
  void (*compression)(Context&, int batch, int positions, int channels, int levels, const float* x, const float* edges,
                      const uint8_t* prototypes, const int32_t* which, float* y);
};

/** Kernels whose every bit is defined: compiled without contraction of `a * b + c`. */
struct NoiseKernels {
  /** `y = clip(x + step_size * clip(gradient, -gradient_clip, gradient_clip) + noise_scale * normal(key), low, high)`. */
  void (*langevin)(Context&, size_t n, const float* x, const float* gradient, float step_size, float noise_scale,
                   uint32_t key_high, uint32_t key_low, float gradient_clip, float low, float high, float* y);
};

struct Kernels {
  const ProductKernels* products;
  const PointwiseKernels* pointwise;
  const NoiseKernels* noise;
};

/** The kernels for an instruction set ("avx512", "avx2", "baseline"), or the best this machine has for nullptr. */
Kernels pick_kernels(const char* name);

}  // namespace jem
