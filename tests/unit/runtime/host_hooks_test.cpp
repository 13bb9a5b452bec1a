// Memory and threads that a host lends, and what happens when it lends them badly.
#include "runtime/host_hooks.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/buffer.hpp"
#include "runtime/thread_pool.hpp"

using namespace fuseval;
using namespace fuseval::runtime;

namespace {

template <class F>
Error error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::none, "no error");
}

struct Ledger {
  int64_t bytes = 0;
  int blocks = 0;

  HostAllocator allocator() {
    return {this,
            [](void* user, size_t bytes, size_t alignment) {
              auto& ledger = *static_cast<Ledger*>(user);
              ledger.bytes += static_cast<int64_t>(bytes);
              ++ledger.blocks;
              return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
            },
            [](void* user, void* memory, size_t bytes) {
              auto& ledger = *static_cast<Ledger*>(user);
              ledger.bytes -= static_cast<int64_t>(bytes);
              --ledger.blocks;
              std::free(memory);
            }};
  }
};

using Task = void (*)(void*, int64_t);

/// A thread for each index, as a careless host would do it.
int thread_each(void*, int64_t count, Task task, void* context) {
  std::vector<std::thread> threads;
  for (int64_t k = 0; k < count; ++k) threads.emplace_back(task, context, k);
  for (std::thread& thread : threads) thread.join();
  return 0;
}
int one_after_another(void*, int64_t count, Task task, void* context) {
  for (int64_t k = count; k-- > 0;) task(context, k);
  return 0;
}

}  // namespace

TEST_CASE("buffers from a host's allocator go back to it, moved or not") {
  Ledger ledger;
  const HostAllocator allocator = ledger.allocator();
  {
    Buffer first(1000, &allocator);
    CHECK(ledger.bytes == 1000);
    CHECK(reinterpret_cast<uintptr_t>(first.data()) % 64 == 0);
    Buffer second = std::move(first);
    Buffer pooled(500);
    second = std::move(pooled);
    CHECK(ledger.blocks == 0);
    Buffer empty(0, &allocator);
    CHECK(empty.data() != nullptr);
    std::swap(second, empty);
    CHECK(ledger.blocks == 1);
  }
  CHECK(ledger.blocks == 0);
  CHECK(ledger.bytes == 0);
}

TEST_CASE("an allocator that has nothing, gives crooked memory or throws") {
  HostAllocator allocator{nullptr, [](void*, size_t, size_t) -> void* { return nullptr; }, [](void*, void*, size_t) {}};
  CHECK(error_of([&] { Buffer(8, &allocator); }).code() == ErrorCode::memory);
  static char crooked[256];
  allocator.allocate = [](void*, size_t, size_t) -> void* {
    return crooked + 1 + (reinterpret_cast<uintptr_t>(crooked) % 2);
  };
  CHECK(error_of([&] { Buffer(8, &allocator); }).code() == ErrorCode::hook);
  allocator.allocate = [](void*, size_t, size_t) -> void* { throw std::runtime_error("no more"); };
  const Error error = error_of([&] { Buffer(8, &allocator); });
  CHECK(error.code() == ErrorCode::hook);
  CHECK(error.message() == "the allocate hook threw an exception: no more");
  Ledger ledger;
  allocator = ledger.allocator();
  allocator.deallocate = [](void*, void* memory, size_t) {
    std::free(memory);
    throw 1;  // is dropped
  };
  CHECK(Buffer(8, &allocator).size() == 8);
}

TEST_CASE("a host's parallel_for runs every index once, with thread numbers in range") {
  for (const auto run : {thread_each, one_after_another}) {
    ThreadPool pool(4, HostParallelFor{nullptr, run});
    CHECK(pool.threads() == 4);
    for (const int64_t count : {1, 2, 3, 100, 5000}) {
      std::vector<std::atomic<int>> hits(static_cast<size_t>(count));
      std::atomic<bool> in_range{true};
      const int took_part = pool.parallel_for(count, [&](int64_t index, int thread) {
        if (thread < 0 || thread >= 4) in_range = false;
        hits[static_cast<size_t>(index)].fetch_add(1);
      });
      CHECK(in_range);
      CHECK(took_part >= 1);
      CHECK(took_part <= 4);
      int64_t right = 0;
      for (const auto& hit : hits) right += hit == 1;
      CHECK(right == count);
    }
    const int alone = pool.parallel_for(
        10, [](int64_t, int thread) { CHECK(thread == 0); }, 1);
    CHECK(alone == 1);
  }
}

TEST_CASE("two threads of a host use its parallel_for at the same time") {
  ThreadPool pool(3, HostParallelFor{nullptr, thread_each});
  std::atomic<int64_t> sum{0};
  const auto add = [&] {
    for (int k = 0; k < 20; ++k) pool.parallel_for(100, [&](int64_t index, int) { sum += index; });
  };
  std::thread other(add);
  add();
  other.join();
  CHECK(sum == 2 * 20 * 4950);
}

TEST_CASE("a parallel_for that fails, throws, forgets or repeats") {
  const auto outcome = [](auto run) {
    ThreadPool pool(3, HostParallelFor{nullptr, run});
    return error_of([&] { pool.parallel_for(100, [](int64_t, int) {}); });
  };
  const Error failed = outcome([](void*, int64_t count, Task task, void* context) {
    for (int64_t k = 0; k < count; ++k) task(context, k);
    return 7;
  });
  CHECK(failed.code() == ErrorCode::hook);
  CHECK(failed.message().find("failed with 7") != std::string::npos);
  const Error thrown = outcome([](void*, int64_t, Task task, void* context) -> int {
    task(context, 0);
    throw std::runtime_error("no threads today");
  });
  CHECK(thrown.code() == ErrorCode::hook);
  CHECK(thrown.message().find("no threads today") != std::string::npos);
  CHECK(outcome([](void*, int64_t, Task, void*) { return 0; }).code() == ErrorCode::hook);
  CHECK(outcome([](void*, int64_t, Task task, void* context) {
          task(context, 0);
          return 0;
        }).code() == ErrorCode::hook);
  CHECK(outcome([](void*, int64_t count, Task task, void* context) {
          for (int64_t k = 0; k < count; ++k) task(context, k), task(context, k);
          return 0;
        }).code() == ErrorCode::hook);
  CHECK(outcome([](void*, int64_t count, Task task, void* context) {
          for (int64_t k = 0; k <= count; ++k) task(context, k);
          return 0;
        }).code() == ErrorCode::hook);
}
