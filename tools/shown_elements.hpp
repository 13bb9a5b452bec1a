// What a text shows of an array that no rank holds whole.
#pragma once

#include <optional>

#include "fuseval/fuseval.hpp"
#include "tools/numpy_text.hpp"

namespace fuseval::tools {

/// On rank 0 the elements that numpy_text shows: all, or of a large array those at either end of each axis. nullopt on
/// other ranks. Collective.
std::optional<Array> gather_shown(const Session& session, const DistributedArray& parts,
                                  const PrintOptions& options = {});

}  // namespace fuseval::tools
