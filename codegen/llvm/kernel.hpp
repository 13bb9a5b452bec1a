// The CPU backend's surface: a loop nest in, machine code out. No LLVM header is needed to use it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codegen/kernel_arguments.hpp"
#include "ir/loops.hpp"

namespace fuseval::codegen {

/// Elementwise: runs the box lower[axis] <= index[axis] < upper[axis].
using ElementwiseFunction = void (*)(const KernelArguments*, const int64_t* lower, const int64_t* upper);

/// Reduction, first stage: for every parallel index of the box, reduces the elements [first, last) of the canonical
/// numbering (C order over the reduce axes; `first` is a multiple of the block times a power of two, `last` is another
/// one or the end) to one accumulator state, and writes it to states + state_bytes * (C-order position within the box).
using ReduceFunction = void (*)(const KernelArguments*, const int64_t* lower, const int64_t* upper, int64_t first,
                                int64_t last, char* states, char* scratch);
/// left[i] = merge(left[i], right[i]) for count states: left's elements come before right's.
using CombineFunction = void (*)(char* left, const char* right, int64_t count);
/// Reduction, last stage: for every parallel index of the box, turns its state into results and runs the epilogue.
using FinishFunction = void (*)(const KernelArguments*, const int64_t* lower, const int64_t* upper, const char* states);

struct TargetOptions {
  std::string cpu;                ///< "" for the host's
  int vector_bits = 0;            ///< 0: the widest that the CPU has; 256 or 512
  bool streaming_stores = false;  ///< non-temporal stores for the contiguous stores of an elementwise nest
};

/// Immutable and thread-safe; the code is freed with the last shared_ptr.
class Kernel {
 public:
  virtual ~Kernel() = default;
  ElementwiseFunction elementwise = nullptr;  ///< set for elementwise nests
  ReduceFunction reduce = nullptr;            ///< these three are set for reductions
  CombineFunction combine = nullptr;
  FinishFunction finish = nullptr;
  int64_t state_bytes = 0;    ///< of one parallel index's accumulators together
  int64_t scratch_bytes = 0;  ///< that one call of `reduce` needs, 64-byte aligned
  int64_t block = 0;          ///< elements of a canonical block: 64 rows of lanes (lanes), or 16 (serial16)
  int64_t code_bytes = 0;
};

/// Compiles for the host CPU; thread-safe. Throws Error(unsupported) below x86-64-v3.
std::shared_ptr<const Kernel> compile(const LoopNest& nest, const TargetOptions& options = {});

/// The texts behind `fuseval explain --stage llvm|asm`.
std::string llvm_ir(const LoopNest& nest, const TargetOptions& options = {});
std::string assembly(const LoopNest& nest, const TargetOptions& options = {});

/// "LLVM 22.1.8, sapphirerapids, 512-bit vectors", and what it is made of; part of the kernel cache's key.
std::string target_description(const TargetOptions& options = {});

/// Starts LLVM on the calling thread, so that the first compile is a warm one. Optional.
void warm_up();

}  // namespace fuseval::codegen
