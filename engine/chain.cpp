#include "engine/chain.hpp"

#include <algorithm>

#include "engine/call_memory.hpp"
#include "engine/partition.hpp"
#include "ir/checked.hpp"
#include "ir/shape.hpp"

namespace fuseval::engine {
namespace {

int64_t product(std::span<const int64_t> extents) {
  int64_t result = 1;
  for (const int64_t extent : extents) result = checked_multiply(result, extent);
  return result;
}

/// Memory of each thread, for tiles of a given number of rows. Nothing here allocates after the constructor.
class TileScratch {
 public:
  TileScratch(const PreparedChain& chain, int64_t rows, int threads, CallMemory& memory)
      : chain_(chain), rows_(rows), memory_(memory, laid_out(), threads) {}

  char** pointers(int thread) const { return reinterpret_cast<char**>(at(thread) + pointers_); }
  char* kernel(int thread) const { return at(thread) + kernel_; }
  char* states(int thread) const { return at(thread) + states_; }

  /// The plan's buffers for the tile that begins at lower: temporaries are shifted, so that it is addressed as if all
  /// of them were there.
  char* const* table(int thread, char* const* buffers, const int64_t* lower) const {
    char** table = reinterpret_cast<char**>(at(thread) + table_);
    std::copy_n(buffers, chain_.buffer_count, table);
    char* place = at(thread) + temporaries_;
    for (const auto& temporary : chain_.temporaries) {
      int64_t before = 0;
      for (size_t d = 0; d < temporary.strides.size(); ++d) before += lower[d] * temporary.strides[d];
      table[temporary.buffer] = place - before;
      place += tile_bytes(temporary);
    }
    return table;
  }

 private:
  /// Bytes of one thread.
  int64_t laid_out() {
    take(table_, static_cast<int64_t>(chain_.buffer_count * sizeof(char*)));
    take(pointers_, static_cast<int64_t>(chain_.most_operands * sizeof(char*)));
    take(kernel_, chain_.most_scratch);
    take(states_, checked_multiply(chain_.most_states, rows_));
    temporaries_ = bytes_;
    for (const auto& temporary : chain_.temporaries) bytes_ = checked_add(bytes_, tile_bytes(temporary));
    return bytes_;
  }
  void take(int64_t& offset, int64_t size) {
    offset = bytes_;
    bytes_ = checked_add(bytes_, checked_round_up(size, 64));
  }
  int64_t tile_bytes(const PreparedChain::Temporary& temporary) const {
    const int64_t row = temporary.strides[static_cast<size_t>(chain_.chain.split)];
    return checked_round_up(checked_multiply(row, rows_), 64);
  }
  char* at(int thread) const { return memory_.data() + bytes_ * thread; }

  const PreparedChain& chain_;
  int64_t rows_;
  int64_t table_ = 0, pointers_ = 0, kernel_ = 0, states_ = 0, temporaries_ = 0;
  int64_t bytes_ = 0;
  ScratchMemory memory_;
};

class ChainRun {
 public:
  ChainRun(const PreparedChain& chain, std::span<const PreparedKernel> kernels, char* const* buffers,
           const ExecutionContext& context)
      : chain_(chain.chain),
        kernels_(kernels.subspan(chain_.first, chain_.size())),
        buffers_(buffers),
        context_(context),
        rows_(rows_of_tile(chain)),
        tiles_(Partition::of_ranges(chain_.extents, static_cast<size_t>(chain_.split), rows_)),
        scratch_(chain, rows_, is_serial() ? 1 : threads_of(context), context.memory) {}

  void go() const {
    parallel(context_, tiles_.count(), [this](int64_t tile, int thread) { run_tile(tile, thread); });
  }

 private:
  bool is_serial() const { return context_.max_threads == 1 || tiles_.count() == 1; }

  // As many as fit into the cache, or fewer, so that every thread has some.
  int64_t rows_of_tile(const PreparedChain& chain) const {
    const auto split = static_cast<size_t>(chain_.split);
    const int64_t extent = std::max<int64_t>(1, chain_.extents[split]);
    const int64_t outer = std::max<int64_t>(1, product(std::span(chain_.extents).first(split)));
    const int64_t pieces = (wanted_pieces(context_, chain.nanoseconds) + outer - 1) / outer;
    const int64_t balanced = (extent + pieces - 1) / pieces;
    const int64_t wanted = checked_round_up(std::max<int64_t>(1, balanced), chain_.grain);
    return std::min(chain_.rows, wanted);
  }

  void run_tile(int64_t tile, int thread) const {
    int64_t lower[max_rank], upper[max_rank];
    tiles_.box(tile, lower, upper);
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
    kernel.code->finish(&arguments, first, last, states);
  }

  const Chain& chain_;
  std::span<const PreparedKernel> kernels_;
  char* const* buffers_;
  const ExecutionContext& context_;
  int64_t rows_;
  Partition tiles_;
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

void execute(const PreparedChain& chain, std::span<const PreparedKernel> kernels, char* const* buffers,
             const ExecutionContext& context) {
  if (chain.busy_kernels == 0) return;
  context.counters.add(context.counters.launches, 1);
  context.counters.add(context.counters.chained_kernels, chain.busy_kernels - 1);
  ChainRun(chain, kernels, buffers, context).go();
}

}  // namespace fuseval::engine
