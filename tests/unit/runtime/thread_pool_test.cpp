#include "runtime/thread_pool.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

using fuseval::runtime::ThreadPool;

namespace {

void sleep_us(int us) { std::this_thread::sleep_for(std::chrono::microseconds(us)); }

/// Threads that wait in their first index until `wanted` of them are there, however busy the machine is.
class Meeting {
 public:
  explicit Meeting(int wanted) : wanted_(wanted) {}
  void attend(int thread) {
    const uint64_t bit = uint64_t{1} << thread;
    if ((present_.fetch_or(bit) & bit) != 0) return;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (std::popcount(present_.load()) < wanted_ && std::chrono::steady_clock::now() < deadline) sleep_us(20);
  }

 private:
  int wanted_;
  std::atomic<uint64_t> present_{0};
};

/// Runs `count` indices and checks that each came once, from a thread number in range. How many threads took part: at
/// least `wanted`, if the pool has them.
int check_run(ThreadPool& pool, int64_t count, int max_threads = 0, int wanted = 1) {
  Meeting meeting(wanted);
  std::vector<std::atomic<int>> hits(static_cast<size_t>(count));
  std::atomic<bool> in_range{true};
  const int took_part = pool.parallel_for(
      count,
      [&](int64_t index, int thread) {
        if (thread < 0 || thread >= pool.threads()) in_range = false;
        hits[static_cast<size_t>(index)].fetch_add(1, std::memory_order_relaxed);
        meeting.attend(thread);
      },
      max_threads);
  CHECK(in_range);
  int64_t right = 0;
  for (const auto& hit : hits) right += hit == 1;
  CHECK(right == count);
  return took_part;
}

/// Runs `body` in a forked child that is killed if it hangs; its exit status.
template <class F>
int in_child(F body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(300);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("every index runs once, for any count and number of threads") {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    CHECK(pool.threads() == threads);
    for (const int64_t count : {1, 2, 3, 100, 10'000}) {
      const int took_part = check_run(pool, count);
      CHECK(took_part >= 1);
      CHECK(took_part <= std::min<int64_t>(threads, count));
    }
  }
  CHECK(ThreadPool(0).threads() == fuseval::runtime::usable_cpus());
  CHECK(ThreadPool(2).run(0, nullptr, nullptr) == 0);
  CHECK(ThreadPool(2).run(-1, nullptr, nullptr) == 0);
}

TEST_CASE("many short runs in a row, spinning and parked") {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0};
  int64_t expected = 0;
  for (int round = 0; round < 3000; ++round) {
    const int64_t count = 2 + round % 5;
    pool.parallel_for(count, [&](int64_t index, int) { sum += index + 1; });
    expected += count * (count + 1) / 2;
    if (round % 500 == 0) sleep_us(400);  // the workers park
  }
  CHECK(sum == expected);
}

TEST_CASE("several threads take part, at most as many as allowed, and the caller is thread 0") {
  ThreadPool pool(4);
  CHECK(check_run(pool, 200, 0, 4) == 4);
  CHECK(check_run(pool, 200, 2, 2) == 2);
  CHECK(check_run(pool, 50, 1) == 1);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::set<int> callers_threads;
  const auto caller = std::this_thread::get_id();
  Meeting meeting(3);
  pool.parallel_for(
      200,
      [&](int64_t, int thread) {
        const int now = ++inside;
        for (int known = most; now > known && !most.compare_exchange_weak(known, now);) {
        }
        if (std::this_thread::get_id() == caller) callers_threads.insert(thread);
        meeting.attend(thread);
        --inside;
      },
      3);
  CHECK(most == 3);
  CHECK(callers_threads == std::set<int>{0});
}

TEST_CASE("indices are handed out in ascending order") {
  ThreadPool pool(3);
  std::vector<int64_t> last(3, -1);
  bool ascending = true;
  std::atomic<bool> all{true};
  pool.parallel_for(1000, [&](int64_t index, int thread) {
    if (index <= last[static_cast<size_t>(thread)]) all = false;
    last[static_cast<size_t>(thread)] = index;
  });
  CHECK((ascending && all));
}

TEST_CASE("a task that runs the pool itself is served alone") {
  ThreadPool pool(3);
  std::atomic<int64_t> inner{0};
  std::atomic<bool> alone{true};
  pool.parallel_for(20, [&](int64_t, int) {
    const auto me = std::this_thread::get_id();
    const int took_part = pool.parallel_for(50, [&](int64_t, int thread) {
      if (std::this_thread::get_id() != me || thread != 0) alone = false;
      ++inner;
    });
    if (took_part != 1) alone = false;
  });
  CHECK(inner == 1000);
  CHECK(alone);
}

TEST_CASE("concurrent callers: one has the workers, the others run alone") {
  ThreadPool pool(3);
  std::atomic<int64_t> total{0};
  std::vector<std::thread> callers;
  for (int k = 0; k < 4; ++k)
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round) pool.parallel_for(17, [&](int64_t index, int) { total += index; });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 4 * 300 * 136);

  std::atomic<bool> held{false};
  std::atomic<bool> release{false};
  std::thread holder([&] {
    pool.parallel_for(2, [&](int64_t, int) {
      held = true;
      while (!release) sleep_us(10);
    });
  });
  while (!held) sleep_us(10);
  CHECK(check_run(pool, 100) == 1);
  release = true;
  holder.join();
}

TEST_CASE("a caller that waits long for its workers sleeps and is woken") {
  ThreadPool pool(2);
  std::atomic<int> done{0};
  const auto caller = std::this_thread::get_id();
  pool.parallel_for(2, [&](int64_t, int) {
    if (std::this_thread::get_id() != caller) sleep_us(20'000);
    if (std::this_thread::get_id() == caller) sleep_us(1'000);
    ++done;
  });
  CHECK(done == 2);
}

#ifndef __SANITIZE_THREAD__  // it does not support threads in the child of a process that has threads
TEST_CASE("after fork the child has workers of its own") {
  ThreadPool pool(3);
  CHECK(check_run(pool, 300, 0, 3) == 3);
  CHECK(in_child([&] { return check_run(pool, 300, 0, 3); }) == 3);
  CHECK(in_child([&] { return in_child([&] { return check_run(pool, 300, 0, 3); }); }) == 3);
  CHECK(check_run(pool, 300, 0, 3) == 3);
}

TEST_CASE("a fork while another thread runs the pool leaves no lock behind") {
  ThreadPool pool(3);
  std::atomic<bool> held{false};
  std::atomic<bool> release{false};
  std::thread holder([&] {
    pool.parallel_for(30, [&](int64_t, int) {
      held = true;
      while (!release) sleep_us(10);
    });
  });
  while (!held) sleep_us(10);
  const int in_fork = in_child([&] { return check_run(pool, 300, 0, 3); });
  release = true;
  holder.join();
  CHECK(in_fork == 3);
}

TEST_CASE("a child may destroy a pool whose workers it does not have") {
  auto* pool = new ThreadPool(3);
  check_run(*pool, 100, 0, 3);
  CHECK(in_child([&] {
          delete pool;
          return 7;
        }) == 7);
  delete pool;
}
#endif
