// Elements of results, one dtype at a time.
#pragma once

#include <cstdint>
#include <cstring>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

template <class T>
T load(const char* address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

/// Calls f(T{}) with the element type of a dtype that results can have.
template <class F>
auto with_element_type(DType dtype, F&& f) {
  switch (dtype) {
    case DType::bool_:
      return f(bool{});
    case DType::int8:
      return f(std::int8_t{});
    case DType::int16:
      return f(std::int16_t{});
    case DType::int32:
      return f(std::int32_t{});
    case DType::int64:
      return f(std::int64_t{});
    case DType::uint8:
      return f(std::uint8_t{});
    case DType::uint16:
      return f(std::uint16_t{});
    case DType::uint32:
      return f(std::uint32_t{});
    case DType::uint64:
      return f(std::uint64_t{});
    case DType::float32:
      return f(float{});
    case DType::float64:
      return f(double{});
    case DType::float16:
    case DType::complex64:
    case DType::complex128:
      break;
  }
  throw Error(FV_ERROR_UNSUPPORTED, "results of dtype " + name_of(dtype) + " cannot be printed");
}

}  // namespace fuseval::tools
