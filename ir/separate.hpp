// A reduction that also stores elements, as two nests: one that stores, one that reduces.
#pragma once

#include <utility>

#include "ir/loops.hpp"

namespace fuseval {

/// Whether its body stores.
bool stores_elements(const LoopNest& reduction);
/// The elementwise nest that stores, and the reduction without those stores. Each has only what it needs.
std::pair<LoopNest, LoopNest> separate(const LoopNest& reduction);

}  // namespace fuseval
