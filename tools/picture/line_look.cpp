#include "tools/picture/line_look.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace fuseval::tools {
namespace {

/// Corners evenly around the origin, the first one at an angle from the right, in turns; where there are two radii the
/// corners have them alternately.
std::vector<Point> star(int corners, double turned, double outer, double inner) {
  std::vector<Point> outline;
  for (int k = 0; k < corners; ++k) {
    const double angle = 2 * std::numbers::pi * (turned + static_cast<double>(k) / corners);
    const double radius = k % 2 == 0 ? outer : inner;
    outline.push_back({radius * std::cos(angle), -radius * std::sin(angle)});
  }
  return outline;
}

std::vector<Point> polygon(int corners, double turned, double radius) { return star(corners, turned, radius, radius); }

/// Two bars across each other.
std::vector<Point> cross(double turned) {
  constexpr double half = 0.3, length = 1.15;
  const Point corners[] = {{length, -half}, {half, -half},    {half, -length}, {-half, -length},
                           {-half, -half},  {-length, -half}, {-length, half}, {-half, half},
                           {-half, length}, {half, length},   {half, half},    {length, half}};
  const double angle = 2 * std::numbers::pi * turned;
  std::vector<Point> outline;
  for (const Point& point : corners)
    outline.push_back(
        {point.x * std::cos(angle) - point.y * std::sin(angle), point.x * std::sin(angle) + point.y * std::cos(angle)});
  return outline;
}

std::vector<Point> marker(std::size_t index) {
  switch (index % 8) {
    case 1:
      return polygon(4, 0.125, 1.25);  // square
    case 2:
      return polygon(3, 0.25, 1.4);  // triangle
    case 3:
      return polygon(4, 0, 1.4);  // diamond
    case 4:
      return cross(0.125);
    case 5:
      return polygon(3, 0.75, 1.4);  // triangle on its corner
    case 6:
      return cross(0);
    case 7:
      return star(10, 0.25, 1.5, 0.6);
    default:
      return polygon(16, 0, 1);  // disc
  }
}

std::vector<double> dashes(std::size_t index) {
  switch (index / line_colours % 4) {
    case 1:
      return {8, 5};
    case 2:
      return {2, 3.5};
    case 3:
      return {11, 4, 2, 4};
    default:
      return {};
  }
}

/// Walks along a line and cuts it where the pattern changes.
class Cutter {
 public:
  explicit Cutter(const std::vector<double>& pattern) : pattern_(pattern), left_(pattern[0]) {}

  void add(const std::vector<Point>& piece) {
    phase_ = 0, left_ = pattern_[0];
    parts_.push_back({piece[0]});
    for (std::size_t k = 1; k < piece.size(); ++k) segment(piece[k - 1], piece[k]);
    if (parts_.back().size() < 2) parts_.pop_back();
  }

  std::vector<std::vector<Point>> take() { return std::move(parts_); }

 private:
  void segment(const Point& from, const Point& to) {
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    double at = 0;
    while (length - at > left_) {
      at += left_;
      const double share = at / length;
      turn({from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)});
    }
    left_ -= length - at;
    if (phase_ % 2 == 0) parts_.back().push_back(to);
  }

  /// From drawing to leaving out, or back.
  void turn(const Point& at) {
    phase_ % 2 == 0 ? parts_.back().push_back(at) : parts_.push_back({at});
    phase_ = (phase_ + 1) % pattern_.size();
    left_ = pattern_[phase_];
  }

  const std::vector<double>& pattern_;
  std::size_t phase_ = 0;
  double left_;
  std::vector<std::vector<Point>> parts_;
};

}  // namespace

LineLook line_look(std::size_t index) { return {line_colour(index), dashes(index), marker(index)}; }

std::vector<Point> scaled(std::vector<Point> outline, double radius) {
  for (Point& point : outline) point = {radius * point.x, radius * point.y};
  return outline;
}

std::vector<std::vector<Point>> dashed(const std::vector<std::vector<Point>>& pieces,
                                       const std::vector<double>& dashes) {
  if (dashes.empty()) return pieces;
  Cutter cutter(dashes);
  std::vector<std::vector<Point>> dots;
  for (const auto& piece : pieces) piece.size() == 1 ? dots.push_back(piece) : cutter.add(piece);
  std::vector<std::vector<Point>> parts = cutter.take();
  parts.insert(parts.end(), dots.begin(), dots.end());
  return parts;
}

}  // namespace fuseval::tools
