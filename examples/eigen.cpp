// Eigen's matrices and maps, bound by their names alone: a trait says how they lie in memory.
#include <Eigen/Dense>
#include <fuseval/fuseval.hpp>
#include <iostream>

/// Everything of Eigen's that has its elements in memory: Matrix, Array, Map, Ref, and blocks of them.
template <class T>
struct fuseval::ViewTraits<T,
                           std::enable_if_t<std::is_base_of_v<Eigen::DenseBase<T>, T> &&
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

int main() {
  Eigen::MatrixXd points(4, 3);  // columns are contiguous in Eigen
  points << 0, 0, 0, 3, 4, 0, 1, 2, 2, 2, 3, 6;
  const Eigen::Vector3d centre(0, 0, 0);
  Eigen::VectorXd distance(4);
  fuseval::evaluate("sqrt(sum((p - c)**2, axis=1))", {{"p", points}, {"c", centre}}, fuseval::into(distance));
  std::cout << distance.transpose() << '\n';

  auto corner = points.block(1, 0, 2, 2);  // written in place, through the block's strides
  fuseval::evaluate("10*x", {{"x", corner}}, fuseval::into(corner));
  std::cout << points << '\n';
}
