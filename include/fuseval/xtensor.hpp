// xtensor's containers, adaptors and strided views as operands and outputs, by their names alone. fuseval itself needs
// no xtensor.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>
#include <xtensor/xutils.hpp>

#include "fuseval/traits.hpp"

namespace fuseval {
inline namespace abi_0 {

/// Everything of xtensor's that has its elements in memory: xarray, xtensor, adaptors, and strided views of them.
template <class T>
struct ViewTraits<T, std::enable_if_t<xt::has_data_interface<T>::value && xt::has_strides<T>::value>> {
  template <class Tensor>
  static View view(Tensor& x) {
    const std::vector<std::int64_t> shape(x.shape().begin(), x.shape().end());
    std::vector<std::int64_t> strides(x.strides().begin(), x.strides().end());
    for (std::int64_t& stride : strides) stride *= static_cast<std::int64_t>(sizeof(typename T::value_type));
    return fuseval::view(x.data() + x.data_offset(), shape, strides);
  }
};

}  // namespace abi_0
}  // namespace fuseval
