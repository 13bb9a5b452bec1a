// Counters of a session: what really ran. Tests hold plans against them.
#pragma once

#include <atomic>
#include <cstdint>

namespace fuseval::engine {

struct Counters {
  std::atomic<int64_t> launches{0};
  std::atomic<int64_t> chained_kernels{0};  ///< beyond the first of each chain: launches counts that one
  std::atomic<int64_t> tasks{0};
  std::atomic<int64_t> threads_used{0};
  std::atomic<int64_t> kernels_compiled{0};
  std::atomic<int64_t> texts_parsed{0};
  std::atomic<int64_t> plans_made{0};
  std::atomic<int64_t> compile_nanoseconds{0};
  std::atomic<int64_t> front_nanoseconds{0};

  void add(std::atomic<int64_t>& counter, int64_t value) { counter.fetch_add(value, std::memory_order_relaxed); }
  void note_threads(int count) {
    int64_t seen = threads_used.load(std::memory_order_relaxed);
    while (seen < count && !threads_used.compare_exchange_weak(seen, count, std::memory_order_relaxed)) {
    }
  }
};

}  // namespace fuseval::engine
