// The first stage of a reduction, in pieces short enough that a call can be stopped between them.
#pragma once

#include <cstdint>

#include "engine/cpu/executor.hpp"

namespace fuseval::engine {

/// As kernel.code->reduce over this box and range: the same bits, since every piece is a node of the canonical tree.
/// States are undefined when the call is stopped on the way. `control` is told what was done.
void reduce_stoppably(const PreparedKernel& kernel, const codegen::KernelArguments* arguments, const int64_t* lower,
                      const int64_t* upper, int64_t first, int64_t last, char* states, char* scratch,
                      RunControl& control);

}  // namespace fuseval::engine
