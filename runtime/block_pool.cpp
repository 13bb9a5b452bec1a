// A fresh 80 MB output costs 26.6 ms a run in page faults, the same output reused 5.7, fresh but 2 MiB-aligned with
// huge pages 7.6; and a small program is to take 70 ns with all it allocates. So freed blocks are kept, in slots:
// atomic words, empty (0) or one block each, taken and filled with one exchange. There is no lock to be contended, to
// be held by a thread that is gone after fork(), or to be destroyed before the last Buffer.
//
//   small (to 32 KiB): classes at 4 steps a power of two; two slots a class in each of 16 shards, a thread uses one
//                      shard. Bounded by construction (small_reserve), so no count is kept.
//   medium (to 1 MiB): the same classes, four slots each, shared.
//   large:             multiples of 2 MiB; 64 slots for any size. The address is a multiple of 2 MiB as well, so that a
//                      word holds both, and looking for a fit touches no block.
#include "runtime/block_pool.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>

#include "runtime/buffer.hpp"

namespace fuseval::runtime {
namespace {

using Slot = std::atomic<uintptr_t>;

constexpr size_t huge_page = size_t{2} << 20;
constexpr size_t small_most = size_t{32} << 10;
constexpr size_t medium_most = size_t{1} << 20;
constexpr size_t shards = 16;
constexpr size_t small_slots = 2;
constexpr size_t medium_slots = 4;
constexpr size_t large_slots = 64;
constexpr size_t not_asked = SIZE_MAX;

/// Classes 64, 80, 96, 112, 128, 160, … : at most a quarter more than asked for, all multiples of 16.
constexpr size_t class_of(size_t bytes) {
  if (bytes <= 64) return 0;
  const size_t power = static_cast<size_t>(std::bit_width(bytes - 1)) - 1;  // 2^power < bytes <= 2^(power+1)
  const size_t step = (bytes - 1 - (size_t{1} << power)) >> (power - 2);
  return (power - 6) * 4 + step + 1;
}

constexpr size_t class_bytes(size_t index) {
  if (index == 0) return 64;
  const size_t power = (index - 1) / 4 + 6;
  return (size_t{1} << power) + (((index - 1) % 4 + 1) << (power - 2));
}

constexpr size_t small_classes = class_of(small_most) + 1;
constexpr size_t medium_classes = class_of(medium_most) + 1 - small_classes;
static_assert(class_bytes(small_classes - 1) == small_most && class_of(65) == 1 && class_bytes(1) == 80);

constexpr size_t small_reserve = [] {
  size_t sum = 0;
  for (size_t k = 0; k < small_classes; ++k) sum += class_bytes(k);
  return sum * small_slots * shards;
}();

struct Shard {
  alignas(64) std::array<std::array<Slot, small_slots>, small_classes> slots;
};

struct Pool {
  std::array<Shard, shards> small;
  std::array<std::array<Slot, medium_slots>, medium_classes> medium;
  std::array<Slot, large_slots> large;
  std::atomic<size_t> counted{0};  ///< bytes in medium and large slots
  std::atomic<size_t> limit{not_asked};
  std::atomic<size_t> victim{0};  ///< the large slot that is emptied next when there is no room
};

/// Zero-initialised and never destroyed: Buffers may outlive any static.
constinit Pool pool;

size_t pool_limit() {
  size_t limit = pool.limit.load(std::memory_order_relaxed);
  if (limit != not_asked) return limit;
  limit = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE)) / 8;
  size_t expected = not_asked;
  return pool.limit.compare_exchange_strong(expected, limit) ? limit : expected;
}

Shard& own_shard() {
  static thread_local char anchor;
  // Thread blocks lie at multiples of a stack's size: the multiplication brings their high bits down.
  const uint64_t mixed = (reinterpret_cast<uintptr_t>(&anchor) >> 12) * 0x9E3779B97F4A7C15u;
  return pool.small[mixed >> 60];
}

template <size_t n>
char* take(std::array<Slot, n>& slots) {
  for (Slot& slot : slots)
    if (slot.load(std::memory_order_relaxed) != 0)
      if (const uintptr_t word = slot.exchange(0, std::memory_order_acquire)) return reinterpret_cast<char*>(word);
  return nullptr;
}

template <size_t n>
bool put(std::array<Slot, n>& slots, uintptr_t word) {
  for (Slot& slot : slots) {
    uintptr_t empty = 0;
    if (slot.load(std::memory_order_relaxed) == 0 &&
        slot.compare_exchange_strong(empty, word, std::memory_order_release, std::memory_order_relaxed))
      return true;
  }
  return false;
}

Block block_of(uintptr_t large_word) {
  return {reinterpret_cast<char*>(large_word & ~(huge_page - 1)), (large_word & (huge_page - 1)) * huge_page};
}

/// 0 when the capacity does not fit into a word (4 TiB).
uintptr_t word_of(Block large) {
  const size_t units = large.capacity / huge_page;
  return units < huge_page ? reinterpret_cast<uintptr_t>(large.data) | units : 0;
}

/// Maps 2 MiB more than asked and gives back what lies before and after the aligned part.
Block map_large(size_t capacity) {
  const size_t mapped = capacity + huge_page;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {};
  char* start = static_cast<char*>(memory);
  const size_t lead = (huge_page - reinterpret_cast<uintptr_t>(start) % huge_page) % huge_page;
  char* data = start + lead;
  if (lead > 0) munmap(start, lead);
  munmap(data + capacity, huge_page - lead);
  madvise(data, capacity, MADV_HUGEPAGE);  // refused where huge pages are off: then it is slower, not wrong
  return {data, capacity};
}

/// The smallest kept block that fits and wastes at most a quarter (and one page).
Block take_large(size_t capacity) {
  const size_t most = capacity + capacity / 4 + huge_page;
  for (;;) {
    Slot* best = nullptr;
    uintptr_t best_word = 0;
    for (Slot& slot : pool.large) {
      const uintptr_t word = slot.load(std::memory_order_relaxed);
      const size_t here = block_of(word).capacity;
      if (here < capacity || here > most || (best && here >= block_of(best_word).capacity)) continue;
      best = &slot;
      best_word = word;
    }
    if (!best) return {};
    if (best->compare_exchange_strong(best_word, 0, std::memory_order_acquire)) {
      const Block block = block_of(best_word);
      pool.counted.fetch_sub(block.capacity, std::memory_order_relaxed);
      return block;
    }
  }
}

void drop_large(uintptr_t word) {
  const Block block = block_of(word);
  pool.counted.fetch_sub(block.capacity, std::memory_order_relaxed);
  munmap(block.data, block.capacity);
}

/// Empties one large slot; false when it held nothing.
bool drop_victim() {
  Slot& slot = pool.large[pool.victim.fetch_add(1, std::memory_order_relaxed) % large_slots];
  const uintptr_t word = slot.exchange(0, std::memory_order_acquire);
  if (word != 0) drop_large(word);
  return word != 0;
}

/// Reserves room for `capacity` among the counted bytes, older blocks making way.
bool make_room(size_t capacity) {
  const size_t limit = pool_limit();
  if (limit < small_reserve || capacity > limit - small_reserve) return false;
  size_t now = pool.counted.fetch_add(capacity, std::memory_order_relaxed) + capacity;
  for (size_t tries = 0; now > limit - small_reserve && tries < large_slots; ++tries) {
    drop_victim();
    now = pool.counted.load(std::memory_order_relaxed);
  }
  if (now <= limit - small_reserve) return true;
  pool.counted.fetch_sub(capacity, std::memory_order_relaxed);
  return false;
}

void release_large(Block block) {
  const uintptr_t word = word_of(block);
  if (word != 0 && make_room(block.capacity)) {
    for (size_t tries = 0; tries <= large_slots; ++tries) {
      if (put(pool.large, word)) return;
      drop_victim();
    }
    pool.counted.fetch_sub(block.capacity, std::memory_order_relaxed);
  }
  munmap(block.data, block.capacity);
}

void release_medium(Block block, size_t index) {
  if (make_room(block.capacity)) {
    if (put(pool.medium[index - small_classes], reinterpret_cast<uintptr_t>(block.data))) return;
    pool.counted.fetch_sub(block.capacity, std::memory_order_relaxed);
  }
  std::free(block.data);
}

char* take_medium(size_t index) {
  char* data = take(pool.medium[index - small_classes]);
  if (data) pool.counted.fetch_sub(class_bytes(index), std::memory_order_relaxed);
  return data;
}

}  // namespace

Block acquire_block(size_t bytes) {
  if (bytes > medium_most) {
    if (bytes > SIZE_MAX / 2) return {};
    const size_t capacity = (bytes + huge_page - 1) / huge_page * huge_page;
    const Block kept = take_large(capacity);
    return kept.data ? kept : map_large(capacity);
  }
  const size_t index = class_of(bytes);
  const size_t capacity = class_bytes(index);
  char* data = index < small_classes ? take(own_shard().slots[index]) : take_medium(index);
  if (!data) data = static_cast<char*>(std::aligned_alloc(64, (capacity + 63) / 64 * 64));
  return {data, capacity};
}

void release_block(Block block) {
  if (block.capacity > medium_most) return release_large(block);
  const size_t index = class_of(block.capacity);
  if (index >= small_classes) return release_medium(block, index);
  if (pool.limit.load(std::memory_order_relaxed) >= small_reserve &&
      put(own_shard().slots[index], reinterpret_cast<uintptr_t>(block.data)))
    return;
  std::free(block.data);
}

void set_pool_limit(size_t bytes) {
  pool.limit.store(std::min(bytes, not_asked - 1), std::memory_order_relaxed);
  if (pool_bytes() > bytes) trim_pool();
}

size_t pool_bytes() {
  size_t sum = pool.counted.load(std::memory_order_relaxed);
  for (const Shard& shard : pool.small)
    for (size_t index = 0; index < small_classes; ++index)
      for (const Slot& slot : shard.slots[index])
        if (slot.load(std::memory_order_relaxed) != 0) sum += class_bytes(index);
  return sum;
}

void trim_pool() {
  for (Shard& shard : pool.small)
    for (auto& slots : shard.slots)
      while (char* data = take(slots)) std::free(data);
  for (size_t index = small_classes; index < small_classes + medium_classes; ++index)
    while (char* data = take_medium(index)) std::free(data);
  for (Slot& slot : pool.large)
    if (const uintptr_t word = slot.exchange(0, std::memory_order_acquire)) drop_large(word);
}

}  // namespace fuseval::runtime
