#include "tools/shown_elements.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace fuseval::tools {
namespace {

using Extents = std::vector<std::int64_t>;

/// A corner: where it is in the whole array, and where among what is shown.
struct Corner {
  std::vector<Slice> slices;
  Extents place;
};

std::vector<Corner> corners_of(const Extents& shape, std::int64_t edge_items) {
  std::vector<Corner> corners(1);
  for (const std::int64_t extent : shape) {
    const bool cut = extent > 2 * edge_items;
    std::vector<Corner> longer;
    for (const Corner& corner : corners)
      for (const bool end : {false, true}) {
        if (end && !cut) continue;
        longer.push_back(corner);
        longer.back().slices.push_back(end ? Slice{extent - edge_items, extent} : Slice{0, cut ? edge_items : extent});
        longer.back().place.push_back(end ? edge_items : 0);
      }
    corners = std::move(longer);
  }
  return corners;
}

Extents c_strides(const Extents& shape, std::int64_t itemsize) {
  Extents strides(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; itemsize *= shape[axis]) strides[axis] = itemsize;
  return strides;
}

View place_of(const Array& shown, const Corner& corner) {
  const Extents strides = c_strides(shown.shape(), fv_dtype_size(static_cast<std::int32_t>(shown.dtype())));
  char* data = static_cast<char*>(shown.view().raw().data);
  Extents shape;
  for (std::size_t axis = 0; axis < strides.size(); ++axis) {
    data += corner.place[axis] * strides[axis];
    shape.push_back(corner.slices[axis].end - corner.slices[axis].begin);
  }
  return View(data, shown.dtype(), shape, strides);
}

}  // namespace

std::optional<Array> gather_shown(const Session& session, const DistributedArray& parts, const PrintOptions& options) {
  Extents shape = parts.shape();
  std::int64_t elements = 1;
  for (const std::int64_t extent : shape) elements *= extent;
  if (elements <= options.threshold) return session.gather(parts, 0);
  const std::vector<Corner> corners = corners_of(shape, options.edge_items);
  for (std::int64_t& extent : shape) extent = std::min(extent, 2 * options.edge_items);
  std::optional<Array> shown;
  for (const Corner& corner : corners) {
    const std::optional<Array> gathered = session.gather(parts.slice(corner.slices), 0);
    if (!gathered) continue;
    if (!shown) shown = session.empty(shape, parts.dtype(), "cpu");
    session.copy(gathered->view(), place_of(*shown, corner));
  }
  return shown;
}

}  // namespace fuseval::tools
