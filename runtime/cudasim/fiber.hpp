// Fibers: many stacks on one host thread, switched by hand.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/cudasim/shim/thread.hpp"

namespace fuseval::runtime::cudasim {

class Block;

/// A CUDA thread as the simulator sees it; lies at the low end of its fiber's stack.
struct Fiber : Thread {
  unsigned number = 0;  ///< threadIdx.x
  Block* block = nullptr;
  const Kernel* kernel = nullptr;
  const void* words = nullptr;
  // What it did to device memory; times are the block's clock.
  uint32_t last_write = 0;     ///< 0: nothing written
  uint32_t fenced = 0;         ///< when its last __threadfence() was; 0: none
  uint32_t fence_barrier = 0;  ///< the block barrier before that fence
  bool unfenced = false;       ///< it has written since
  bool counted = false;        ///< it has done an atomic operation

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

/// Stacks for the threads of one block, with a page that faults below each. Made once and used for block after block.
class Stacks {
 public:
  explicit Stacks(unsigned count);
  ~Stacks();
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;

  unsigned count() const { return count_; }
  Fiber& operator[](unsigned number) { return *reinterpret_cast<Fiber*>(first_ + number * stack_bytes); }

 private:
  unsigned count_;
  void* mapping_;
  char* first_;
};

/// The largest frame that a function of a kernel text may have: beyond it the compiler refuses the text.
constexpr size_t frame_limit = stack_bytes / 2;

}  // namespace fuseval::runtime::cudasim
