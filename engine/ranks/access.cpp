#include "engine/ranks/access.hpp"

#include <algorithm>

namespace fuseval::engine {
namespace {

std::vector<int64_t> digits(int64_t position, const Shape& shape) {
  std::vector<int64_t> result(shape.size(), 0);
  for (size_t k = shape.size(); k-- > 0;) {
    result[k] = position % shape[k];
    position /= shape[k];
  }
  return result;
}

/// Adds to [least, most] what an index in [lower, upper) adds.
void add_range(int64_t step, int64_t lower, int64_t upper, int64_t& least, int64_t& most) {
  const int64_t a = step * lower, b = step * (upper - 1);
  least += std::min(a, b);
  most += std::max(a, b);
}

}  // namespace

int64_t position_of(const Shape& shape, const std::vector<int64_t>& index) {
  int64_t position = 0;
  for (size_t k = 0; k < shape.size(); ++k) position = position * shape[k] + index[k];
  return position;
}

bool is_c_contiguous(const Shape& shape, const std::vector<int64_t>& strides, int64_t itemsize) {
  int64_t step = itemsize;
  for (size_t k = shape.size(); k-- > 0;) {
    if (shape[k] == 0) return true;
    if (shape[k] != 1 && strides[k] != step) return false;
    step *= shape[k];
  }
  return true;
}

Access::Access(const LoopNest& nest, const Operand& operand, const Shape& shape)
    : shape_(shape),
      rank_(nest.axes.size()),
      itemsize_(size_of(operand.dtype)),
      flat_origin_(operand.offset / itemsize_) {
  origin_ = digits(flat_origin_, shape);
  map_.assign(shape.size() * rank_, 0);
  for (size_t x = 0; x < rank_; ++x) {
    const int64_t step = nest.axes[x].extent > 1 ? operand.strides[x] / itemsize_ : 0;
    flat_steps_.push_back(step);
    if (step == 0) continue;
    const std::vector<int64_t> next = digits(flat_origin_ + step, shape);
    for (size_t k = 0; k < shape.size(); ++k) coefficient(k, x) = next[k] - origin_[k];
  }
  flat_ = !stays_inside(nest);
}

bool Access::stays_inside(const LoopNest& nest) const {
  for (size_t k = 0; k < shape_.size(); ++k) {
    int64_t least = origin_[k], most = origin_[k];
    for (size_t x = 0; x < rank_; ++x) add_range(coefficient(k, x), 0, nest.axes[x].extent, least, most);
    if (least < 0 || most >= shape_[k]) return false;
  }
  return true;
}

std::pair<int64_t, int64_t> Access::range(const Box& indexes) const {
  int64_t least = flat_origin_, most = flat_origin_;
  for (size_t x = 0; x < rank_; ++x) add_range(flat_steps_[x], indexes.lower[x], indexes.upper[x], least, most);
  return {least, most + 1};
}

Box Access::touched(const Box& indexes) const {
  if (indexes.is_empty()) return Box::empty(shape_.size());
  if (flat_) {
    const auto [first, last] = range(indexes);
    return box_of_range(shape_, first, last);
  }
  Box box = Box::whole(shape_);
  for (size_t k = 0; k < shape_.size(); ++k) {
    int64_t least = origin_[k], most = origin_[k];
    for (size_t x = 0; x < rank_; ++x) add_range(coefficient(k, x), indexes.lower[x], indexes.upper[x], least, most);
    box.lower[k] = least;
    box.upper[k] = most + 1;
  }
  return box;
}

Operand Access::placed(const Operand& operand, const BoxPlace& place) const {
  Operand result = operand;
  if (flat_) {
    result.offset = (flat_origin_ - position_of(shape_, place.box.lower)) * itemsize_;
    for (size_t x = 0; x < rank_; ++x) result.strides[x] = flat_steps_[x] * itemsize_;
    return result;
  }
  result.offset = 0;
  std::fill(result.strides.begin(), result.strides.end(), 0);
  for (size_t k = 0; k < shape_.size(); ++k) {
    result.offset += (origin_[k] - place.box.lower[k]) * place.strides[k];
    for (size_t x = 0; x < rank_; ++x) result.strides[x] += coefficient(k, x) * place.strides[k];
  }
  return result;
}

}  // namespace fuseval::engine
