// The canonical order of reductions (docs/language.md, Numbers), written plainly from its text: the reference that
// every backend's bits are compared with.
#pragma once

#include <span>

#include "codegen/host/host_emitter.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// Reduces the elements of one output, given in C order of the reduced logical axes. dtype: of the elements, which may
/// be none.
HostValue reduce_canonically(Reduction reduction, ReductionOrder order, DType dtype,
                             std::span<const HostValue> elements);

}  // namespace fuseval::codegen
