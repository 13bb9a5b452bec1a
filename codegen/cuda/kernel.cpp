#include "codegen/cuda/kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "codegen/cuda/writers.hpp"
#include "codegen/reduction_layout.hpp"

namespace fuseval::codegen {
namespace {

constexpr int access_bytes = 16;
// Of a thread in order (B): each column has a state and its tree.
constexpr int max_column_components = 8;
// Static shared memory of a block.
constexpr int64_t most_tile_bytes = 48 << 10;
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

  /// Tiles where rows are no whole vectors: their indexes cost a division for each thread instead of each element, and
  /// neighbouring rows, as stencils read them, come out of the L1 cache. And where an operand lies together along
  /// another axis: else each of its elements is a memory transaction of 32 bytes.
  void choose_tiles(CudaVariant& variant) const {
    const int last = nest_.rank() - 1;
    if (last < 1 || extent(last) < cuda_tile / 2) return;
    for (int axis = last - 1; axis >= 0; --axis) {
      const uint64_t mask = together_along(axis);
      if (extent(axis) < cuda_tile / 2 || std::popcount(mask) <= std::popcount(variant.transposed)) continue;
      variant.tile_axis = axis;
      variant.transposed = mask;
    }
    if (variant.tile_axis < 0 && extent(last) >= cuda_tile && extent(last - 1) >= cuda_tile / 4)
      variant.tile_axis = last - 1;
  }

  bool short_rows() const {
    if (!nest_.is_reduction() || nest_.order != ReductionOrder::lanes) return false;
    int64_t reduced = 1;
    for (int axis = nest_.parallel_rank(); axis < nest_.rank(); ++axis)
      if (!grow(reduced, std::max<int64_t>(extent(axis), 1))) return false;
    return reduced <= cuda_short_limit;
  }

 private:
  // Operands whose elements lie side by side along the axis, and not along the last one; as many as fit into 48 KiB.
  uint64_t together_along(int axis) const {
    uint64_t mask = 0;
    int64_t bytes = 0;
    for (size_t k = 0; k < std::min<size_t>(nest_.operands.size(), 64); ++k) {
      const Operand& operand = nest_.operands[k];
      if (operand.kind != OperandKind::load || layout_class(nest_, operand) != LayoutClass::strided) continue;
      if (stride(k, axis) != size_of(operand.dtype)) continue;
      const int64_t tile = int64_t{cuda_tile} * (cuda_tile + 1) * size_of(operand.dtype);
      if (bytes + tile > most_tile_bytes) continue;
      bytes += tile;
      mask |= uint64_t{1} << k;
    }
    return mask;
  }
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
  CudaVariant variant;
  variant.short_rows = advisor.short_rows();
  variant.vectors = !variant.short_rows && advisor.vectors();
  variant.wide = !advisor.narrow();
  if (!nest.is_reduction() && !variant.vectors) advisor.choose_tiles(variant);
  return variant;
}

std::string serialise(const CudaVariant& variant) {
  return fmt::format("{:d}{:d}{:d}.{}.{}.", variant.vectors, variant.wide, variant.short_rows, variant.tile_axis,
                     variant.transposed);
}

CudaKernel cuda_kernel(const LoopNest& nest, const CudaOptions& options) {
  CudaKernel kernel;
  kernel.variant = options.variant;
  kernel.is_reduction = nest.is_reduction();
  kernel.order = nest.order;
  kernel.rank = nest.rank();
  kernel.parallel_rank = nest.parallel_rank();
  if (options.variant.tile_axis >= 0)
    write_tiles(nest, options, kernel);
  else if (!nest.is_reduction())
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
