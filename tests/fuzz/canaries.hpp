// Memory for a session's results and temporaries in which a write before or behind a block shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "fuseval/hooks.hpp"

namespace fuseval::fuzz {

class Canaries {
 public:
  Canaries() = default;
  Canaries(const Canaries&) = delete;
  Canaries& operator=(const Canaries&) = delete;

  /// The canaries must outlive the session.
  void lend_to(Hooks& hooks) {
    hooks.allocate = [this](size_t bytes, size_t) { return allocate(bytes); };
    hooks.deallocate = [this](void* memory, size_t bytes) { deallocate(memory, bytes); };
  }

  /// Blocks that were written beyond, or given back with another size than they were taken with.
  size_t damaged() const { return damaged_; }
  size_t blocks() const { return blocks_; }
  /// The most bytes that were in use at a time.
  size_t peak() const { return peak_; }

 private:
  static constexpr size_t guard = 4096;
  static constexpr unsigned char mark = 0xC5;

  static bool is_whole(const char* begin) {
    for (size_t k = 0; k < guard; ++k)
      if (static_cast<unsigned char>(begin[k]) != mark) return false;
    return true;
  }

  void* allocate(size_t bytes) {
    const size_t padding = (64 - bytes % 64) % 64;
    auto* const begin = static_cast<char*>(std::aligned_alloc(64, bytes + padding + 2 * guard));
    if (begin == nullptr) return nullptr;
    std::memset(begin, mark, bytes + padding + 2 * guard);
    const std::lock_guard lock(mutex_);
    sizes_[begin + guard] = bytes;
    in_use_ += bytes;
    peak_ = in_use_ > peak_ ? in_use_ : peak_;
    ++blocks_;
    return begin + guard;
  }

  void deallocate(void* memory, size_t bytes) {
    char* const data = static_cast<char*>(memory);
    const std::lock_guard lock(mutex_);
    const auto known = sizes_.find(data);
    const bool ours = known != sizes_.end() && known->second == bytes;
    if (!ours || !is_whole(data - guard) || !is_whole(data + bytes)) ++damaged_;
    if (!ours) return;
    sizes_.erase(known);
    in_use_ -= bytes;
    std::free(data - guard);
  }

  std::mutex mutex_;
  std::unordered_map<char*, size_t> sizes_;
  size_t in_use_ = 0, peak_ = 0, blocks_ = 0, damaged_ = 0;
};

}  // namespace fuseval::fuzz
