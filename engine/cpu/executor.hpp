// The executor: runs prepared kernels over boxes of their iteration space, on the caller's thread or the pool's.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "codegen/llvm/kernel.hpp"
#include "engine/cpu/launch.hpp"
#include "ir/loops.hpp"

namespace fuseval::engine {

/// A kernel with everything about it that does not change from call to call.
struct PreparedKernel {
  struct Base {
    uint32_t buffer;
    int64_t offset;
    bool memory;  ///< false for an index operand
  };

  std::shared_ptr<const codegen::Kernel> code;
  std::vector<Base> bases;       ///< [operand]
  std::vector<int64_t> strides;  ///< [operand * rank + axis]
  std::vector<int64_t> offsets;  ///< [operand], of index operands
  std::vector<int64_t> extents;  ///< [axis]
  std::vector<int64_t> lower;    ///< zeros
  std::vector<uint64_t> constants;
  int parallel_rank = 0;
  bool is_reduction = false;
  bool columns = false;  ///< a reduction whose lanes run along the last parallel axis
  int64_t parallel_count = 0;
  int64_t reduce_count = 0;
  int64_t granule = 0;             ///< elements that `reduce` must be given together: ranges begin at multiples of it
  double element_nanoseconds = 0;  ///< a rough estimate: how finely to split
  /// An estimate for an element with the slowest operands: how finely to split a call that may be stopped.
  double dearest_nanoseconds = 0;
  double dearest_result_nanoseconds = 0;  ///< the same for the epilogue of one output
};

PreparedKernel prepare(const LoopNest& nest, std::shared_ptr<const codegen::Kernel> code);

/// Writes the address of each of the kernel's operands. buffers[b]: address of element 0 of plan buffer b.
void fill_pointers(const PreparedKernel& kernel, char* const* buffers, char** pointers);
/// What a kernel is given. pointers: one an operand; both must outlive it.
codegen::KernelArguments arguments_of(const PreparedKernel& kernel, char* const* pointers);

/// Runs a box of it on this thread, in pieces if there is a `control`, which is told of them and may say to stop.
void run_box(const PreparedKernel& kernel, const codegen::KernelArguments* arguments, const int64_t* lower,
             const int64_t* upper, RunControl* control);
/// Reduces a range of a box, in pieces if there is a `control` that may say to stop; then the states are undefined.
void reduce_box(const PreparedKernel& kernel, const codegen::KernelArguments* arguments, const int64_t* lower,
                const int64_t* upper, int64_t first, int64_t last, char* states, char* scratch, RunControl* control);

/// Turns the states of a box into results, in pieces if there is a `control` that may say to stop.
void finish_box(const PreparedKernel& kernel, const codegen::KernelArguments* arguments, const int64_t* lower,
                const int64_t* upper, const char* states, RunControl* control);

/// A rough estimate of all of it on one thread.
double estimated_nanoseconds(const PreparedKernel& kernel);
double estimated_nanoseconds(std::span<const PreparedKernel> kernels);

/// Whether it is elementwise and too small for a second thread to pay.
bool is_serial(const PreparedKernel& kernel);
/// Runs all of an elementwise kernel on this thread. pointers: one an operand.
void execute_serially(const PreparedKernel& kernel, char* const* pointers, Counters& counters);

/// The most scratch memory that `execute` takes for it.
int64_t scratch_bytes(const PreparedKernel& kernel, const ExecutionContext& context);

/// buffers[b]: address of element 0 of plan buffer b.
void execute(const PreparedKernel& kernel, char* const* buffers, const ExecutionContext& context);

}  // namespace fuseval::engine
