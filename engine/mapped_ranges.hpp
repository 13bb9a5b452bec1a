// Which of a call's inputs are mapped files, that may shrink while they are read.
#pragma once

#include <vector>

#include "engine/specialisation.hpp"
#include "engine/views.hpp"

namespace fuseval::engine {

/// What runtime::MappedGuard is to guard; none for most calls. inputs: [slot].
inline std::vector<runtime::AddressRange> mapped_ranges(const Specialisation& made, const fv_view* inputs) {
  std::vector<runtime::AddressRange> ranges;
  for (const uint32_t slot : made.used_slots())
    if ((inputs[slot].flags & FV_VIEW_MAPPED) != 0) ranges.push_back(runtime::address_range(array_of(inputs[slot])));
  return ranges;
}

}  // namespace fuseval::engine
