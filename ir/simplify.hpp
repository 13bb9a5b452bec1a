// simplify: exact rewrites of the array graph. Only what cannot change a bit of any result (NaN payloads aside).
#pragma once

#include <functional>
#include <span>

#include "ir/graph.hpp"

namespace fuseval {

/// A literal's dtype and bits.
struct ConstantValue {
  DType dtype = DType::float64;
  uint64_t bits = 0;
};

/// How to compute on constants: the engine passes in the host emitter, which the ground floor cannot see.
struct Folder {
  std::function<ConstantValue(Op, std::span<const ConstantValue>)> scalar;
  std::function<ConstantValue(ConstantValue, DType)> cast;
};

/// Folds constants, drops neutral operands and double negations, moves reshapes below elementwise operations, and
/// leaves behind what no output uses.
Function simplify(const Function& function, const Folder& folder);

}  // namespace fuseval
