// What each operation means, in plain C++ with 128-bit integers and libm: the oracle for lower().
#pragma once

#include <span>

#include "codegen/host/host_emitter.hpp"
#include "ir/ops.hpp"

namespace fuseval::codegen::test {

/// The value that NumPy 2 with docs/language.md's departures gives. For elementary functions it is libm's, in long
/// double, rounded: within an ulp.
HostValue reference(Op op, std::span<const HostValue> arguments);
/// Units in the last place by which lower() may differ from reference(): 0 but for elementary functions.
int allowed_ulps(Op op, DType loop);

}  // namespace fuseval::codegen::test
