// Convolutions and matrix products, compiled once for each instruction set.
#include "convolution.h"
#include "convolution_filter_gradient.h"
#include "convolution_input_gradient.h"
#include "distances.h"
#include "matmul.h"
#include "winograd.h"
#include "winograd_filter_gradient.h"

#define JEM_STRING_OF(name) #name
#define JEM_STRING(name) JEM_STRING_OF(name)

namespace jem {
namespace JEM_ISA {

extern const ProductKernels product_kernels;
const ProductKernels product_kernels = {
    JEM_STRING(JEM_ISA),
    convolve_forward,
    packed_size,
    pack_filter,
    convolve_packed,
    convolve_input_gradient,
    convolve_filter_gradient,
    winograd_size,
    winograd_transform,
    winograd,
    winograd_input_gradient,
    winograd_filter_gradient,
    matmul<float>,
    matmul<double>,
    squared_distances,
};

}  // namespace JEM_ISA
}  // namespace jem
