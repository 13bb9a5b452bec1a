#include "engine/cpu/strided_copy.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/run_control.hpp"

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

/// Without the axes of extent 1, whose strides may be anything.
struct Walk {
  Walk(const std::vector<int64_t>& target_strides, const std::vector<int64_t>& source_strides, const Shape& extents) {
    for (size_t k = 0; k < extents.size(); ++k) {
      if (extents[k] == 1) continue;
      shape.push_back(extents[k]);
      target.push_back(target_strides[k]);
      source.push_back(source_strides[k]);
    }
  }
  Shape shape;
  std::vector<int64_t> target, source;
};

void copy_all(char* target, const char* source, const Walk& walk, int64_t itemsize, const RunControl* control) {
  const size_t last = walk.shape.size() - 1;
  Shape index(walk.shape.size(), 0);
  while (true) {
    if (!copy_row(target, walk.target[last], source, walk.source[last], walk.shape[last], itemsize, control)) return;
    size_t axis = last;
    while (axis > 0 && ++index[axis - 1] == walk.shape[axis - 1]) {
      --axis;
      target -= walk.target[axis] * (walk.shape[axis] - 1);
      source -= walk.source[axis] * (walk.shape[axis] - 1);
      index[axis] = 0;
    }
    if (axis == 0) return;
    target += walk.target[axis - 1];
    source += walk.source[axis - 1];
  }
}

}  // namespace

void copy_elements(char* target, const std::vector<int64_t>& target_strides, const char* source,
                   const std::vector<int64_t>& source_strides, const Shape& shape, int64_t itemsize,
                   const RunControl* control) {
  if (element_count(shape) == 0) return;
  const Walk walk(target_strides, source_strides, shape);
  if (walk.shape.empty())
    std::memcpy(target, source, static_cast<size_t>(itemsize));
  else
    copy_all(target, source, walk, itemsize, control);
}

}  // namespace fuseval::engine
