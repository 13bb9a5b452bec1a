// The simulated device's memory: allocations whose every byte is accounted for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "runtime/mutex.hpp"

namespace fuseval::runtime::cudasim {

/// What 4-byte words of fresh device memory and of shared memory at a block's start hold: a NaN as float32 and as
/// float64, and nobody's index.
constexpr uint32_t poison = 0x7FF4A5A5;

/// Bytes of the device, and for each 4-byte word who wrote it last.
struct Allocation {
  /// Somebody else's memory.
  struct Adopted {
    uint64_t address;
    size_t bytes;
  };

  /// Memory of its own, right before a page that faults (as nearly as the alignment permits).
  Allocation(size_t bytes, size_t alignment);
  explicit Allocation(const Adopted& adopted);
  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  /// Gives the memory back and keeps the addresses, if they are its own, so that nothing else comes to lie there.
  void retire();
  void mark_written(uintptr_t from, uintptr_t to);
  bool is_own() const { return mapping_ != nullptr; }
  size_t bytes() const { return end - begin; }

  uintptr_t begin = 0;
  uintptr_t end = 0;
  uint64_t* words = nullptr;  ///< 0: never written; else a WordStamp

 private:
  void* mapping_ = nullptr;
  size_t mapped_ = 0;
};

/// Who wrote a word: 10 bits of thread, 22 of the launch (0: the host), 32 of the block's clock.
struct WordStamp {
  static constexpr uint64_t host = 1;
  static uint64_t of(uint32_t launch, uint32_t clock, unsigned thread) {
    return uint64_t{thread} << 54 | uint64_t{launch} << 32 | clock;
  }
  static unsigned thread(uint64_t stamp) { return static_cast<unsigned>(stamp >> 54); }
  static uint32_t launch(uint64_t stamp) { return static_cast<uint32_t>(stamp >> 32) & (launches - 1); }
  static uint32_t clock(uint64_t stamp) { return static_cast<uint32_t>(stamp); }
  static constexpr uint32_t launches = 1u << 22;
};

/// The allocations at one moment. Immutable; a launch looks into its own.
struct AllocationTable {
  std::vector<std::shared_ptr<Allocation>> live;  ///< by address
  std::deque<std::shared_ptr<Allocation>> freed;  ///< the last ones

  Allocation* find(uintptr_t address) const;
  /// Words for an address that is in no allocation: what lies nearest.
  std::string describe(uintptr_t address) const;
};

/// Thread-safe.
class Memory {
 public:
  uint64_t allocate(size_t bytes, size_t alignment);
  bool owns(uint64_t address, size_t bytes) const;
  void free(uint64_t address) { remove(address, true); }
  void adopt(uint64_t address, size_t bytes);
  void forget(uint64_t address) { remove(address, false); }
  void mark_written(uint64_t address, size_t bytes);
  void mark_copied(uint64_t to, uint64_t from, size_t bytes);
  void copy_in(uint64_t to, const void* from, size_t bytes);
  void copy_out(void* to, uint64_t from, size_t bytes) const;
  std::shared_ptr<const AllocationTable> table() const;

 private:
  void add(std::shared_ptr<Allocation> allocation);
  void remove(uint64_t address, bool own);

  mutable Mutex mutex_;
  std::shared_ptr<const AllocationTable> table_ = std::make_shared<AllocationTable>();
};

}  // namespace fuseval::runtime::cudasim
