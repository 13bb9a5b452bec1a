#include "engine/world/layout.hpp"

#include <fmt/format.h>

#include "engine/world/world.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

[[noreturn]] void refuse(const std::string& reason) { throw Error(ErrorCode::argument, reason); }

std::string list(const std::vector<int64_t>& offsets) {
  constexpr size_t shown = 4;
  std::string text;
  for (size_t k = 0; k < offsets.size(); ++k) {
    if (offsets.size() > 2 * shown + 1 && k == shown) {
      text += " …";
      k = offsets.size() - shown;
    }
    text += fmt::format(" {}", offsets[k]);
  }
  return text;
}

}  // namespace

Box Layout::box_of(const Shape& shape, int rank) const {
  Box box = Box::whole(shape);
  if (is_replicated()) return box;
  box.lower[static_cast<size_t>(axis)] = offsets[static_cast<size_t>(rank)];
  box.upper[static_cast<size_t>(axis)] = offsets[static_cast<size_t>(rank) + 1];
  return box;
}

Layout even_layout(const Shape& shape, int axis, int ranks) {
  const int64_t extent = shape[static_cast<size_t>(axis)], share = extent / ranks, longer = extent % ranks;
  Layout layout{axis, {0}};
  for (int64_t rank = 0; rank < ranks; ++rank)
    layout.offsets.push_back(layout.offsets.back() + share + (rank < longer ? 1 : 0));
  return layout;
}

void check_layout(const Layout& layout, const Shape& shape, int ranks) {
  if (layout.is_replicated()) return;
  if (layout.axis >= static_cast<int>(shape.size()))
    refuse(fmt::format("axis {} is out of bounds for a distributed array of shape {}", layout.axis, to_string(shape)));
  if (layout.offsets.size() != static_cast<size_t>(ranks) + 1)
    refuse(fmt::format("{} {} {} offsets, not {}", counted(ranks, "rank"), ranks == 1 ? "needs" : "need", ranks + 1,
                       layout.offsets.size()));
  const int64_t extent = shape[static_cast<size_t>(layout.axis)];
  if (layout.offsets.front() != 0 || layout.offsets.back() != extent)
    refuse(fmt::format("offsets go from 0 to the axis's extent {}, not from {} to {}", extent, layout.offsets.front(),
                       layout.offsets.back()));
  for (size_t k = 1; k < layout.offsets.size(); ++k)
    if (layout.offsets[k] < layout.offsets[k - 1])
      refuse(fmt::format("offsets may not fall: {} comes after {}", layout.offsets[k], layout.offsets[k - 1]));
}

std::string describe(const Layout& layout, const Shape& shape) {
  if (layout.is_replicated()) return "Replicated";
  const int ranks = static_cast<int>(layout.offsets.size()) - 1;
  if (layout == even_layout(shape, layout.axis, ranks)) return fmt::format("Block(axis {}, even)", layout.axis);
  return fmt::format("Block(axis {}, offsets{})", layout.axis, list(layout.offsets));
}

Box Distribution::box() const { return layout.box_of(shape, world->rank()); }

}  // namespace fuseval::engine
