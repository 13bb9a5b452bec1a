#include "ir/layout.hpp"

#include <algorithm>

#include "ir/checked.hpp"

namespace fuseval {
namespace {

bool has_elements(const Shape& shape) { return std::find(shape.begin(), shape.end(), 0) == shape.end(); }

}  // namespace

std::optional<ByteExtent> extent_of(const ArrayLayout& layout, int64_t itemsize) {
  if (!has_elements(layout.shape)) return ByteExtent{};
  ByteExtent extent{0, itemsize};
  for (size_t k = 0; k < layout.shape.size(); ++k) {
    const int64_t stride = layout.strides[k];
    int64_t reach = 0;
    int64_t& end = stride < 0 ? extent.begin : extent.end;
    if (__builtin_mul_overflow(stride, layout.shape[k] - 1, &reach) || __builtin_add_overflow(end, reach, &end) ||
        end > farthest_byte || end < -farthest_byte)
      return std::nullopt;
  }
  return extent;
}

ArrayLayout settled(ArrayLayout layout, int64_t itemsize) {
  const bool moves = has_elements(layout.shape);
  const std::vector<int64_t> c_order = c_strides(layout.shape, itemsize);
  for (size_t k = 0; k < layout.shape.size(); ++k)
    if (!moves || layout.shape[k] == 1) layout.strides[k] = c_order[k];
  return layout;
}

}  // namespace fuseval
