#include "engine/cpu/chain.hpp"

#include <algorithm>

#include "engine/base/call_memory.hpp"
#include "engine/cpu/partition.hpp"
#include "ir/checked.hpp"
#include "ir/shape.hpp"

namespace fuseval::engine {
namespace {

int64_t product(std::span<const int64_t> extents) {
  int64_t result = 1;
  for (const int64_t extent : extents) result = checked_multiply(result, extent);
  return result;
}

/// Where what a thread needs for tiles of a given number of rows lies in its memory.
struct TileLayout {
  TileLayout(const PreparedChain& chain, int64_t rows) {
    take(table, static_cast<int64_t>(chain.buffer_count * sizeof(char*)));
    take(pointers, static_cast<int64_t>(chain.most_operands * sizeof(char*)));
    take(kernel, chain.most_scratch);
    take(states, checked_multiply(chain.most_states, rows));
    temporaries = bytes;
    for (const auto& temporary : chain.temporaries) bytes = checked_add(bytes, tile_bytes(chain, temporary, rows));
  }
  static int64_t tile_bytes(const PreparedChain& chain, const PreparedChain::Temporary& temporary, int64_t rows) {
    const int64_t row = temporary.strides[static_cast<size_t>(chain.chain.split)];
    return checked_round_up(checked_multiply(row, rows), 64);
  }

  int64_t table = 0, pointers = 0, kernel = 0, states = 0, temporaries = 0;
  int64_t bytes = 0;

 private:
  void take(int64_t& offset, int64_t size) {
    offset = bytes;
    bytes = checked_add(bytes, checked_round_up(size, 64));
  }
};

/// Memory of each thread. Nothing here allocates after the constructor.
class TileScratch {
 public:
  TileScratch(const PreparedChain& chain, int64_t rows, int threads, CallMemory& memory)
      : chain_(chain), rows_(rows), layout_(chain, rows), memory_(memory, layout_.bytes, threads) {}

  char** pointers(int thread) const { return reinterpret_cast<char**>(at(thread) + layout_.pointers); }
  char* kernel(int thread) const { return at(thread) + layout_.kernel; }
  char* states(int thread) const { return at(thread) + layout_.states; }

  /// The plan's buffers for the tile that begins at lower: temporaries are shifted, so that it is addressed as if all
  /// of them were there.
  char* const* table(int thread, char* const* buffers, const int64_t* lower) const {
    char** table = reinterpret_cast<char**>(at(thread) + layout_.table);
    std::copy_n(buffers, chain_.buffer_count, table);
    char* place = at(thread) + layout_.temporaries;
    for (const auto& temporary : chain_.temporaries) {
      int64_t before = 0;
      for (size_t d = 0; d < temporary.strides.size(); ++d) before += lower[d] * temporary.strides[d];
      table[temporary.buffer] = place - before;
      place += TileLayout::tile_bytes(chain_, temporary, rows_);
    }
    return table;
  }

 private:
  char* at(int thread) const { return memory_.data() + layout_.bytes * thread; }

  const PreparedChain& chain_;
  const int64_t rows_;
  const TileLayout layout_;
  ScratchMemory memory_;
};

/// The tiles of a call: as many rows as fit into the cache, or fewer, so that every thread has some.
struct Tiles {
  Tiles(const PreparedChain& prepared, const ExecutionContext& context)
      : rows(rows_of(prepared, context)),
        partition(Partition::of_ranges(prepared.chain.extents, static_cast<size_t>(prepared.chain.split), rows)),
        threads(partition.count() == 1 ? 1 : threads_of(context)) {}

  int64_t rows;
  Partition partition;
  int threads;

 private:
  static int64_t rows_of(const PreparedChain& prepared, const ExecutionContext& context) {
    const Chain& chain = prepared.chain;
    const auto split = static_cast<size_t>(chain.split);
    const int64_t extent = std::max<int64_t>(1, chain.extents[split]);
    const int64_t outer = std::max<int64_t>(1, product(std::span(chain.extents).first(split)));
    const int64_t pieces = (wanted_pieces(context, prepared.nanoseconds) + outer - 1) / outer;
    const int64_t balanced = (extent + pieces - 1) / pieces;
    return std::min(chain.rows, checked_round_up(std::max<int64_t>(1, balanced), chain.grain));
  }
};

class ChainRun {
 public:
  ChainRun(const PreparedChain& chain, std::span<const PreparedKernel> kernels, char* const* buffers,
           const ExecutionContext& context)
      : chain_(chain.chain),
        kernels_(kernels.subspan(chain_.first, chain_.size())),
        buffers_(buffers),
        context_(context),
        tiles_(chain, context),
        scratch_(chain, tiles_.rows, tiles_.threads, context.memory) {}

  void go() const {
    parallel(context_, tiles_.partition.count(), [this](int64_t tile, int thread) { run_tile(tile, thread); });
  }

 private:
  void run_tile(int64_t tile, int thread) const {
    int64_t lower[max_rank], upper[max_rank];
    tiles_.partition.box(tile, lower, upper);
    char* const* table = scratch_.table(thread, buffers_, lower);
    for (size_t k = 0; k < kernels_.size() && context_.goes_on(); ++k)
      if (kernels_[k].parallel_count > 0) run_kernel(k, lower, upper, table, thread);
  }

  void run_kernel(size_t k, const int64_t* lower, const int64_t* upper, char* const* table, int thread) const {
    const PreparedKernel& kernel = kernels_[k];
    int64_t first[max_rank], last[max_rank];
    std::copy(kernel.lower.begin(), kernel.lower.end(), first);
    std::copy(kernel.extents.begin(), kernel.extents.end(), last);
    for (size_t d = 0; d < chain_.extents.size(); ++d) {
      first[chain_.positions[k][d]] = lower[d];
      last[chain_.positions[k][d]] = upper[d];
    }
    char** pointers = scratch_.pointers(thread);
    fill_pointers(kernel, table, pointers);
    const codegen::KernelArguments arguments = arguments_of(kernel, pointers);
    if (!kernel.is_reduction) {
      run_box(kernel, &arguments, first, last, context_.control);
      return;
    }
    char* states = scratch_.states(thread);
    reduce_box(kernel, &arguments, first, last, 0, kernel.reduce_count, states, scratch_.kernel(thread),
               context_.control);
    if (!context_.goes_on()) return;
    finish_box(kernel, &arguments, first, last, states, context_.control);
  }

  const Chain& chain_;
  std::span<const PreparedKernel> kernels_;
  char* const* buffers_;
  const ExecutionContext& context_;
  Tiles tiles_;
  TileScratch scratch_;
};

// Every temporary of a chain is stored once, with the strides along the shared axes that its readers have too.
std::vector<PreparedChain::Temporary> own_temporaries(const Plan& plan, size_t position) {
  const Chain& chain = plan.chains[position];
  std::vector<PreparedChain::Temporary> result;
  for (size_t k = 0; k < chain.size(); ++k)
    for (const Operand& operand : plan.kernels[chain.first + k].operands) {
      if (operand.kind != OperandKind::store) continue;
      if (plan.tile_of[operand.buffer] != static_cast<int32_t>(position)) continue;
      PreparedChain::Temporary temporary{operand.buffer, {}};
      for (const uint8_t axis : chain.positions[k]) temporary.strides.push_back(operand.strides[axis]);
      result.push_back(std::move(temporary));
    }
  return result;
}

}  // namespace

PreparedChain prepare(const Plan& plan, size_t position, std::span<const PreparedKernel> kernels) {
  PreparedChain result;
  result.chain = plan.chains[position];
  result.temporaries = own_temporaries(plan, position);
  result.buffer_count = plan.buffers.size();
  const auto outer = std::span(result.chain.extents).first(static_cast<size_t>(result.chain.split) + 1);
  const int64_t rows = std::max<int64_t>(1, product(outer));
  for (const PreparedKernel& kernel : kernels.subspan(result.chain.first, result.chain.size())) {
    result.most_operands = std::max(result.most_operands, kernel.bases.size());
    result.nanoseconds += kernel.element_nanoseconds * static_cast<double>(kernel.parallel_count) *
                          static_cast<double>(std::max<int64_t>(1, kernel.reduce_count));
    result.busy_kernels += kernel.parallel_count > 0 ? 1 : 0;
    if (!kernel.is_reduction) continue;
    const int64_t outputs = kernel.parallel_count / rows;
    result.most_scratch = std::max(result.most_scratch, kernel.code->scratch_bytes);
    result.most_states = std::max(result.most_states, checked_multiply(outputs, kernel.code->state_bytes));
  }
  return result;
}

int64_t scratch_bytes(const PreparedChain& chain, const ExecutionContext& context) {
  if (chain.busy_kernels == 0) return 0;
  const Tiles tiles(chain, context);
  return checked_multiply(TileLayout(chain, tiles.rows).bytes, tiles.threads);
}

void execute(const PreparedChain& chain, std::span<const PreparedKernel> kernels, char* const* buffers,
             const ExecutionContext& context) {
  if (chain.busy_kernels == 0) return;
  context.counters.add(context.counters.launches, 1);
  context.counters.add(context.counters.chained_kernels, chain.busy_kernels - 1);
  ChainRun(chain, kernels, buffers, context).go();
}

}  // namespace fuseval::engine
