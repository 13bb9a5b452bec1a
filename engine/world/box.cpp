#include "engine/world/box.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/checked.hpp"

namespace fuseval::engine {

bool Box::is_empty() const {
  for (size_t k = 0; k < lower.size(); ++k)
    if (lower[k] >= upper[k]) return true;
  return false;
}

int64_t Box::count() const {
  int64_t count = 1;
  for (size_t k = 0; k < lower.size(); ++k) count = checked_multiply(count, std::max<int64_t>(0, upper[k] - lower[k]));
  return count;
}

Shape Box::shape() const {
  Shape shape;
  for (size_t k = 0; k < lower.size(); ++k) shape.push_back(std::max<int64_t>(0, upper[k] - lower[k]));
  return shape;
}

bool Box::contains(const Box& other) const {
  if (other.is_empty()) return true;
  for (size_t k = 0; k < lower.size(); ++k)
    if (other.lower[k] < lower[k] || other.upper[k] > upper[k]) return false;
  return true;
}

bool have_common(const Box& a, const Box& b) {
  for (size_t k = 0; k < a.lower.size(); ++k)
    if (std::max(a.lower[k], b.lower[k]) >= std::min(a.upper[k], b.upper[k])) return false;
  return true;
}

Box intersection(const Box& a, const Box& b) {
  if (!have_common(a, b)) return Box::empty(a.lower.size());
  Box result = a;
  for (size_t k = 0; k < a.lower.size(); ++k) {
    result.lower[k] = std::max(a.lower[k], b.lower[k]);
    result.upper[k] = std::min(a.upper[k], b.upper[k]);
  }
  return result;
}

Box hull(const Box& a, const Box& b) {
  if (a.is_empty()) return b;
  if (b.is_empty()) return a;
  Box result = a;
  for (size_t k = 0; k < a.lower.size(); ++k) {
    result.lower[k] = std::min(a.lower[k], b.lower[k]);
    result.upper[k] = std::max(a.upper[k], b.upper[k]);
  }
  return result;
}

// A range inside one index of the leading axes is a range of the others; one that crosses takes the others whole.
Box box_of_range(const Shape& shape, int64_t first, int64_t last) {
  if (first >= last) return Box::empty(shape.size());
  Box box = Box::whole(shape);
  int64_t count = element_count(shape);
  for (size_t k = 0; k < shape.size(); ++k) {
    count /= shape[k];
    box.lower[k] = first / count;
    box.upper[k] = (last - 1) / count + 1;
    if (box.upper[k] - box.lower[k] > 1) break;
    first -= box.lower[k] * count;
    last -= box.lower[k] * count;
  }
  return box;
}

std::string describe(const Box& box) {
  std::string text = "[";
  for (size_t k = 0; k < box.lower.size(); ++k)
    text += fmt::format("{}{}:{}", k == 0 ? "" : ", ", box.lower[k], box.upper[k]);
  return text + "]";
}

}  // namespace fuseval::engine
