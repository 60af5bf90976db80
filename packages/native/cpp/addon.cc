// The binding: Node-API's C interface only, so that one binary serves every version of Node.
#include <utility>

#include "arguments.h"
#include "movement.h"

namespace jem {
namespace {

/** What one JavaScript thread has: its own threads, scratch memory and choice of kernels. */
struct Instance {
  Context context{1};
  Kernels kernels = pick_kernels(nullptr);
};

constexpr size_t kMaxArguments = 16;

/** The arguments of a call; those that were not given are undefined. */
struct Call {
  napi_env env;
  napi_value values[kMaxArguments];
  Instance* instance;

  Call(napi_env e, napi_callback_info info) : env(e) {
    size_t count = kMaxArguments;
    napi_get_cb_info(env, info, &count, values, nullptr, nullptr);
    void* data;
    napi_get_instance_data(env, &data);
    instance = static_cast<Instance*>(data);
  }
  Context& context() const { return instance->context; }
  template <class Type>
  Type get(size_t i) const {
    return Argument<Type>::of(env, values[i]);
  }
};

/** Runs a function of a call and turns what it throws into a JavaScript error. */
template <class Body>
napi_value guarded(napi_env env, napi_callback_info info, const Body& body) {
  try {
    return body(Call(env, info));
  } catch (const OutOfMemory&) {
    napi_throw_range_error(env, nullptr, "Cannot run a native kernel: there is no memory left for its scratch space");
  } catch (const BadArgument&) {
    napi_throw_type_error(env, nullptr, "Cannot run a native kernel: an argument has a type that it does not take");
  } catch (...) {
    napi_throw_error(env, nullptr, "Cannot run a native kernel: the system gave it no memory or threads");
  }
  return nullptr;
}

template <class... Types, size_t... Index>
void apply(const Call& call, void (*kernel)(Context&, Types...), std::index_sequence<Index...>) {
  kernel(call.context(), call.get<Types>(Index)...);
}
template <class... Types>
void apply(const Call& call, void (*kernel)(Context&, Types...)) {
  apply(call, kernel, std::index_sequence_for<Types...>());
}

/** A kernel of a table as a JavaScript function: its C++ parameters say how to convert the arguments. */
template <auto Table, auto Kernel>
napi_value kernel(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) -> napi_value {
    apply(call, (call.instance->kernels.*Table)->*Kernel);
    return nullptr;
  });
}

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

/** `configure(threads, isa)`: returns the name of the instruction set. */
napi_value configure(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) {
    char name[16] = "";
    size_t length = 0;
    const bool named = napi_get_value_string_utf8(call.env, call.values[1], name, sizeof name, &length) == napi_ok;
    call.instance->kernels = pick_kernels(named && length > 0 ? name : nullptr);
    call.context().set_threads(call.get<int>(0));
    napi_value result;
    napi_create_string_utf8(call.env, call.instance->kernels.products->name, NAPI_AUTO_LENGTH, &result);
    return result;
  });
}

napi_value scratch_bytes(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) {
    return number(call.env, static_cast<double>(call.context().scratch_bytes()));
  });
}

/** `allocate(bytes)`: an ArrayBuffer over native memory, or undefined where there is none to be had. */
napi_value allocate_buffer(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) -> napi_value {
    const size_t bytes = call.get<size_t>(0);
    void* memory = allocate(bytes);
    if (memory == nullptr) return nullptr;
    napi_value buffer;
    const auto finalize = [](napi_env, void* data, void*) { release(data); };
    if (napi_create_external_arraybuffer(call.env, memory, bytes, finalize, nullptr, &buffer) == napi_ok) return buffer;
    release(memory);  // some runtimes allow no external memory: the caller has other ways
    return nullptr;
  });
}

/** `free(buffer)`: gives an allocated ArrayBuffer back now instead of at some garbage collection. */
napi_value free_buffer(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) -> napi_value {
    napi_detach_arraybuffer(call.env, call.values[0]);
    return nullptr;
  });
}

enum ConvolutionKind { kForward, kInputGradient, kFilterGradient, kForwardPacked };

/**
 * `convolve(kind, window, a, b, result, transformed, bias, addend, mask, activate, alpha, lowest, cap)`; `transformed`
 * is the transformed filter for Winograd's algorithm, 0 for the direct one, or 1 for the filter gradient by Winograd's.
 * `b` is the packed filter for `kForwardPacked`.
 */
napi_value convolve(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) -> napi_value {
    const ProductKernels& kernels = *call.instance->kernels.products;
    Context& context = call.context();
    const Window& window = call.get<const Window&>(1);
    const float* a = call.get<const float*>(2);
    const float* b = call.get<const float*>(3);
    float* result = call.get<float*>(4);
    if (call.get<int>(0) == kFilterGradient) {
      const bool winograd = call.get<bool>(5);
      (winograd ? kernels.winograd_filter_gradient : kernels.convolve_filter_gradient)(context, window, a, b, result);
      return nullptr;
    }
    Epilogue epilogue;
    epilogue.bias = call.get<const float*>(6);
    epilogue.addend = call.get<const float*>(7);
    epilogue.mask = call.get<const float*>(8);
    epilogue.activate = call.get<bool>(9);
    epilogue.alpha = call.get<float>(10);
    epilogue.lowest = call.get<float>(11);
    epilogue.cap = call.get<float>(12);
    const float* transformed = call.get<const float*>(5);
    if (call.get<int>(0) == kForwardPacked) {
      kernels.convolve_packed(context, window, a, b, result, epilogue);
      return nullptr;
    }
    const bool forward = call.get<int>(0) == kForward;
    if (transformed) {
      (forward ? kernels.winograd : kernels.winograd_input_gradient)(context, window, a, transformed, result, epilogue);
    } else {
      (forward ? kernels.convolve : kernels.convolve_input_gradient)(context, window, a, b, result, epilogue);
    }
    return nullptr;
  });
}

napi_value packed_size(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) {
    const auto size = call.instance->kernels.products->packed_size(call.get<const Window&>(0));
    return number(call.env, static_cast<double>(size));
  });
}

napi_value winograd_size(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) {
    const auto size = call.instance->kernels.products->winograd_size(call.get<const Window&>(0), call.get<bool>(1));
    return number(call.env, static_cast<double>(size));
  });
}

napi_value move_strided_call(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) -> napi_value {
    const int rank = call.get<int>(0);
    if (rank < 1 || rank > kMaxRank) throw BadArgument{};
    const int* axes = call.get<const int*>(1);
    for (int i = 0; i < rank; i++) {
      if (axes[i] < 1) throw BadArgument{};
    }
    move_strided(call.context(), rank, axes, call.get<int>(2), bytes_of(call.env, call.values[3]),
                 call.get<size_t>(4), bytes_of(call.env, call.values[5]), call.get<size_t>(6));
    return nullptr;
  });
}

napi_value gather_call(napi_env env, napi_callback_info info) {
  return guarded(env, info, [](const Call& call) {
    const bool inside = gather(call.context(), call.get<int>(0), call.get<int>(1), call.get<int>(2), call.get<int>(3),
                               call.get<int>(4), call.get<const float*>(5), call.get<const int32_t*>(6),
                               call.get<float*>(7));
    return number(call.env, inside ? 1 : 0);
  });
}

/** To be raised with every change of a function's arguments, here and in `src/_addon.ts`: a stale binary would crash. */
constexpr int kInterface = 6;

struct Export {
  const char* name;
  napi_callback function;
};

#define JEM_PRODUCT(name) kernel<&Kernels::products, &ProductKernels::name>
#define JEM_POINTWISE(name) kernel<&Kernels::pointwise, &PointwiseKernels::name>

const Export kExports[] = {
    {"configure", configure},
    {"scratchBytes", scratch_bytes},
    {"allocate", allocate_buffer},
    {"free", free_buffer},
    {"convolve", convolve},
    {"packedSize", packed_size},
    {"packFilter", JEM_PRODUCT(pack_filter)},
    {"winogradSize", winograd_size},
    {"winogradTransform", JEM_PRODUCT(winograd_transform)},
    {"matmul", JEM_PRODUCT(matmul)},
    {"matmulDouble", JEM_PRODUCT(matmul_double)},
    {"squaredDistances", JEM_PRODUCT(squared_distances)},
    {"unary", JEM_POINTWISE(unary)},
    {"binary", JEM_POINTWISE(binary)},
    {"compare", JEM_POINTWISE(compare)},
    {"select", JEM_POINTWISE(select)},
    {"reduce", JEM_POINTWISE(reduce)},
    {"argReduce", JEM_POINTWISE(arg_reduce)},
    {"softmax", JEM_POINTWISE(softmax)},
    {"batchNorm", JEM_POINTWISE(batch_norm)},
    {"adam", JEM_POINTWISE(adam)},
    {"maxPool", JEM_POINTWISE(max_pool)},
    {"maxPoolGradient", JEM_POINTWISE(max_pool_gradient)},
    {"averagePool", JEM_POINTWISE(average_pool)},
    {"averagePoolGradient", JEM_POINTWISE(average_pool_gradient)},
    {"depthwise", JEM_POINTWISE(depthwise)},
    {"depthwiseInputGradient", JEM_POINTWISE(depthwise_input_gradient)},
    {"depthwiseFilterGradient", JEM_POINTWISE(depthwise_filter_gradient)},
    {"gram", JEM_POINTWISE(gram)},
    {"deviations", JEM_POINTWISE(deviations)},
    {"compression", JEM_POINTWISE(compression)},
    {"langevin", kernel<&Kernels::noise, &NoiseKernels::langevin>},
    {"moveStrided", move_strided_call},
    {"gather", gather_call},
};

}  // namespace
}  // namespace jem

NAPI_MODULE_INIT() {
  using jem::Instance;
  napi_set_instance_data(
      env, new Instance(), [](napi_env, void* data, void*) { delete static_cast<Instance*>(data); }, nullptr);
  for (const auto& entry : jem::kExports) {
    napi_value function;
    napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, nullptr, &function);
    napi_set_named_property(env, exports, entry.name, function);
  }
  napi_set_named_property(env, exports, "interface", jem::number(env, jem::kInterface));
  return exports;
}
