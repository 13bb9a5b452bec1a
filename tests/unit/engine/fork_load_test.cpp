// fork() while other threads are in the middle of everything: children use the same sessions, and new ones.
#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "support.hpp"
#include "tests/unit/device_under_test.hpp"
#include "tests/unit/forked.hpp"

using namespace engine_test;

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool threads_in_child = false;  // the sanitizer has none in a child of a process that had some
#else
constexpr bool threads_in_child = true;
#endif

// GCC 12's AddressSanitizer does not lock its allocator around fork(), as the C library does with its own: a child
// whose parent was allocating on another thread waits for a lock of the allocator for ever. With it the children are
// forked while no other thread allocates.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool allocator_survives_fork = false;
#else
constexpr bool allocator_survives_fork = true;
#endif

std::atomic<int> texts{0};

/// A text that nobody has met, with code that nobody has compiled (its structure is the number's bits), and its value
/// for a = 1.
std::string fresh_text(double& value) {
  const int number = ++texts;
  std::string text = "a";
  value = 1;
  for (int bit = 0; bit < 12; ++bit) {
    const bool sum = (number >> bit & 1) != 0;
    text = fmt::format("({} {} a)", text, sum ? '+' : '*');
    if (sum) ++value;
  }
  return text;
}

bool is_right(const fuseval::Session& session, const std::vector<double>& a, const fuseval::RunOptions& options = {}) {
  double value = 0;
  const std::string text = fresh_text(value);
  return session.evaluate(text, {{"a", a}}, options).at<double>(-1) == value;
}

/// With a token, what is compiled is compiled in the background.
fuseval::RunOptions with(const fuseval::CancelToken& token) {
  fuseval::RunOptions options;
  options.cancel = &token;
  return options;
}

/// New texts, compiled here and in the background, on one thread and on several, and a session's life.
bool child_works(const fuseval::Session& session, const std::vector<double>& small, const std::vector<double>& large) {
  texts += 1000;
  if (!is_right(session, small)) return false;
  if (!threads_in_child) return true;
  const fuseval::CancelToken token;
  if (!is_right(session, small, with(token)) || !is_right(session, large)) return false;
  const fuseval::Session own = session_of(2);
  return is_right(own, large) && is_right(fuseval::Session::shared(), small);
}

/// Threads that use a session until this object goes.
class Load {
 public:
  Load(const fuseval::Session& session, const std::vector<double>& small, const std::vector<double>& large) {
    start([&] { return is_right(session, small); });
    if (allocator_survives_fork) start([&] { return is_right(session, small, with(token_)); });
    start([&] { return is_right(session, large); });
    start([&] { return is_right(session_of(1), small); });
    start([&] { return session.evaluate("a + 1", {{"a", small}}).at<double>(0) == 2; });
    while (rounds_ < 8) std::this_thread::yield();
  }
  ~Load() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
    CHECK(wrong_ == 0);
  }

  /// Until it is destroyed no thread of the load runs, if children need that.
  std::unique_lock<std::shared_mutex> pause() {
    std::unique_lock lock(paused_, std::defer_lock);
    if (allocator_survives_fork) return lock;
    is_pausing_ = true;  // the C library's lock prefers readers, which never let go all at once by themselves
    lock.lock();
    is_pausing_ = false;
    return lock;
  }

 private:
  template <class Work>
  void start(Work work) {
    threads_.emplace_back([this, work] {
      for (; !done_; ++rounds_) {
        while (is_pausing_) std::this_thread::yield();
        const std::shared_lock running(paused_);
        if (!work()) ++wrong_;
      }
    });
  }

  const fuseval::CancelToken token_;
  std::shared_mutex paused_;
  std::atomic<bool> done_{false}, is_pausing_{false};
  std::atomic<int> rounds_{0}, wrong_{0};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("children that are forked while other threads compile, in the background too, and the pool is busy") {
  constexpr int children = 40;
  fuseval::SessionOptions options;
  options.threads = threads_in_child ? 3 : 1;
  options.programs = options.kernels = 4;  // so that something is dropped all the time
  const fuseval::Session session(options);
  const std::vector<double> small(100, 1), large(300000, 1);
  Load load(session, small, large);
  int good = 0;
  for (int k = 0; k < children; ++k) {
    const auto paused = load.pause();
    good += holds_in_child([&] { return child_works(session, small, large); }) ? 1 : 0;
  }
  CHECK(good == children);
}

TEST_CASE("a child that is forked while another thread's text is compiled for the simulator") {
  if (!threads_in_child || !allocator_survives_fork) return;
  const fuseval::Session session = session_of(1);
  const std::vector<double> a(100, 1);
  fuseval::RunOptions options;
  options.device = "cudasim";
  REQUIRE(is_right(session, a, options));
  std::atomic<bool> begun{false}, right{false};
  std::thread other([&] {
    begun = true;
    right = is_right(session, a, options);
  });
  while (!begun) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(holds_in_child([&] {
    texts += 1000;
    return is_right(session, a, options) && is_right(session, a);
  }));
  other.join();
  CHECK(right);
}
