// Outlines: each edge adds, row by row, the area to its right within the pixels that it crosses, signed by its
// direction; a running sum along the row is then the winding number times the share that is covered (Raph Levien,
// "Inside the fastest font renderer in the world", 2016). Lines: a pixel's share falls off with its distance from the
// middle of the line; the largest of all segments counts, so that corners between short segments grow no beads.
#include "tools/picture/coverage.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fuseval::tools {
namespace {

Coverage grid(const Box& box) {
  Coverage coverage;
  coverage.left = static_cast<int>(std::floor(box.left));
  coverage.top = static_cast<int>(std::floor(box.top));
  coverage.width = std::max(0, static_cast<int>(std::ceil(box.right)) - coverage.left);
  coverage.height = std::max(0, static_cast<int>(std::ceil(box.bottom)) - coverage.top);
  coverage.shares.resize(static_cast<std::size_t>(coverage.width) * static_cast<std::size_t>(coverage.height));
  return coverage;
}

Box bounds_of(const Outline& outline) {
  constexpr double far = std::numeric_limits<double>::infinity();
  Box box{far, far, -far, -far};
  for (const auto& polygon : outline)
    for (const Point& point : polygon) {
      box.left = std::min(box.left, point.x), box.right = std::max(box.right, point.x);
      box.top = std::min(box.top, point.y), box.bottom = std::max(box.bottom, point.y);
    }
  return box;
}

/// Sums of edges. Rows have room for one column more, where the edges' areas end.
class EdgeAreas {
 public:
  explicit EdgeAreas(Coverage& coverage)
      : coverage_(coverage),
        areas_(static_cast<std::size_t>(coverage.width + 2) * static_cast<std::size_t>(coverage.height)) {}

  void add(Point from, Point to) {
    from = inside(from), to = inside(to);
    if (from.y == to.y) return;
    const double sign = from.y < to.y ? 1 : -1;
    if (sign < 0) std::swap(from, to);
    const double slope = (to.x - from.x) / (to.y - from.y);
    double x = from.x;
    const int last = std::min(coverage_.height, static_cast<int>(std::ceil(to.y)));
    for (int row = static_cast<int>(from.y); row < last; ++row) {
      const double height = std::min(row + 1.0, to.y) - std::max<double>(row, from.y);
      const double next = x + slope * height;
      add_to_row(row, std::min(x, next), std::max(x, next), sign * height);
      x = next;
    }
  }

  void sum() {
    for (int y = 0; y < coverage_.height; ++y) {
      double winding = 0;
      for (int x = 0; x < coverage_.width; ++x) {
        winding += area(y, x);
        coverage_.at(x, y) = static_cast<float>(std::min(std::fabs(winding), 1.0));
      }
    }
  }

 private:
  Point inside(const Point& point) const {
    return {std::clamp(point.x - coverage_.left, 0.0, static_cast<double>(coverage_.width)),
            std::clamp(point.y - coverage_.top, 0.0, static_cast<double>(coverage_.height))};
  }

  double& area(int row, int column) {
    return areas_[static_cast<std::size_t>(row) * static_cast<std::size_t>(coverage_.width + 2) +
                  static_cast<std::size_t>(column)];
  }

  /// An edge from x = low to high over `height` of a row: each pixel that it crosses takes its part of the height,
  /// weighted by where in the pixel that part lies on the average; the next pixel takes the rest.
  void add_to_row(int row, double low, double high, double height) {
    for (int column = static_cast<int>(low);; ++column) {
      const double from = std::max<double>(column, low), to = std::min(column + 1.0, high);
      const double part = high > low ? height * (to - from) / (high - low) : height;
      const double right_of = column + 1 - (from + to) / 2;
      area(row, column) += part * right_of;
      area(row, column + 1) += part * (1 - right_of);
      if (column + 1.0 >= high) return;
    }
  }

  Coverage& coverage_;
  std::vector<double> areas_;
};

double distance_to_segment(const Point& point, const Point& from, const Point& to) {
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double length = dx * dx + dy * dy;
  const double along =
      length == 0 ? 0 : std::clamp(((point.x - from.x) * dx + (point.y - from.y) * dy) / length, 0.0, 1.0);
  return std::hypot(point.x - from.x - along * dx, point.y - from.y - along * dy);
}

/// The columns of a row that lie within `reach` of a segment's line, and of its ends.
std::pair<double, double> reach_in_row(double y, const Point& from, const Point& to, double reach) {
  double low = std::min(from.x, to.x) - reach, high = std::max(from.x, to.x) + reach;
  const double dx = to.x - from.x, dy = to.y - from.y;
  if (dy == 0) return {low, high};
  const double middle = from.x + (y - from.y) / dy * dx;
  const double half = reach * std::hypot(dx, dy) / std::fabs(dy);
  return {std::max(low, middle - half), std::min(high, middle + half)};
}

void add_segment(Coverage& coverage, const Point& from, const Point& to, double radius) {
  const double reach = radius + 0.5;
  const auto first = std::max(0.0, std::floor(std::min(from.y, to.y) - reach) - coverage.top);
  const auto last = std::min<double>(coverage.height - 1, std::max(from.y, to.y) + reach - coverage.top);
  for (int y = static_cast<int>(first); y <= last; ++y) {
    const double centre = coverage.top + y + 0.5;
    const auto [low, high] = reach_in_row(centre, from, to, reach);
    const auto end = std::min<double>(coverage.width - 1, high - coverage.left);
    const double begin = std::max(0.0, low - coverage.left);
    if (begin > end) continue;  // also where a nearly level line meets the row far beyond what an int holds
    for (int x = static_cast<int>(begin); x <= end; ++x) {
      const double distance = distance_to_segment({coverage.left + x + 0.5, centre}, from, to);
      const auto share = static_cast<float>(std::clamp(reach - distance, 0.0, 1.0));
      coverage.at(x, y) = std::max(coverage.at(x, y), share);
    }
  }
}

}  // namespace

Coverage coverage_of(const Outline& outline) {
  if (outline.empty()) return {};
  Coverage coverage = grid(bounds_of(outline));
  EdgeAreas areas(coverage);
  for (const auto& polygon : outline)
    for (std::size_t k = 0; k < polygon.size(); ++k) areas.add(polygon[k], polygon[(k + 1) % polygon.size()]);
  areas.sum();
  return coverage;
}

Coverage coverage_of(const std::vector<std::vector<Point>>& pieces, double width, const Box& clip) {
  Coverage coverage = grid(clip);
  for (const auto& piece : pieces) {
    if (piece.size() == 1) add_segment(coverage, piece[0], piece[0], 1.5 * width);
    for (std::size_t k = 0; k + 1 < piece.size(); ++k) add_segment(coverage, piece[k], piece[k + 1], width / 2);
  }
  return coverage;
}

}  // namespace fuseval::tools
