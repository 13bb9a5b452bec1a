// Fibers: many stacks on one host thread, switched by hand.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/cudasim/shim/thread.hpp"

namespace fuseval::runtime::cudasim {

class Block;

/// A CUDA thread as the simulator sees it, from its first instruction to its end; lies at the low end of a stack, which
/// other threads have before and after it.
struct Fiber : Thread {
  unsigned number = 0;  ///< threadIdx.x
  unsigned stack = 0;   ///< which of the Stacks
  Block* block = nullptr;
  const Kernel* kernel = nullptr;
  const void* words = nullptr;
  void* stack_pointer = nullptr;
  void* host_stack_pointer = nullptr;
  void* sanitizer_state = nullptr;
  const void* host_stack = nullptr;
  size_t host_stack_bytes = 0;
  void* host_fiber = nullptr;

  unsigned warp() const { return number / 32; }
  unsigned lane() const { return number % 32; }

  /// Called on the host's stack: runs the fiber until it calls leave(). The fiber of a thread that has ended begins
  /// anew.
  void enter();
  /// Called on the fiber.
  void leave();
};

/// As many stacks as a block has threads, with a page that faults below each. Made once and used for block after block.
class Stacks {
 public:
  explicit Stacks(unsigned count);
  ~Stacks();
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;

  unsigned count() const { return count_; }
  Fiber& operator[](unsigned stack) { return *reinterpret_cast<Fiber*>(first_ + stack * stack_bytes); }

 private:
  unsigned count_;
  void* mapping_;
  char* first_;
};

/// The largest frame that a function of a kernel text may have: beyond it the compiler refuses the text.
constexpr size_t frame_limit = stack_bytes / 2;

}  // namespace fuseval::runtime::cudasim
