#include "tools/picture/clip.hpp"

#include <algorithm>

namespace fuseval::tools {
namespace {

/// Coordinates so far away that only their direction can matter; their differences do not overflow.
constexpr double far = 1e150;

Point within_reach(const Point& point) { return {std::clamp(point.x, -far, far), std::clamp(point.y, -far, far)}; }

bool holds(const Box& box, const Point& point) {
  return point.x >= box.left && point.x <= box.right && point.y >= box.top && point.y <= box.bottom;
}

/// The part of a segment, as shares of its length, that lies within the box (Y.-D. Liang and B. Barsky, 1984).
struct Part {
  double begin = 0, end = 1;

  /// start + share * step is to lie between low and high.
  void cut(double start, double step, double low, double high) {
    if (step == 0) {
      if (start < low || start > high) end = -1;
      return;
    }
    const double a = (low - start) / step, b = (high - start) / step;
    begin = std::max(begin, std::min(a, b));
    end = std::min(end, std::max(a, b));
  }
};

class Clipper {
 public:
  explicit Clipper(const Box& box) : box_(box) {}

  void add(const std::vector<Point>& piece) {
    is_open_ = false;
    if (piece.size() == 1 && holds(box_, piece[0])) parts_.push_back(piece);
    for (std::size_t k = 1; k < piece.size(); ++k) segment(within_reach(piece[k - 1]), within_reach(piece[k]));
  }

  std::vector<std::vector<Point>> take() { return std::move(parts_); }

 private:
  void segment(const Point& from, const Point& to) {
    const double dx = to.x - from.x, dy = to.y - from.y;
    Part part;
    part.cut(from.x, dx, box_.left, box_.right);
    part.cut(from.y, dy, box_.top, box_.bottom);
    if (part.begin > part.end) {
      is_open_ = false;
      return;
    }
    const auto at = [&](double share) { return Point{from.x + share * dx, from.y + share * dy}; };
    if (!is_open_) parts_.push_back({part.begin == 0 ? from : at(part.begin)});
    parts_.back().push_back(part.end == 1 ? to : at(part.end));
    is_open_ = part.end == 1;
  }

  Box box_;
  bool is_open_ = false;
  std::vector<std::vector<Point>> parts_;
};

}  // namespace

std::vector<std::vector<Point>> clipped(const std::vector<std::vector<Point>>& pieces, const Box& box) {
  Clipper clipper(box);
  for (const auto& piece : pieces) clipper.add(piece);
  return clipper.take();
}

}  // namespace fuseval::tools
