// collapse: the order of a nest's axes, and as few of them as its strides allow.
#pragma once

#include <span>

#include "ir/loops.hpp"

namespace fuseval {

/// Puts parallel axes (and reduce axes when no accumulator minds) in the order of falling strides, chooses between the
/// two reduction orders when no accumulator minds, merges neighbouring axes that every operand walks as one, and gives
/// the vectorised side of a reduction at least one axis. pinned: positions of parallel axes that stay axes of their own
/// (a chain's shared ones); they become the new positions.
void collapse(LoopNest& nest, std::span<uint8_t> pinned = {});

/// Merges and completes axes as collapse does, but leaves them in their order, and the reduction in its order:
/// positions of outputs and of reduced elements then do not depend on strides.
void collapse_in_order(LoopNest& nest);

}  // namespace fuseval
