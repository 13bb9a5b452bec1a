// How work is split. Elementwise nests: boxes. Reductions: boxes of outputs when there are many, else runs of canonical
// blocks (a power of two of them, so that each run is a node of the canonical tree), whose states are then combined up
// that same tree. Neither changes a bit of any result.
#include "engine/cpu/executor.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/call_memory.hpp"
#include "engine/base/run_control.hpp"
#include "engine/cpu/dearest_element.hpp"
#include "engine/cpu/node_reduction.hpp"
#include "engine/cpu/partition.hpp"
#include "engine/cpu/short_boxes.hpp"
#include "engine/cpu/stoppable_reduction.hpp"
#include "ir/checked.hpp"
#include "ir/shape.hpp"

namespace fuseval::engine {
namespace {

using codegen::KernelArguments;

// Outputs whose accumulator states are kept at a time: they stay in the L1 cache. Columns: in the L2 cache, as wide as
// the kernel's tile (codegen/llvm/kernel_reduce_serial.cpp: long runs of each row are what memory gives fast).
constexpr int64_t states_at_a_time = 1024;
constexpr int64_t columns_at_a_time = 8192;
// Shortest range of the vectorised axis: a multiple of every vector and of a cache line of the smallest dtype.
constexpr int64_t elementwise_grain = 1024;
constexpr int64_t column_grain = 512;
// Bytes of the states of all runs of rows.
constexpr int64_t most_run_states = int64_t{32} << 20;
constexpr size_t inline_operands = 32;

/// Pointers of one launch; on the stack unless there are very many operands.
class Pointers {
 public:
  Pointers(const PreparedKernel& kernel, char* const* buffers) {
    if (kernel.bases.size() > inline_operands) many_.resize(kernel.bases.size());
    char** out = many_.empty() ? few_ : many_.data();
    fill_pointers(kernel, buffers, out);
    arguments_ = arguments_of(kernel, out);
  }
  const KernelArguments* arguments() const { return &arguments_; }

 private:
  char* few_[inline_operands];
  std::vector<char*> many_;
  KernelArguments arguments_;
};

struct Launch {
  const PreparedKernel& kernel;
  const KernelArguments* arguments;
  const ExecutionContext& context;

  std::span<const int64_t> parallel_extents() const {
    return {kernel.extents.data(), static_cast<size_t>(kernel.parallel_rank)};
  }
};

void execute_elementwise(const Launch& launch) {
  const PreparedKernel& kernel = launch.kernel;
  const int64_t pieces = wanted_pieces(launch.context, estimated_nanoseconds(kernel));
  if (pieces == 1) {
    run_box(kernel, launch.arguments, kernel.lower.data(), kernel.extents.data(), launch.context.control);
    launch.context.counters.note_threads(1);
    return;
  }
  const Partition partition(launch.parallel_extents(), pieces, elementwise_grain);
  parallel(launch.context, partition.count(), [&](int64_t piece, int) {
    int64_t lower[max_rank], upper[max_rank];
    partition.box(piece, lower, upper);
    run_box(kernel, launch.arguments, lower, upper, launch.context.control);
  });
}

/// Scratch memory of each thread: the kernel's own, then states of the outputs at hand.
class ThreadScratch {
 public:
  ThreadScratch(const Launch& launch, int64_t state_count)
      : kernel_bytes_(round_up(launch.kernel.code->scratch_bytes)),
        stride_(bytes(launch.kernel, state_count)),
        memory_(launch.context.memory, stride_, threads_of(launch.context)) {}

  char* kernel(int thread) const { return memory_.data() + stride_ * thread; }
  char* states(int thread) const { return kernel(thread) + kernel_bytes_; }

  /// Of one thread.
  static int64_t bytes(const PreparedKernel& kernel, int64_t state_count) {
    return checked_add(round_up(kernel.code->scratch_bytes),
                       round_up(checked_multiply(state_count, kernel.code->state_bytes)));
  }

 private:
  static int64_t round_up(int64_t bytes) { return checked_round_up(bytes, 64); }
  int64_t kernel_bytes_;
  int64_t stride_;
  ScratchMemory memory_;
};

/// Boxes of outputs, a bounded number of outputs each.
struct OutputBoxes {
  OutputBoxes(const PreparedKernel& kernel, int64_t pieces)
      : partition({kernel.extents.data(), static_cast<size_t>(kernel.parallel_rank)}, bounded(kernel, pieces),
                  kernel.columns ? column_grain : 1) {
    int64_t lower[max_rank], upper[max_rank];
    for (const int64_t piece : {int64_t{0}, partition.count() - 1}) {
      partition.box(piece, lower, upper);
      largest = std::max(largest, box_count(kernel.parallel_rank, lower, upper));
    }
  }
  static int64_t bounded(const PreparedKernel& kernel, int64_t pieces) {
    const int64_t at_a_time = kernel.columns ? columns_at_a_time : states_at_a_time;
    return std::max(pieces, (kernel.parallel_count + at_a_time - 1) / at_a_time);
  }

  Partition partition;
  int64_t largest = 0;  ///< outputs of a box
};

// Every output is reduced by one task.
void reduce_by_outputs(const Launch& launch, int64_t pieces) {
  const PreparedKernel& kernel = launch.kernel;
  const OutputBoxes boxes(kernel, pieces);
  const ThreadScratch scratch(launch, boxes.largest);
  parallel(launch.context, boxes.partition.count(), [&](int64_t piece, int thread) {
    int64_t first[max_rank], last[max_rank];
    boxes.partition.box(piece, first, last);
    reduce_box(kernel, launch.arguments, first, last, 0, kernel.reduce_count, scratch.states(thread),
               scratch.kernel(thread), launch.context.control);
    if (!launch.context.goes_on()) return;
    finish_box(kernel, launch.arguments, first, last, scratch.states(thread), launch.context.control);
  });
}

void reduce_by_runs(const Launch& launch, int64_t run) {
  const PreparedKernel& kernel = launch.kernel;
  const std::vector<TreeNode> runs = runs_of({0, kernel.reduce_count, kernel.reduce_count}, run);
  const int64_t node_bytes = checked_multiply(kernel.parallel_count, kernel.code->state_bytes);
  const ScratchMemory states(launch.context.memory, node_bytes, static_cast<int64_t>(runs.size()));
  reduce_each(kernel, launch.arguments, runs, states.data(), launch.context);
  if (!launch.context.goes_on()) return;
  combine_nodes(kernel, runs, states.data(), kernel.parallel_count);
  finish_box(kernel, launch.arguments, kernel.lower.data(), kernel.extents.data(), states.data(),
             launch.context.control);
}

// Elements of one run: a power of two of canonical blocks, so that `pieces` to twice as many runs come out. (Rounded
// up, it would be half as many: two runs for three threads.)
int64_t run_length(const PreparedKernel& kernel, int64_t pieces) {
  const int64_t block = kernel.code->block;
  const int64_t blocks = (kernel.reduce_count + block - 1) / block;
  const int64_t wanted = std::max<int64_t>(1, blocks / std::max<int64_t>(1, pieces));
  return block * static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(wanted)));
}

// Columns are cut into ranges of this length, unless there are rows enough to be cut instead, whose states take little
// memory: memory gives long rows faster.
int64_t shortest_columns(const PreparedKernel& kernel, int64_t pieces) {
  const bool enough_rows = kernel.reduce_count / kernel.code->block >= pieces;
  const int64_t node_bytes = capped_multiply(kernel.parallel_count, kernel.code->state_bytes);
  const int64_t bytes = capped_multiply(node_bytes, 2 * pieces);
  return enough_rows && bytes <= most_run_states ? columns_at_a_time : column_grain;
}

// Whether outputs alone give every thread enough to do.
bool enough_outputs(const PreparedKernel& kernel, int64_t pieces) {
  const int64_t grain = kernel.columns ? shortest_columns(kernel, pieces) : 1;
  return kernel.parallel_count / grain >= std::min(pieces, states_at_a_time);
}

/// How a reduction is cut: its outputs into pieces, or what is reduced into runs.
struct Cut {
  bool by_runs = false;
  int64_t size = 1;  ///< how many pieces, or elements of a run
};

Cut cut_of(const PreparedKernel& kernel, const ExecutionContext& context) {
  const int64_t pieces = wanted_pieces(context, estimated_nanoseconds(kernel));
  const int64_t shares = std::min<int64_t>(pieces, 4 * context.max_threads);
  if (pieces == 1 || enough_outputs(kernel, shares)) return {false, kernel.columns ? shares : pieces};
  const int64_t run = run_length(kernel, kernel.columns ? shares : std::min<int64_t>(pieces, 16 * context.max_threads));
  if (run >= kernel.reduce_count) return {false, pieces};
  return {true, run};
}

void execute_reduction(const Launch& launch) {
  const Cut cut = cut_of(launch.kernel, launch.context);
  if (cut.by_runs)
    reduce_by_runs(launch, cut.size);
  else
    reduce_by_outputs(launch, cut.size);
}

double estimate_nanoseconds(const LoopNest& nest) {
  const int axis = nest.vector_axis();
  double bytes = 0, work = 0;
  for (const Operand& operand : nest.operands)
    if (operand.kind != OperandKind::index && axis >= 0 && operand.strides[static_cast<size_t>(axis)] != 0)
      bytes += size_of(operand.dtype);
  for (const Instruction& i : nest.body) work += i.kind == InstructionKind::scalar ? info(i.op).cost : 1;
  return 0.02 * bytes + 0.03 * work;  // about 50 GB/s, and about one cheap operation of a vector a cycle
}

// A canonical block, whose lanes come together in an order of their own; where the order shows in no bit, a row of it.
int64_t granule_of(const LoopNest& nest, int64_t block) {
  constexpr int64_t rows_in_block = 64;
  const bool ordered = std::any_of(nest.accumulators.begin(), nest.accumulators.end(),
                                   [](const Accumulator& a) { return is_order_sensitive(a.reduction, a.dtype); });
  return ordered || nest.order == ReductionOrder::serial16 ? block : block / rows_in_block;
}

}  // namespace

PreparedKernel prepare(const LoopNest& nest, std::shared_ptr<const codegen::Kernel> code) {
  PreparedKernel kernel;
  kernel.code = std::move(code);
  for (const Operand& operand : nest.operands) {
    const bool memory = operand.kind != OperandKind::index;
    kernel.bases.push_back({operand.buffer, memory ? operand.offset : 0, memory});
    kernel.offsets.push_back(memory ? 0 : operand.offset);
    kernel.strides.insert(kernel.strides.end(), operand.strides.begin(), operand.strides.end());
  }
  for (const Axis& axis : nest.axes) kernel.extents.push_back(axis.extent);
  kernel.lower.assign(nest.axes.size(), 0);
  for (const Constant& constant : nest.constants) kernel.constants.push_back(constant.bits);
  kernel.parallel_rank = nest.parallel_rank();
  kernel.is_reduction = nest.is_reduction();
  kernel.columns = nest.is_reduction() && nest.order == ReductionOrder::serial16;
  kernel.parallel_count = nest.parallel_count();
  kernel.reduce_count = nest.reduce_count();
  if (kernel.code) kernel.granule = granule_of(nest, kernel.code->block);  // devices run code of their own
  kernel.element_nanoseconds = estimate_nanoseconds(nest);
  kernel.dearest_nanoseconds = std::max(kernel.element_nanoseconds, dearest_nanoseconds(nest.body));
  kernel.dearest_result_nanoseconds = dearest_nanoseconds(nest.epilogue);
  return kernel;
}

KernelArguments arguments_of(const PreparedKernel& kernel, char* const* pointers) {
  return {pointers, kernel.strides.data(), kernel.extents.data(), kernel.constants.data(), kernel.offsets.data()};
}

void fill_pointers(const PreparedKernel& kernel, char* const* buffers, char** pointers) {
  for (size_t k = 0; k < kernel.bases.size(); ++k) {
    const auto& base = kernel.bases[k];
    // As numbers: a buffer without elements, or of a kernel that is only explained, may have no address.
    const uintptr_t begin = base.memory ? reinterpret_cast<uintptr_t>(buffers[base.buffer]) : 0;
    pointers[k] = reinterpret_cast<char*>(begin + static_cast<uintptr_t>(base.memory ? base.offset : 0));
  }
}

void run_box(const PreparedKernel& kernel, const KernelArguments* arguments, const int64_t* lower, const int64_t* upper,
             RunControl* control) {
  if (control == nullptr) return kernel.code->elementwise(arguments, lower, upper);
  const int rank = kernel.parallel_rank;
  each_short_box(rank, lower, upper, kernel.dearest_nanoseconds, vector_grain, *control,
                 [&](const int64_t* from, const int64_t* to, int64_t) {
                   kernel.code->elementwise(arguments, from, to);
                   control->did(static_cast<double>(box_count(rank, from, to)) * kernel.element_nanoseconds);
                 });
}

void reduce_box(const PreparedKernel& kernel, const KernelArguments* arguments, const int64_t* lower,
                const int64_t* upper, int64_t first, int64_t last, char* states, char* scratch, RunControl* control) {
  if (control == nullptr)
    kernel.code->reduce(arguments, lower, upper, first, last, states, scratch);
  else
    reduce_stoppably(kernel, arguments, lower, upper, first, last, states, scratch, *control);
}

void finish_box(const PreparedKernel& kernel, const KernelArguments* arguments, const int64_t* lower,
                const int64_t* upper, const char* states, RunControl* control) {
  if (control == nullptr) return kernel.code->finish(arguments, lower, upper, states);
  each_short_box(kernel.parallel_rank, lower, upper, kernel.dearest_result_nanoseconds, vector_grain, *control,
                 [&](const int64_t* from, const int64_t* to, int64_t position) {
                   kernel.code->finish(arguments, from, to, states + position * kernel.code->state_bytes);
                 });
}

double estimated_nanoseconds(const PreparedKernel& kernel) {
  const double reduced = kernel.is_reduction ? static_cast<double>(kernel.reduce_count) : 1;
  return static_cast<double>(kernel.parallel_count) * reduced * kernel.element_nanoseconds;
}

double estimated_nanoseconds(std::span<const PreparedKernel> kernels) {
  double sum = 0;
  for (const PreparedKernel& kernel : kernels) sum += estimated_nanoseconds(kernel);
  return sum;
}

bool is_serial(const PreparedKernel& kernel) {
  return !kernel.is_reduction && estimated_nanoseconds(kernel) < serial_nanoseconds;
}

int64_t scratch_bytes(const PreparedKernel& kernel, const ExecutionContext& context) {
  if (!kernel.is_reduction || kernel.parallel_count == 0) return 0;
  const Cut cut = cut_of(kernel, context);
  const int64_t states = cut.by_runs ? 0 : OutputBoxes(kernel, cut.size).largest;
  const int64_t threads = checked_multiply(ThreadScratch::bytes(kernel, states), threads_of(context));
  if (!cut.by_runs) return threads;
  const int64_t runs = (kernel.reduce_count + cut.size - 1) / cut.size;
  const int64_t node_bytes = checked_multiply(kernel.parallel_count, kernel.code->state_bytes);
  return checked_add(checked_add(threads, threads_of(context)), checked_multiply(node_bytes, runs));
}

void execute_serially(const PreparedKernel& kernel, char* const* pointers, Counters& counters) {
  counters.add(counters.launches, 1);
  counters.note_threads(1);
  const KernelArguments arguments = arguments_of(kernel, pointers);
  kernel.code->elementwise(&arguments, kernel.lower.data(), kernel.extents.data());
}

void execute(const PreparedKernel& kernel, char* const* buffers, const ExecutionContext& context) {
  if (kernel.parallel_count == 0) return;
  context.counters.add(context.counters.launches, 1);
  const Pointers pointers(kernel, buffers);
  const Launch launch{kernel, pointers.arguments(), context};
  if (kernel.is_reduction)
    execute_reduction(launch);
  else
    execute_elementwise(launch);
}

}  // namespace fuseval::engine
