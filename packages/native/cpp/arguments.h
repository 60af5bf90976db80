// Arguments of the addon's functions, from JavaScript values to C++ types.
#pragma once
#include <node_api.h>
#include <string.h>

#include "kernels.h"

namespace jem {

/** Thrown when a value is not of the type that a function takes; becomes a JavaScript TypeError. */
struct BadArgument {};

/** The bytes of a typed array, or null for any value that is not an object. */
inline void* bytes_of(napi_env env, napi_value value) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_object) return nullptr;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, nullptr, nullptr, &data, nullptr, nullptr) != napi_ok) throw BadArgument{};
  return data;
}

inline double number_of(napi_env env, napi_value value) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) throw BadArgument{};
  return number;
}

/** A structure of 32-bit integers, from an Int32Array of exactly its size. */
template <class Struct>
const Struct& struct_of(napi_env env, napi_value value) {
  void* data = nullptr;
  size_t length = 0;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array || length * sizeof(int32_t) != sizeof(Struct)) {
    throw BadArgument{};
  }
  return *static_cast<const Struct*>(data);
}

/** Converts one argument; one specialisation for each kind of type. */
template <class Type>
struct Argument {
  static Type of(napi_env env, napi_value value) { return static_cast<Type>(number_of(env, value)); }
};
template <>
struct Argument<bool> {
  static bool of(napi_env env, napi_value value) { return number_of(env, value) != 0; }
};
template <class Enum>
struct EnumArgument {
  static Enum of(napi_env env, napi_value value) { return static_cast<Enum>(static_cast<int>(number_of(env, value))); }
};
template <> struct Argument<Unary> : EnumArgument<Unary> {};
template <> struct Argument<Binary> : EnumArgument<Binary> {};
template <> struct Argument<Comparison> : EnumArgument<Comparison> {};
template <> struct Argument<Reduction> : EnumArgument<Reduction> {};
template <class Element>
struct Argument<Element*> {
  static Element* of(napi_env env, napi_value value) { return static_cast<Element*>(bytes_of(env, value)); }
};
template <>
struct Argument<const Window&> {
  static const Window& of(napi_env env, napi_value value) { return struct_of<Window>(env, value); }
};
template <>
struct Argument<const Broadcast&> {
  static const Broadcast& of(napi_env env, napi_value value) { return struct_of<Broadcast>(env, value); }
};

}  // namespace jem
