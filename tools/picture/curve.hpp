// A line's elements as points: of two arrays, or of one over its indices.
#pragma once

#include <optional>

#include "tools/picture/axis.hpp"
#include "tools/picture/elements.hpp"
#include "tools/picture/geometry.hpp"

namespace fuseval::tools {

/// One element after another of a 1-D array of any dtype, as doubles; without an array, the indices themselves.
class Sequence {
 public:
  Sequence() = default;
  explicit Sequence(const Elements& elements)
      : address_(elements.address()),
        stride_(elements.stride(0)),
        read_(with_element_type(elements.dtype(),
                                [](auto example) -> double (*)(const char*) { return &number<decltype(example)>; })) {}

  double operator[](std::int64_t index) const {
    return read_ ? read_(address_ + index * stride_) : static_cast<double>(index);
  }

 private:
  const char* address_ = nullptr;
  std::int64_t stride_ = 0;
  double (*read_)(const char*) = nullptr;
};

struct Curve {
  Sequence x, y;
  std::int64_t count = 0;
  Scale x_scale = Scale::linear, y_scale = Scale::linear;

  Point point(std::int64_t index) const { return {x[index], y[index]}; }
  bool has_place(const Point& point) const {
    return tools::has_place(x_scale, point.x) && tools::has_place(y_scale, point.y);
  }
};

/// Of y, where x is within the limits. A point whose x has no place counts as its y would if it had none.
Extremes extremes_of(const Curve& curve, const AxisLimits& x_limits);

/// A line in pieces: points that have no place on the axes are gaps.
using LinePieces = std::vector<std::vector<Point>>;

/// Of curves that have more than 4 elements a column, the first, smallest, largest and last of each run of points in
/// one column: the line through them covers the same pixels as the line through all (M4: U. Jugel et al., "M4: a
/// visualization-oriented time series data aggregation", VLDB 2014), so that no spike is lost. Runs without points that
/// have a place are gaps. Columns are equal parts of `x`. Error(FV_ERROR_ARGUMENT): more than a million points remain,
/// as they may where x goes to and fro.
LinePieces line_points(const Curve& curve, const Range& x, int columns);

/// The points that lie within both ranges; of curves that have more than 4 a column, one for each pixel that has any.
std::vector<Point> marker_points(const Curve& curve, const Range& x, const Range& y, int columns, int rows);

}  // namespace fuseval::tools
