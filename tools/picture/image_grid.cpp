#include "tools/picture/image_grid.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "tools/picture/curve.hpp"
#include "tools/picture/tick_text.hpp"

namespace fuseval::tools {
namespace {

/// Of a step: further away from its place no element may be. Grids of float32 are rounded.
constexpr double most_uneven = 0.02;

[[noreturn]] void refuse_grid(fv_status status, const std::string& message) {
  throw Error(status, "no picture: " + message);
}

/// The middles of rows or columns: start + k * step.
struct Spacing {
  double start = 0, step = 1;

  double at(std::int64_t index) const { return start + step * static_cast<double>(index); }
};

Spacing spacing_of(std::int64_t count, const Elements& places, const std::string& name) {
  const std::string what = name == "x" ? " columns" : " rows";
  if (places.rank() != 1)
    refuse_grid(FV_ERROR_SHAPE, name + " of an image is 1-D, and has " + std::to_string(places.rank()) + " dimensions");
  if (places.extent(0) != count)
    refuse_grid(FV_ERROR_SHAPE, name + " has " + std::to_string(places.extent(0)) + " elements, and the image " +
                                    std::to_string(count) + what);
  const Sequence values(places);
  if (count == 1) return {values[0], 1};
  const double step = (values[count - 1] - values[0]) / static_cast<double>(count - 1);
  const Spacing spacing{values[0], step};
  for (std::int64_t k = 0; k < count; ++k)
    if (!(std::fabs(values[k] - spacing.at(k)) <= most_uneven * std::fabs(step)) || step == 0)
      refuse_grid(FV_ERROR_ARGUMENT, name + " of an image is evenly spaced, as its pixels are: element " +
                                         std::to_string(k) + " is " + short_number(values[k]) + ", and not " +
                                         short_number(spacing.at(k)));
  return spacing;
}

}  // namespace

GridSpan grid_span(std::int64_t count, const std::optional<Elements>& places, const AxisLimits& limits,
                   const char* name) {
  const Spacing spacing = places ? spacing_of(count, *places, name) : Spacing{};
  GridSpan span{0, 0, spacing.step < 0, {}};
  for (std::int64_t k = 0; k < count; ++k) {
    if (!limits.hold(spacing.at(k))) continue;
    if (span.count++ == 0) span.first = k;
  }
  if (span.count == 0)
    refuse_grid(FV_ERROR_ARGUMENT, std::string("nothing of the image lies within the range of ") + name);
  const double half = spacing.step / 2;
  span.range = {spacing.at(span.first) - half, spacing.at(span.first + span.count - 1) + half};
  if (span.descends) std::swap(span.range.low, span.range.high);
  return span;
}

Elements part_of(const Elements& elements, const GridSpan& rows, bool reverse_rows, const GridSpan& columns,
                 bool reverse_columns) {
  std::vector<std::int64_t> shape, strides;
  for (int axis = 0; axis < elements.rank(); ++axis) {
    shape.push_back(elements.extent(axis));
    strides.push_back(elements.stride(axis));
  }
  const char* address = elements.address();
  const auto cut = [&](std::size_t axis, const GridSpan& span, bool reverse) {
    address += (reverse ? span.first + span.count - 1 : span.first) * strides[axis];
    shape[axis] = span.count;
    if (reverse) strides[axis] = -strides[axis];
  };
  cut(0, rows, reverse_rows);
  cut(1, columns, reverse_columns);
  return Elements(View(const_cast<char*>(address), elements.dtype(), shape, strides));
}

}  // namespace fuseval::tools
