// Runs loop nests compiled by LLVM.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../nest_builder.hpp"
#include "codegen/llvm/kernel.hpp"

namespace fuseval::test {

struct RunOptions {
  codegen::TargetOptions target;
  uint32_t split_seed = 0;  ///< 0: one call; otherwise boxes and element ranges are cut at random places
};

/// Runs the nest compiled; returns the outputs' bytes, NaN made one pattern.
std::string run_compiled(NestBuilder& builder, const RunOptions& options);

/// Whether this machine has 512-bit vectors.
bool has_avx512();
/// The vector widths to test here: 256, and 512 where the machine has it.
std::vector<int> vector_widths();

}  // namespace fuseval::test
