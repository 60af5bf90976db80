// Element-wise kernels, reductions and pooling, compiled once for each instruction set.
#include "compression.h"
#include "depthwise.h"
#include "elementwise.h"
#include "gram.h"
#include "pooling.h"
#include "reduction.h"

namespace jem {
namespace JEM_ISA {
namespace {

/**
 * One step of Adam (Kingma and Ba 2015, algorithm 1) in one pass. Hyperparameters: learning rate, beta1, beta2,
 * 1 / (1 - beta1^t), 1 / (1 - beta2^t), epsilon.
 */
static void adam(Context& context, size_t n, const float* gradient, const float* value, const float* first,
                 const float* second, float* new_value, float* new_first, float* new_second,
                 const float* hyperparameters) {
  const float rate = hyperparameters[0], beta1 = hyperparameters[1], beta2 = hyperparameters[2];
  const float correction1 = hyperparameters[3], correction2 = hyperparameters[4], epsilon = hyperparameters[5];
  parallel_blocks(context, n, kElementBlock, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
      const float g = gradient[i], m = first[i] * beta1 + g * (1.f - beta1), v = second[i] * beta2 + g * g * (1.f - beta2);
      new_first[i] = m;
      new_second[i] = v;
      new_value[i] = value[i] - rate * (m * correction1) / (__builtin_sqrtf(v * correction2) + epsilon);
    }
  });
}

}  // namespace

extern const PointwiseKernels pointwise_kernels;
const PointwiseKernels pointwise_kernels = {
    unary,
    binary,
    compare,
    select,
    reduce,
    arg_reduce,
    softmax,
    batch_norm,
    adam,
    max_pool,
    max_pool_gradient,
    average_pool,
    average_pool_gradient,
    depthwise,
    depthwise_input_gradient,
    depthwise_filter_gradient,
    gram,
    deviations,
    compression,
};

}  // namespace JEM_ISA
}  // namespace jem
