// Whether two elements of one array share memory.
#pragma once

#include "ir/plan.hpp"
#include "ir/shape.hpp"

namespace fuseval::engine {

struct SelfOverlap {
  enum Answer { no, yes, undecided };
  Answer answer = no;
  Shape first, second;  ///< yes: the indices of two elements that share a byte
};

/// Layouts that slicing and transposing make are decided in a few steps; of others up to `most_steps` partial sums of
/// strides are tried, and what is then open is `undecided`. The strides stay within the address space (byte_extent).
SelfOverlap self_overlap(const ArrayLayout& layout, int64_t itemsize, int64_t most_steps = 1'000'000);

}  // namespace fuseval::engine
