// The prelude of every CUDA text: our own, including nothing (CUDA's headers cost 400 ms and more an NVRTC compile).
#pragma once

#include <string_view>

namespace fuseval::codegen {

/// Fixed-width types, vectors, signs of floats, division by multiplication. Uses only the built-in names that
/// docs/gpu.md lists.
std::string_view cuda_prelude();

}  // namespace fuseval::codegen
