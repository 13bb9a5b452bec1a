// Threads count themselves in before they look whether the gate is closed, and fork() closes it before it reads the
// counts (both sequentially consistent), so one of the two sees the other.
#include "runtime/fork_gate.hpp"

#include <pthread.h>

#include <array>
#include <atomic>

namespace fuseval::runtime {
namespace {

using Word = std::atomic<uint32_t>;

/// Threads in sections. Several, so that threads with little to do with each other share no cache line.
struct alignas(64) SectionShard {
  Word inside{0};
};

constinit std::array<SectionShard, 16> section_shards;
constinit Word closed{0};  ///< 1 while a thread forks
constinit Word generation{0};
constinit thread_local uint32_t depth = 0;

Word& own_count() {
  // Thread blocks lie at multiples of a stack's size: the multiplication brings their high bits down.
  const uint64_t mixed = (reinterpret_cast<uintptr_t>(&depth) >> 12) * 0x9E3779B97F4A7C15u;
  return section_shards[mixed >> 60].inside;
}

void wait_while_above(Word& count, uint32_t allowed) {
  for (uint32_t now = count.load(); now > allowed; now = count.load()) count.wait(now);
}

void close_gate() {
  for (uint32_t open = 0; !closed.compare_exchange_strong(open, 1); open = 0) closed.wait(1);
  const Word* own = depth > 0 ? &own_count() : nullptr;
  for (SectionShard& shard : section_shards) wait_while_above(shard.inside, &shard.inside == own ? 1 : 0);
  ++depth;  // handlers of others that run before the fork may use the library
}

void open_gate() {
  --depth;
  closed.store(0);
  closed.notify_all();
}

void open_gate_in_child() {
  generation.fetch_add(1);
  open_gate();
}

[[gnu::constructor]] void watch_forks() { pthread_atfork(close_gate, open_gate, open_gate_in_child); }

}  // namespace

void ForkSection::enter() {
  if (depth++ > 0) return;
  for (Word& count = own_count();;) {
    count.fetch_add(1);
    if (closed.load() == 0) return;
    count.fetch_sub(1);
    count.notify_all();
    closed.wait(1);
  }
}

void ForkSection::leave() {
  if (--depth > 0) return;
  Word& count = own_count();
  count.fetch_sub(1);
  if (closed.load() != 0) count.notify_all();
}

uint32_t fork_generation() { return generation.load(std::memory_order_relaxed); }

}  // namespace fuseval::runtime
