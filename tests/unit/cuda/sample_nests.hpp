// Nests that stand for the usual ones, for golden texts and static checks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../nest_builder.hpp"
#include "codegen/cuda/kernel.hpp"

namespace fuseval::test {

struct SampleNest {
  std::string name;
  std::shared_ptr<NestBuilder> builder;
  codegen::CudaVariant variant;
  bool vector_loads = false;  ///< whether its loads are 128 bits wide
  int registers = 64;         ///< that no entry exceeds, so that enough warps fit on a multiprocessor
};
std::vector<SampleNest> sample_nests();

}  // namespace fuseval::test
