// Eigen's matrices and maps, bound by their names alone.
#include <Eigen/Dense>
#include <fuseval/eigen.hpp>
#include <fuseval/fuseval.hpp>
#include <iostream>

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
