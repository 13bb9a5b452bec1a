// What a kernel's code and the simulator know of each other: this text stands before every kernel text, and the library
// includes it too. It includes nothing, so that it cannot meet declarations of the kernel text's own prelude.
//
// A CUDA thread is a fiber whose stack is aligned to its size, and a Thread lies at the stack's low end: a kernel finds
// its own by masking the stack pointer, with no thread-local variable to look up.
#pragma once

namespace fuseval::runtime::cudasim {

constexpr unsigned long stack_bytes = 1UL << 17;

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

enum class Sync : int { running, ended, faulted, block, warp, shuffle_index, shuffle_up, shuffle_down, shuffle_xor };

/// Where in a kernel's code something happens: the program counter, or the line where the shim knows it.
struct Place {
  const void* pc = nullptr;
  int line = 0;
};

struct Thread;

/// What a kernel's code calls. None of them returns when the thread is at fault.
struct Hooks {
  void (*read)(Thread*, const void* address, unsigned long bytes, Place) = nullptr;
  void (*write)(Thread*, void* address, unsigned long bytes, Place) = nullptr;
  void (*atomic)(Thread*, void* address, unsigned long bytes, Place) = nullptr;
  void (*wait)(Thread*) = nullptr;
  void (*fence)(Thread*) = nullptr;
  void (*fail)(Thread*, const char* what, Place) = nullptr;
};

struct Thread {
  long steps = 0;  ///< iterations of loops that it may still begin
  Hooks hooks;     ///< a copy, so that a kernel looks at nothing but its own stack for it
  Index thread_index, block_index, block_extent, grid_extent;
  void* dynamic_shared = nullptr;
  // What it waits for, and what it waits with; `value` is a shuffle's result afterwards.
  Sync sync = Sync::running;
  int line = 0;
  unsigned mask = 0;
  int operand = 0;
  int width = 32;
  unsigned long long value = 0;
};

/// The Thread whose stack this code runs on.
inline __attribute__((always_inline)) Thread* current() {
  return reinterpret_cast<Thread*>(reinterpret_cast<unsigned long>(__builtin_frame_address(0)) & ~(stack_bytes - 1));
}

/// One row of a module's table of kernels.
struct Kernel {
  unsigned long argument_bytes;
  void (*call)(const void* words);
};

}  // namespace fuseval::runtime::cudasim
