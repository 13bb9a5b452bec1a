// Eigen's matrices, arrays, maps and blocks as operands and outputs, by their names alone. fuseval itself needs no
// Eigen.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <type_traits>

#include "fuseval/traits.hpp"

namespace fuseval {
inline namespace abi_0 {

/// Everything of Eigen's that has its elements in memory: Matrix, Array, Map, Ref, and blocks of them.
template <class T>
struct ViewTraits<T, std::enable_if_t<std::is_base_of_v<Eigen::DenseBase<T>, T> &&
                                      (int(Eigen::internal::traits<T>::Flags) & Eigen::DirectAccessBit) != 0>> {
  template <class Matrix>
  static View view(Matrix& m) {
    constexpr std::int64_t size = sizeof(typename T::Scalar);
    if constexpr (T::IsVectorAtCompileTime)
      return fuseval::view(m.data(), {m.size()}, {m.innerStride() * size});
    else
      return fuseval::view(m.data(), {m.rows(), m.cols()}, {m.rowStride() * size, m.colStride() * size});
  }
};

}  // namespace abi_0
}  // namespace fuseval
