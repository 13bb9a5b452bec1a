#include "ir/collapse.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ir/checked.hpp"

namespace fuseval {
namespace {

// How far one step along the axis moves in memory, over all operands; stores count twice, since a scattered store costs
// a read as well.
double stride_weight(const LoopNest& nest, size_t axis) {
  double weight = 0;
  for (const Operand& operand : nest.operands) {
    if (operand.kind == OperandKind::index) continue;
    const auto step = std::abs(static_cast<double>(operand.strides[axis]));
    weight += operand.kind == OperandKind::store ? 2 * step : step;
  }
  return weight;
}

void permute(LoopNest& nest, const std::vector<size_t>& order, std::span<uint8_t> pinned) {
  const auto apply = [&](auto& values) {
    auto moved = values;
    for (size_t k = 0; k < order.size(); ++k) moved[k] = values[order[k]];
    values = std::move(moved);
  };
  apply(nest.axes);
  for (Operand& operand : nest.operands) apply(operand.strides);
  for (uint8_t& axis : pinned) axis = static_cast<uint8_t>(std::find(order.begin(), order.end(), axis) - order.begin());
}

// Exact reductions combine in any order; argmin and argmax number their elements in C order.
bool may_reorder(const LoopNest& nest) {
  return std::all_of(nest.accumulators.begin(), nest.accumulators.end(), [](const Accumulator& a) {
    return !is_order_sensitive(a.reduction, a.dtype) && a.reduction != Reduction::argmin &&
           a.reduction != Reduction::argmax;
  });
}

void sort_axes(LoopNest& nest, std::span<uint8_t> pinned) {
  std::vector<size_t> order(nest.axes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<double> weights;
  for (size_t k = 0; k < order.size(); ++k) weights.push_back(stride_weight(nest, k));
  const auto parallel = order.begin() + nest.parallel_rank();
  const auto farther = [&](size_t a, size_t b) { return weights[a] > weights[b]; };
  std::stable_sort(order.begin(), parallel, farther);
  if (nest.is_reduction() && may_reorder(nest)) {
    std::stable_sort(parallel, order.end(), farther);
    const bool both = parallel != order.begin() && parallel != order.end();
    if (both)
      nest.order = farther(order.back(), *(parallel - 1)) ? ReductionOrder::serial16 : ReductionOrder::lanes;
    else
      nest.order = ReductionOrder::lanes;
  }
  permute(nest, order, pinned);
}

bool walks_as_one(const LoopNest& nest, size_t axis) {
  if (nest.axes[axis].kind != nest.axes[axis + 1].kind) return false;
  const int64_t inner = nest.axes[axis + 1].extent;
  return std::all_of(nest.operands.begin(), nest.operands.end(), [&](const Operand& operand) {
    return is_product(operand.strides[axis], operand.strides[axis + 1], inner);
  });
}

void merge_axes(LoopNest& nest, std::span<uint8_t> pinned) {
  const auto is_pinned = [&](size_t axis) { return std::find(pinned.begin(), pinned.end(), axis) != pinned.end(); };
  for (size_t axis = nest.axes.size(); axis-- > 1;) {
    if (is_pinned(axis) || is_pinned(axis - 1) || !walks_as_one(nest, axis - 1)) continue;
    nest.axes[axis].extent *= nest.axes[axis - 1].extent;
    nest.axes.erase(nest.axes.begin() + static_cast<ptrdiff_t>(axis - 1));
    for (Operand& operand : nest.operands)
      operand.strides.erase(operand.strides.begin() + static_cast<ptrdiff_t>(axis - 1));
    for (uint8_t& position : pinned) position = static_cast<uint8_t>(position - (position >= axis ? 1 : 0));
  }
}

void insert_unit_axis(LoopNest& nest, size_t position, AxisKind kind) {
  nest.axes.insert(nest.axes.begin() + static_cast<ptrdiff_t>(position), Axis{1, kind});
  for (Operand& operand : nest.operands)
    operand.strides.insert(operand.strides.begin() + static_cast<ptrdiff_t>(position), 0);
}

// Backends vectorise along the last reduce axis (lanes) or the last parallel one (serial16): it must be there.
void ensure_vector_axis(LoopNest& nest) {
  if (!nest.is_reduction()) return;
  const auto parallel = static_cast<size_t>(nest.parallel_rank());
  if (parallel == nest.axes.size()) insert_unit_axis(nest, parallel, AxisKind::reduce);
  if (nest.order == ReductionOrder::serial16 && parallel == 0) insert_unit_axis(nest, 0, AxisKind::parallel);
}

}  // namespace

void collapse(LoopNest& nest, std::span<uint8_t> pinned) {
  sort_axes(nest, pinned);
  merge_axes(nest, pinned);
  ensure_vector_axis(nest);
}

void collapse_in_order(LoopNest& nest) {
  merge_axes(nest, {});
  ensure_vector_axis(nest);
}

}  // namespace fuseval
