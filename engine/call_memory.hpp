// Memory that one call takes for results and temporaries, counted against the session's limit.
#pragma once

#include <fmt/format.h>

#include "engine/runtime.hpp"
#include "ir/error.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {

class CallMemory {
 public:
  explicit CallMemory(const Runtime& runtime) : runtime_(runtime) {}

  /// Throws Error(limit).
  void count(size_t bytes) {
    if (!__builtin_add_overflow(taken_, bytes, &taken_) && taken_ <= runtime_.memory_limit) return;
    throw Error(ErrorCode::limit,
                fmt::format("the call needs more than the {} bytes that are allowed for results and temporaries",
                            runtime_.memory_limit));
  }
  /// On the host.
  runtime::Buffer allocate(size_t bytes) {
    count(bytes);
    return runtime::Buffer(bytes, runtime_.hooks.memory());
  }

 private:
  const Runtime& runtime_;
  size_t taken_ = 0;
};

}  // namespace fuseval::engine
