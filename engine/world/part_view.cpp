#include "engine/world/part_view.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/base/place.hpp"
#include "engine/base/views.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {

void require_view(const fv_view* view) {
  if (view == nullptr) throw Error(ErrorCode::argument, "there is no array to move: the view is NULL");
  validate(*view, "the array");
  require_bounded(*view, "the array");
  if (!place_of(*view).is_host())
    throw Error(ErrorCode::argument, "the array is on a device; copy it to the host first (fv_to_host)");
}

void require_part(const fv_view* local, const Distribution& distribution) {
  require_view(local);
  if (const Shape expected = distribution.box().shape(); shape_of(*local) != expected)
    throw Error(ErrorCode::shape, fmt::format("the part of a distributed array has shape {} here, not {}",
                                              to_string(expected), to_string(shape_of(*local))));
}

CollectiveCall call_of(const std::string& what, const fv_view& local, const Distribution& distribution,
                       const std::vector<int64_t>& numbers) {
  return {fmt::format("{} of {} {}, {}", what, name_of(dtype_of(local)), to_string(distribution.shape),
                      words_of(distribution.layout)),
          values_of(distribution.layout.offsets) + values_of(numbers)};
}

GuardedSource::GuardedSource(const fv_view* view) {
  if (view == nullptr || (view->flags & FV_VIEW_MAPPED) == 0) return;
  guard_.emplace(std::array{runtime::address_range(array_of(*view))});
}

void GuardedSource::require_whole() const {
  if (guard_) guard_->require_whole();
}

}  // namespace fuseval::engine
