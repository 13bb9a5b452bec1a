// Fibers: many stacks on one host thread, switched by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/cudasim/shim/thread.hpp"

/// For each function that another stack runs beneath: ThreadSanitizer counts a function's begin and end on one stack of
/// the host thread's, and such a function begins before a switch and ends after another one. Its own fibers would do as
/// well, but making a block's takes milliseconds, and the whole is one thread's work, which cannot race with itself.
#define FUSEVAL_ON_TWO_STACKS __attribute__((no_sanitize("thread")))

namespace fuseval::runtime::cudasim {

class Block;

/// A CUDA thread as the simulator sees it, from its first instruction to its end; lies at the low end of a stack, which
/// other threads have before and after it.
struct Fiber : Thread {
  unsigned number = 0;  ///< threadIdx.x
  Block* block = nullptr;
  const Kernel* kernel = nullptr;
  const void* words = nullptr;
  void* stack_pointer = nullptr;
  void* host_stack_pointer = nullptr;
  const void* host_stack = nullptr;
  size_t host_stack_bytes = 0;

  unsigned warp() const { return number / 32; }
  unsigned lane() const { return number % 32; }

  /// Called on the host's stack: runs the fiber until it calls leave(). The fiber of a thread that has ended begins
  /// anew.
  void enter();
  /// Called on the fiber.
  void leave();
};

/// As many stacks as a block has threads, with a page that faults below each. Each is made when first taken, because
/// that page costs more than a short kernel's thread, and is used for thread after thread.
class Stacks {
 public:
  explicit Stacks(unsigned count);
  ~Stacks();
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;

  unsigned count() const { return count_; }
  /// The stack given back last, which is in the cache; at most count() are out at a time.
  Fiber& take();
  void give_back(Fiber& fiber) { free_.push_back(&fiber); }

 private:
  unsigned count_;
  unsigned made_ = 0;
  void* mapping_;
  char* first_;
  std::vector<Fiber*> free_;
};

/// The largest frame that a function of a kernel text may have: beyond it the compiler refuses the text.
constexpr size_t frame_limit = stack_bytes / 2;

}  // namespace fuseval::runtime::cudasim
