// Memory that one call takes, counted against the session's limit before it is allocated.
#pragma once

#include <fmt/format.h>

#include "engine/base/hooks.hpp"
#include "ir/checked.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {

/// Throws Error(limit) unless so many bytes are within the limit.
inline void require_memory(size_t bytes, size_t limit) {
  if (bytes <= limit) return;
  throw Error(ErrorCode::limit,
              fmt::format("the call needs more than the {} of memory that it is allowed", counted(limit, "byte")));
}

class CallMemory {
 public:
  /// limit: bytes, SIZE_MAX for none. hooks: those of the session; they must outlive this object.
  CallMemory(size_t limit, const Hooks& hooks) : limit_(limit), hooks_(hooks) {}

  /// Throws Error(limit) unless there is room for so much more.
  void require(size_t bytes) const { require_memory(capped_add(taken_, bytes), limit_); }
  bool is_limited() const { return limit_ != SIZE_MAX; }
  /// Throws Error(limit).
  void count(size_t bytes) {
    require(bytes);
    taken_ = checked_add(taken_, bytes);
  }
  void give_back(size_t bytes) { taken_ -= bytes; }
  /// On the host, from the session's hooks if it has them. Throws Error(limit).
  runtime::Buffer allocate(size_t bytes) {
    count(bytes);
    return runtime::Buffer(bytes, hooks_.memory());
  }

 private:
  const size_t limit_;
  const Hooks& hooks_;
  size_t taken_ = 0;
};

/// What one kernel or chain works in: counted while it is there, and never from the hooks. Throws Error(limit).
class ScratchMemory {
 public:
  ScratchMemory(CallMemory& memory, size_t bytes) : counted_(memory, bytes), buffer_(bytes) {}
  /// So many bytes for each of so many.
  ScratchMemory(CallMemory& memory, int64_t bytes, int64_t count)
      : ScratchMemory(memory, static_cast<size_t>(checked_multiply(bytes, count))) {}

  char* data() const { return buffer_.data(); }

 private:
  class Counted {
   public:
    Counted(CallMemory& memory, size_t bytes) : memory_(memory), bytes_(bytes) { memory_.count(bytes); }
    ~Counted() { memory_.give_back(bytes_); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

   private:
    CallMemory& memory_;
    const size_t bytes_;
  };

  Counted counted_;
  runtime::Buffer buffer_;
};

}  // namespace fuseval::engine
