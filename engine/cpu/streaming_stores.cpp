#include "engine/cpu/streaming_stores.hpp"

#include "ir/checked.hpp"
#include "runtime/cache_sizes.hpp"

namespace fuseval::engine {
namespace {

// Non-temporal stores bypass the caches: they save the read of the line that is overwritten (1.22 to 1.31 times
// faster), and lose up to 2.4 times when the data would have stayed in the cache.
constexpr int64_t streaming_output_bytes = 16 << 20;
// The ends of a row are not whole cache lines and are stored as usual, next to the neighbouring row's: with rows of 512
// bytes that takes 1.4 times as long as no non-temporal store at all, with 4 KiB 1.04, with 8 KiB 0.87.
constexpr int64_t streaming_row_bytes = 6 << 10;

}  // namespace

bool wants_streaming_stores(const LoopNest& nest, std::span<const int32_t> tile_of) {
  if (nest.is_reduction() || nest.rank() == 0) return false;
  int64_t stored = 0, moved = 0;
  for (const Operand& operand : nest.operands) {
    if (operand.kind == OperandKind::index || layout_class(nest, operand) == LayoutClass::invariant) continue;
    const bool is_store = operand.kind == OperandKind::store;
    if (is_store && operand.buffer < tile_of.size() && tile_of[operand.buffer] >= 0) return false;
    const int64_t bytes = nest.parallel_count() * size_of(operand.dtype);
    moved = capped_add(moved, bytes);
    if (!is_store || layout_class(nest, operand) != LayoutClass::contiguous) continue;
    if (nest.axes.back().extent * size_of(operand.dtype) < streaming_row_bytes) return false;
    stored = capped_add(stored, bytes);
  }
  return stored >= streaming_output_bytes && moved > runtime::cache_sizes().last_level;
}

}  // namespace fuseval::engine
