// Functions that a host lends to fuseval. They are foreign code: what they throw or say has failed becomes Error(hook).
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <exception>

#include "ir/error.hpp"
#include "runtime/float_environment.hpp"

namespace fuseval::runtime {

/// Memory for results and temporaries in place of the pool's.
struct HostAllocator {
  void* user = nullptr;
  /// 64-byte aligned, or nullptr when there is none.
  void* (*allocate)(void* user, size_t bytes, size_t alignment) = nullptr;
  void (*deallocate)(void* user, void* memory, size_t bytes) = nullptr;
};

/// Threads in place of the pool's.
struct HostParallelFor {
  void* user = nullptr;
  /// Calls task(context, index) once for each index in [0, count), from any threads, and returns when all calls have
  /// returned: 0, or anything else for a failure.
  int (*run)(void* user, int64_t count, void (*task)(void* context, int64_t index), void* context) = nullptr;
};

/// f(), and Error(hook) for what it throws. What it does to the floating-point environment is undone.
template <class F>
auto call_hook(const char* name, F&& f) {
  const KeptHostEnvironment environment;
  try {
    return f();
  } catch (const std::exception& thrown) {
    throw Error(ErrorCode::hook, fmt::format("the {} hook threw an exception: {}", name, thrown.what()));
  } catch (...) {
    throw Error(ErrorCode::hook, fmt::format("the {} hook threw an exception", name));
  }
}

}  // namespace fuseval::runtime
