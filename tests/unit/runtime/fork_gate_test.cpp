// Locks and first uses under fork(): children of a process whose other threads are in the middle of them.
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/background.hpp"
#include "runtime/lasting.hpp"
#include "runtime/mutex.hpp"
#include "tests/unit/forked.hpp"

using namespace fuseval::runtime;

namespace {

constexpr int children = 40;

/// Threads that do one thing again and again.
class Busy {
 public:
  template <class Work>
  Busy(int count, Work work) {
    for (int k = 0; k < count; ++k)
      threads_.emplace_back([this, work] {
        while (!done_) {
          work();
          ++rounds_;
        }
      });
    while (rounds_ < count) std::this_thread::yield();
  }
  ~Busy() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> done_{false};
  std::atomic<int> rounds_{0};
  std::vector<std::thread> threads_;
};

/// Two numbers that are equal whenever nobody holds the lock.
struct Pair {
  Mutex mutex;
  long first = 0, second = 0;

  void raise() {
    const std::lock_guard lock(mutex);
    ++first;
    for (int k = 0; k < 100; ++k) asm volatile("" ::: "memory");
    second = first;
  }
  bool is_whole() {
    const std::lock_guard lock(mutex);
    return first == second;
  }
};

/// A thread that is between begin and end of something when the constructor returns, until the destructor.
class Held {
 public:
  template <class Begin, class End>
  Held(Begin begin, End end)
      : thread_([this, begin, end] {
          begin();
          is_begun_ = true;
          is_begun_.notify_all();
          may_end_.wait(false);
          end();
        }) {
    is_begun_.wait(false);
  }
  ~Held() {
    may_end_ = true;
    may_end_.notify_all();
    thread_.join();
  }

 private:
  std::atomic<bool> is_begun_{false}, may_end_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("a child finds no lock locked, and what locks guard whole") {
  Pair pairs[2];
  const Busy busy(3, [&] {
    pairs[0].raise();
    pairs[1].raise();
  });
  int good = 0;
  for (int k = 0; k < children; ++k)
    good += holds_in_child([&] { return pairs[0].is_whole() && pairs[1].is_whole(); }) ? 1 : 0;
  CHECK(good == children);
}

TEST_CASE("threads that fork at the same time, with locks in use") {
  Pair pair;
  std::atomic<int> good{0};
  {
    const Busy busy(2, [&] { pair.raise(); });
    std::vector<std::thread> forking;
    for (int k = 0; k < 3; ++k)
      forking.emplace_back([&] {
        for (int round = 0; round < 10; ++round) good += holds_in_child([&] { return pair.is_whole(); }) ? 1 : 0;
      });
    for (std::thread& thread : forking) thread.join();
  }
  CHECK(good == 30);
}

TEST_CASE("a thread that forks within a section is in it on both sides") {
  Pair pair;
  const Busy busy(2, [&] { pair.raise(); });
  {
    const ForkSection outer;
    const ForkSection inner;
    CHECK(holds_in_child([&] { return pair.is_whole() && holds_in_child([&] { return pair.is_whole(); }); }));
  }
  CHECK(holds_in_child([&] { return pair.is_whole(); }));
}

TEST_CASE("generations count the forks between a process and its first ancestor") {
  const uint32_t here = fork_generation();
  CHECK(holds_in_child(
      [&] { return fork_generation() == here + 1 && holds_in_child([&] { return fork_generation() == here + 2; }); }));
  CHECK(fork_generation() == here);
}

TEST_CASE("a long lock that another thread holds: fork does not wait, and the child may have it") {
  LongLock lock;
  const Held held([&] { lock.lock(); }, [&] { lock.unlock(); });
  CHECK_FALSE(lock.try_lock());
  CHECK(holds_in_child([&] {
    lock.lock();
    const bool is_held = !lock.try_lock();
    lock.unlock();
    return is_held && lock.try_lock();
  }));
  CHECK_FALSE(lock.try_lock());
}

TEST_CASE("jobs in the background: a child waits for its own alone") {
  std::optional<Background> background(std::in_place);
  std::atomic<bool> goes_on{false};
  background->run([&] { goes_on.wait(false); });
  std::thread waits([&] { background->wait(); });
  CHECK(holds_in_child([&] {
    background->wait();
    background.reset();
    return true;
  }));
  goes_on = true;
  goes_on.notify_all();
  waits.join();
}

TEST_CASE("a Lasting value is constructed at its first use while processes fork") {
  static constinit Lasting<std::string> values[children];
  std::atomic<int> next{0};
  const auto value = [](int k) {
    return values[k].get([&] { return std::string(100, static_cast<char>('a' + k % 26)); });
  };
  int good = 0;
  {
    const Busy busy(2, [&] { value(next.load()); });
    for (int k = 0; k < children; ++k) {
      next = k;
      good += holds_in_child([&] { return value(k) == std::string(100, static_cast<char>('a' + k % 26)); }) ? 1 : 0;
    }
  }
  CHECK(good == children);
}

TEST_CASE("a Lasting value whose construction fails is constructed at the next use") {
  static constinit Lasting<int> value;
  CHECK_THROWS_AS(value.get([]() -> int { throw 1; }), int);
  CHECK(value.get([] { return 3; }) == 3);
  CHECK(value.get([] { return 4; }) == 3);
}
