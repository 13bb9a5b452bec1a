#include "codegen/cuda/kernel.hpp"

#include <algorithm>
#include <cstdlib>

#include "codegen/cuda/writers.hpp"
#include "codegen/reduction_layout.hpp"

namespace fuseval::codegen {
namespace {

constexpr int access_bytes = 16;
// Of a thread in order (B): each column has a state and its tree.
constexpr int max_column_components = 8;
// Numbers of 32-bit variants stay below, with room for a block beyond the end.
constexpr int64_t narrow_limit = (int64_t{1} << 31) - (int64_t{1} << 18);

bool in_body(const Operand& operand) { return operand.kind != OperandKind::index && !operand.in_epilogue; }

int components(const LoopNest& nest) {
  int count = 0;
  for (const Accumulator& accumulator : nest.accumulators) count += component_count(accumulator.reduction);
  return count;
}

class Advisor {
 public:
  Advisor(const LoopNest& nest, const KernelArguments& arguments) : nest_(nest), arguments_(arguments) {}

  bool vectors() const {
    const int width = cuda_vector_width(nest_);
    if (width == 1) return false;
    const int axis = nest_.vector_axis();
    // A vector must not go over the end of its row; where there is one row, its end is a tail.
    const bool one_row = axis == (nest_.is_reduction() ? nest_.parallel_rank() : 0) &&
                         !(nest_.is_reduction() && nest_.order == ReductionOrder::serial16);
    if (!one_row && extent(axis) % width != 0) return false;
    for (size_t k = 0; k < nest_.operands.size(); ++k)
      if (in_body(nest_.operands[k]) && layout_class(nest_, nest_.operands[k]) == LayoutClass::contiguous &&
          !is_aligned(k, cuda_access_bytes(nest_.operands[k], width)))
        return false;
    return true;
  }

  bool narrow() const {
    int64_t parallel = 1, reduced = 1;
    for (int axis = 0; axis < nest_.rank(); ++axis)
      if (!grow(axis < nest_.parallel_rank() ? parallel : reduced, std::max<int64_t>(extent(axis), 1))) return false;
    // Short rows take up to two threads an element.
    if (!grow(parallel, nest_.is_reduction() ? 2 * reduced : 1)) return false;
    for (size_t k = 0; k < nest_.operands.size(); ++k)
      if (nest_.operands[k].kind != OperandKind::index && span(k) > narrow_limit) return false;
    return true;
  }

  bool short_rows() const {
    if (!nest_.is_reduction() || nest_.order != ReductionOrder::lanes) return false;
    int64_t reduced = 1;
    for (int axis = nest_.parallel_rank(); axis < nest_.rank(); ++axis)
      if (!grow(reduced, std::max<int64_t>(extent(axis), 1))) return false;
    return reduced <= cuda_short_limit;
  }

 private:
  int64_t extent(int axis) const { return arguments_.extents[axis]; }
  int64_t stride(size_t operand, int axis) const {
    return arguments_.strides[operand * static_cast<size_t>(nest_.rank()) + static_cast<size_t>(axis)];
  }
  static bool grow(int64_t& product, int64_t factor) {
    if (factor > narrow_limit || product > narrow_limit / factor) return false;
    product *= factor;
    return true;
  }
  // Bytes that an operand may move by.
  int64_t span(size_t operand) const {
    int64_t sum = 0;
    for (int axis = 0; axis < nest_.rank(); ++axis) {
      const int64_t steps = std::max<int64_t>(extent(axis) - 1, 0);
      const int64_t step = std::abs(stride(operand, axis));
      if (step != 0 && steps > narrow_limit / step) return narrow_limit + 1;
      sum = std::min(sum + step * steps, narrow_limit + 1);
    }
    return sum;
  }
  bool is_aligned(size_t operand, int bytes) const {
    if (reinterpret_cast<uintptr_t>(arguments_.pointers[operand]) % static_cast<uintptr_t>(bytes) != 0) return false;
    for (int axis = 0; axis < nest_.rank(); ++axis)
      if (axis != nest_.vector_axis() && stride(operand, axis) % bytes != 0) return false;
    return true;
  }

  const LoopNest& nest_;
  const KernelArguments& arguments_;
};

}  // namespace

int cuda_access_bytes(const Operand& operand, int width) {
  return std::min(access_bytes, width * size_of(operand.dtype));
}

int cuda_vector_width(const LoopNest& nest) {
  int largest = 0;
  for (const Operand& operand : nest.operands) {
    if (!in_body(operand)) continue;
    const LayoutClass layout = layout_class(nest, operand);
    if (layout == LayoutClass::strided) return 1;
    // A store to one place all along the axis: the axis has one element.
    if (layout == LayoutClass::invariant && operand.kind == OperandKind::store) return 1;
    if (layout == LayoutClass::contiguous) largest = std::max(largest, size_of(operand.dtype));
  }
  if (largest == 0) return 1;
  if (!nest.is_reduction()) return access_bytes / largest;
  if (nest.order == ReductionOrder::lanes) return canonical_lanes(nest) / 32;
  int width = access_bytes / largest;
  while (width > 1 && width * components(nest) > max_column_components) width /= 2;
  return width;
}

CudaVariant cuda_variant(const LoopNest& nest, const KernelArguments& arguments) {
  const Advisor advisor(nest, arguments);
  const bool short_rows = advisor.short_rows();
  return {!short_rows && advisor.vectors(), !advisor.narrow(), short_rows};
}

CudaKernel cuda_kernel(const LoopNest& nest, const CudaOptions& options) {
  CudaKernel kernel;
  kernel.variant = options.variant;
  kernel.is_reduction = nest.is_reduction();
  kernel.order = nest.order;
  kernel.rank = nest.rank();
  kernel.parallel_rank = nest.parallel_rank();
  if (!nest.is_reduction())
    write_elementwise(nest, options, kernel);
  else if (nest.order == ReductionOrder::lanes)
    write_reduce_lanes(nest, options, kernel);
  else
    write_reduce_serial(nest, options, kernel);
  return kernel;
}

std::string cuda_entry_text(const CudaKernel& kernel, size_t entry) {
  std::string text = kernel.text;
  for (size_t k = kernel.entries.size(); k-- > 0;)
    if (k != entry) text.erase(kernel.entries[k].begin, kernel.entries[k].end - kernel.entries[k].begin);
  return text;
}

}  // namespace fuseval::codegen
