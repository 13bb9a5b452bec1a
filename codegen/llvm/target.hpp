// Which processor a kernel is compiled for.
#pragma once

#include <string>

#include "codegen/llvm/kernel.hpp"

namespace fuseval::codegen {

struct Target {
  std::string cpu;       ///< LLVM's name
  std::string features;  ///< LLVM's feature string
  int vector_bits = 256;
  bool avx512 = false;  ///< F, BW, CD, DQ and VL: masked access of every element size, gather and scatter
  bool operator==(const Target&) const = default;
};

/// Throws Error(unsupported) for a processor below x86-64-v3, for one that LLVM does not know, and for 512-bit vectors
/// on one that has none.
Target resolve(const TargetOptions& options);
/// Throws Error(unsupported) if this machine cannot run code for the target.
void require_runnable(const Target& target);

}  // namespace fuseval::codegen
