// Ranges of addresses with something known about each, looked up without a lock: by signal handlers, too.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "runtime/buffer.hpp"

namespace fuseval::runtime {

/// The table is only ever extended. Each entry is published under a version number (odd: in use) that is read before
/// and after its bounds. Writers hold a lock of their own.
template <class Known>
class RangeTable {
 public:
  struct Entry {
    std::atomic<uint32_t> version{0};
    std::atomic<uintptr_t> begin{0};
    std::atomic<uintptr_t> end{0};
    Known known{};
  };

  /// Calls f(entry) for all entries, used or not, until it returns false.
  template <class F>
  void each(F f) {
    for (Chunk* chunk = &first_; chunk; chunk = chunk->next.load(std::memory_order_acquire))
      for (Entry& entry : chunk->entries)
        if (!f(entry)) return;
  }

  /// The entry's bounds if it is in use, else an empty range.
  static AddressRange bounds(const Entry& entry) {
    const uint32_t before = entry.version.load(std::memory_order_acquire);
    const AddressRange range{entry.begin.load(std::memory_order_acquire), entry.end.load(std::memory_order_acquire)};
    const bool stable = before % 2 == 1 && entry.version.load(std::memory_order_relaxed) == before;
    return stable ? range : AddressRange{};
  }

  /// set(known): before anyone sees the entry.
  template <class Set>
  Entry* publish(AddressRange range, Set set) {
    Entry* entry = free_entry();
    entry->begin.store(range.begin, std::memory_order_release);  // not before the entry was withdrawn
    entry->end.store(range.end, std::memory_order_release);
    set(entry->known);
    entry->version.fetch_add(1, std::memory_order_release);
    return entry;
  }
  static void withdraw(Entry& entry) { entry.version.fetch_add(1, std::memory_order_release); }

 private:
  struct Chunk {
    std::array<Entry, 64> entries;
    std::atomic<Chunk*> next{nullptr};
  };

  Entry* free_entry() {
    Entry* found = nullptr;
    each([&](Entry& entry) {
      if (entry.version.load(std::memory_order_relaxed) % 2 == 0) found = &entry;
      return found == nullptr;
    });
    if (found) return found;
    Chunk* last = &first_;
    while (Chunk* next = last->next.load(std::memory_order_relaxed)) last = next;
    auto* chunk = new Chunk;  // stays: a handler may be reading it
    last->next.store(chunk, std::memory_order_release);
    return chunk->entries.data();
  }

  Chunk first_;
};

}  // namespace fuseval::runtime
