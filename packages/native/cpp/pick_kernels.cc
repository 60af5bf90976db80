#include <string.h>

#include "kernels.h"

namespace jem {

#define JEM_DECLARE(isa)                              \
  namespace isa {                                     \
  extern const ProductKernels product_kernels;        \
  extern const PointwiseKernels pointwise_kernels;    \
  extern const NoiseKernels noise_kernels;            \
  }
#define JEM_KERNELS(isa) Kernels{&isa::product_kernels, &isa::pointwise_kernels, &isa::noise_kernels}

JEM_DECLARE(baseline)
#if defined(__x86_64__)
JEM_DECLARE(avx2)
JEM_DECLARE(avx512)
#endif

Kernels pick_kernels(const char* name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  const bool any = name == nullptr;
  if (has_avx512 && (any || strcmp(name, "avx512") == 0)) return JEM_KERNELS(avx512);
  if (has_avx2 && (any || strcmp(name, "avx2") == 0)) return JEM_KERNELS(avx2);
#else
  (void)name;
  (void)strcmp;
#endif
  return JEM_KERNELS(baseline);
}

}  // namespace jem
