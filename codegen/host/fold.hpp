// Constant folding: the value that a kernel would compute, computed here.
#pragma once

#include <span>

#include "codegen/host/host_emitter.hpp"
#include "ir/ops.hpp"
#include "ir/simplify.hpp"

namespace fuseval::codegen {

/// op over arguments of its loop's dtypes, with the bits that every backend gives.
HostValue fold(Op op, std::span<const HostValue> arguments);
/// numpy.astype; out-of-range floats saturate.
HostValue fold_cast(HostValue value, DType to);
/// Both as ir/simplify takes them.
Folder host_folder();

}  // namespace fuseval::codegen
