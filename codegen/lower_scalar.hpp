// lower_scalar: the one lowering of scalar operations and reductions' arithmetic, over any emitter.
#pragma once

#include <span>

#include "codegen/emitter.hpp"
#include "ir/ops.hpp"

namespace fuseval::codegen {

/// The value of op over its arguments, which have the dtypes of its loop (ir/graph.hpp, Graph::scalar).
template <Emitter E>
typename E::Value lower(Op op, std::span<const typename E::Value> arguments, E& e);

/// numpy.astype with LANGUAGE.md's rule for floats out of an integer's range: saturate, NaN to 0.
template <Emitter E>
typename E::Value lower_cast(typename E::Value value, DType to, E& e);

}  // namespace fuseval::codegen

// The definitions follow, one file a group of ops (codegen/scalar/*.hpp).
