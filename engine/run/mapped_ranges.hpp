// Reading arrays that are mapped files, which may shrink or change meanwhile: every reader of views goes by this.
#pragma once

#include <vector>

#include "engine/base/views.hpp"
#include "engine/plan/specialisation.hpp"
#include "runtime/mapped_guard.hpp"

namespace fuseval::engine {

/// What runtime::MappedGuard is to guard; none for most calls. inputs: [slot].
inline std::vector<runtime::AddressRange> mapped_ranges(const Specialisation& made, const fv_view* inputs) {
  std::vector<runtime::AddressRange> ranges;
  for (const uint32_t slot : made.used_slots())
    if ((inputs[slot].flags & FV_VIEW_MAPPED) != 0) ranges.push_back(runtime::address_range(array_of(inputs[slot])));
  return ranges;
}

/// Calls read(), which reads the ranges. Throws Error(file), before or after it, if a file is not what was mapped.
template <class Read>
void read_guarded(const std::vector<runtime::AddressRange>& mapped, Read&& read, const char* consequence = "") {
  if (mapped.empty()) return read();
  const runtime::MappedGuard guard(mapped);
  guard.require_whole();
  read();
  guard.require_whole(consequence);
}

/// The same for one view, mapped or not.
template <class Read>
void read_guarded(const fv_view& view, Read&& read) {
  std::vector<runtime::AddressRange> mapped;
  if ((view.flags & FV_VIEW_MAPPED) != 0) mapped.push_back(runtime::address_range(array_of(view)));
  read_guarded(mapped, read);
}

/// What an output may be after the reading has failed.
inline constexpr const char* partly_written = "; outputs may be partly written";

}  // namespace fuseval::engine
