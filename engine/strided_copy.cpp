#include "engine/strided_copy.hpp"

#include <algorithm>
#include <cstring>

#include "engine/run_control.hpp"

namespace fuseval::engine {
namespace {

void copy_row(char* target, int64_t target_step, const char* source, int64_t source_step, int64_t count,
              int64_t itemsize) {
  if (target_step == itemsize && source_step == itemsize) {
    std::memcpy(target, source, static_cast<size_t>(count * itemsize));
    return;
  }
  for (int64_t k = 0; k < count; ++k)
    std::memcpy(target + k * target_step, source + k * source_step, static_cast<size_t>(itemsize));
}

/// In pieces of a fraction of a millisecond if somebody may stop the call; false when it was.
bool copy_row(char* target, int64_t target_step, const char* source, int64_t source_step, int64_t count,
              int64_t itemsize, const RunControl* control) {
  constexpr int64_t piece = 1 << 16;
  for (int64_t k = 0; k < count; k += piece) {
    if (control != nullptr && !control->goes_on()) return false;
    const int64_t here = control == nullptr ? count : std::min(piece, count - k);
    copy_row(target + k * target_step, target_step, source + k * source_step, source_step, here, itemsize);
    if (control == nullptr) break;
  }
  return true;
}

}  // namespace

void copy_elements(char* target, const std::vector<int64_t>& target_strides, const char* source,
                   const std::vector<int64_t>& source_strides, const Shape& shape, int64_t itemsize,
                   const RunControl* control) {
  if (element_count(shape) == 0) return;
  if (shape.empty()) {
    std::memcpy(target, source, static_cast<size_t>(itemsize));
    return;
  }
  const size_t last = shape.size() - 1;
  std::vector<int64_t> index(shape.size(), 0);
  while (true) {
    if (!copy_row(target, target_strides[last], source, source_strides[last], shape[last], itemsize, control)) return;
    size_t axis = last;
    while (axis > 0) {
      --axis;
      target += target_strides[axis];
      source += source_strides[axis];
      if (++index[axis] < shape[axis]) break;
      target -= target_strides[axis] * shape[axis];
      source -= source_strides[axis] * shape[axis];
      index[axis] = 0;
      if (axis == 0) return;
    }
    if (last == 0) return;
  }
}

}  // namespace fuseval::engine
