#include "tools/picture/curve.hpp"

#include <algorithm>
#include <cmath>

namespace fuseval::tools {
namespace {

constexpr std::size_t most_points = 1'000'000;

/// Gathers points; a gap ends a piece.
class Pieces {
 public:
  void add(const Point& point) {
    if (!is_open_) pieces_.emplace_back();
    is_open_ = true;
    pieces_.back().push_back(point);
    if (++count_ > most_points)
      throw Error(
          FV_ERROR_ARGUMENT,
          "no picture: the line goes to and fro in x, and has more than a million points; points alone would do");
  }
  void gap() { is_open_ = false; }
  LinePieces take() { return std::move(pieces_); }

 private:
  LinePieces pieces_;
  std::size_t count_ = 0;
  bool is_open_ = false;
};

/// Which of equal parts of a range a value lies in; -1 and `parts` before and behind it. Quarters do not overflow.
class Parts {
 public:
  Parts(const Range& range, int parts)
      : scale_(range.scale),
        low_(on_scale(range.low)),
        per_part_(parts / (on_scale(range.high) - low_)),
        parts_(parts) {}

  int operator()(double value) const {
    const double part = std::floor((on_scale(value) - low_) * per_part_);
    return static_cast<int>(std::clamp<double>(part, -1, parts_));
  }

 private:
  double on_scale(double value) const { return scale_ == Scale::logarithmic ? std::log10(value) : value * 0.25; }

  Scale scale_;
  double low_, per_part_;
  int parts_;
};

/// Neighbouring points of one column.
struct Run {
  std::int64_t first = -1, lowest = -1, highest = -1, last = -1;  ///< -1: none has a place
  double low = 0, high = 0;

  void take(std::int64_t index, double value) {
    if (first < 0) {
      first = lowest = highest = index;
      low = high = value;
    }
    last = index;
    if (value < low) low = value, lowest = index;
    if (value > high) high = value, highest = index;
  }
};

void add(const Curve& curve, const Run& run, Pieces& pieces) {
  if (run.first < 0) return pieces.gap();
  const auto [earlier, later] = std::minmax(run.lowest, run.highest);
  std::int64_t before = -1;
  for (const std::int64_t index : {run.first, earlier, later, run.last}) {
    if (index != before) pieces.add(curve.point(index));
    before = index;
  }
}

LinePieces all_points(const Curve& curve) {
  Pieces pieces;
  for (std::int64_t i = 0; i < curve.count; ++i) {
    const Point point = curve.point(i);
    curve.has_place(point) ? pieces.add(point) : pieces.gap();
  }
  return pieces.take();
}

LinePieces reduced(const Curve& curve, const Range& x, int columns) {
  const Parts column_of(x, columns);
  Pieces pieces;
  Run run;
  int column = -2;  // before all
  for (std::int64_t i = 0; i < curve.count; ++i) {
    const Point point = curve.point(i);
    const int at = has_place(curve.x_scale, point.x) ? column_of(point.x) : column;
    if (at != column && column != -2) add(curve, std::exchange(run, {}), pieces);
    column = at;
    if (curve.has_place(point)) run.take(i, point.y);
  }
  add(curve, run, pieces);
  return pieces.take();
}

bool has_more_than_pixels(const Curve& curve, int columns) { return curve.count > std::int64_t{4} * columns; }

}  // namespace

Extremes extremes_of(const Curve& curve, const AxisLimits& x_limits) {
  Extremes extremes;
  for (std::int64_t i = 0; i < curve.count; ++i) {
    const Point point = curve.point(i);
    if (!has_place(curve.x_scale, point.x))
      extremes.take(point.x, curve.x_scale);
    else if (x_limits.hold(point.x))
      extremes.take(point.y, curve.y_scale);
  }
  return extremes;
}

LinePieces line_points(const Curve& curve, const Range& x, int columns) {
  return has_more_than_pixels(curve, columns) ? reduced(curve, x, columns) : all_points(curve);
}

std::vector<Point> marker_points(const Curve& curve, const Range& x, const Range& y, int columns, int rows) {
  const Parts column_of(x, columns), row_of(y, rows);
  const bool is_thinned = has_more_than_pixels(curve, columns);
  std::vector<bool> is_taken(static_cast<std::size_t>(columns + 1) * static_cast<std::size_t>(rows + 1));
  std::vector<Point> points;
  for (std::int64_t i = 0; i < curve.count; ++i) {
    const Point point = curve.point(i);
    const auto is_within = [](double fraction) { return fraction >= 0 && fraction <= 1; };
    if (!curve.has_place(point) || !is_within(x.fraction(point.x)) || !is_within(y.fraction(point.y))) continue;
    const int column = std::max(column_of(point.x), 0), row = std::max(row_of(point.y), 0);
    auto taken = is_taken.begin() + static_cast<std::ptrdiff_t>(row) * (columns + 1) + column;
    if (!is_thinned || !*taken) points.push_back(point);
    *taken = true;
  }
  return points;
}

}  // namespace fuseval::tools
