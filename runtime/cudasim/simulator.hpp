// The CUDA simulator: runs the very text of a kernel on the host, one fiber a CUDA thread, and reports what a GPU would
// not: see docs/gpu.md, "The simulator".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ir/error.hpp"
#include "runtime/cudasim/memory.hpp"
#include "runtime/cudasim/module.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::runtime::cudasim {

struct LaunchOptions {
  /// The order of blocks and of the threads between two barriers: 0 ascending, 1 descending, else pseudo-random. The
  /// results of a right kernel do not depend on it.
  uint64_t seed = 0;
  /// How many iterations of `for` and `while` loops a thread may begin before it counts as one that never ends.
  uint64_t step_limit = uint64_t{1} << 32;
};

/// A kernel did what it may not: Error(internal).
class KernelFault : public Error {
 public:
  KernelFault(std::string message, bool illegal_address)
      : Error(ErrorCode::internal, std::move(message)), illegal_address_(illegal_address) {}
  /// It accessed what is not the device's memory; else it raced, left an array, missed a barrier, … .
  bool illegal_address() const { return illegal_address_; }

 private:
  bool illegal_address_;
};

struct Workspace;

/// A simulated device. Thread-safe: launches on several host threads run at the same time, provided that they do not
/// use the same memory unless all only read it, and that no memory is freed while a launch uses it. A launch itself
/// runs on the calling thread and returns when the kernel has ended.
class Simulator {
 public:
  Simulator();
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  /// Device memory of exactly `bytes`, poisoned; `alignment`: a power of two up to a page. The address is one of this
  /// process, but only kernels and copies should look there. Error(memory).
  uint64_t allocate(size_t bytes, size_t alignment = 256) { return memory_.allocate(bytes, alignment); }
  /// Nothing for 0. Error(internal): not the begin of an allocation, or freed before.
  void free(uint64_t address) { memory_.free(address); }
  /// Whether these bytes lie in one allocation that is alive.
  bool owns(uint64_t address, size_t bytes) const { return memory_.owns(address, bytes); }
  /// Memory of somebody else's, which must stay accessible while a launch uses it, as never written; at least 4-byte
  /// aligned. forget(): ends that, and touches nothing. Error(internal): no memory, or it overlaps an allocation; what
  /// is forgotten was not adopted.
  void adopt(uint64_t address, size_t bytes) { memory_.adopt(address, bytes); }
  void forget(uint64_t address) { memory_.forget(address); }
  /// Somebody else has written to, or copied on, the device: words count as written, or as their source does.
  /// Error(internal): a range is not within one allocation.
  void mark_written(uint64_t address, size_t bytes) { memory_.mark_written(address, bytes); }
  void mark_copied(uint64_t to, uint64_t from, size_t bytes) { memory_.mark_copied(to, from, bytes); }

  /// Error(internal): the range is not within one allocation.
  void copy_in(uint64_t to, const void* from, size_t bytes) { memory_.copy_in(to, from, bytes); }
  void copy_out(void* to, uint64_t from, size_t bytes) const { memory_.copy_out(to, from, bytes); }

  /// Runs a kernel to its end, with `block` threads (1 to 1024) in each of `grid` blocks and `words` as its parameter.
  /// KernelFault with the kernel, block, thread and line if it accesses what it may not, races, or its barriers do
  /// not match; memory keeps what had been written until then. Error(memory): no memory for the threads' stacks.
  void launch(const Function& function, unsigned grid, unsigned block, unsigned shared_bytes,
              std::span<const uint64_t> words, const LaunchOptions& options = {});

 private:
  class Lease;

  Memory memory_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
  uint32_t serial_ = 0;
};

}  // namespace fuseval::runtime::cudasim
