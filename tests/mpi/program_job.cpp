// A user's program over the C++ API, on as many ranks as it is started with, in which something goes wrong on the last
// rank in the middle of distributed calls. Its argument says what.
#include <sys/time.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t rows = 600, columns = 500;
const char* const stencil = "0.25*(a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2])";

/// The process ends by a signal that nobody can catch, wherever it is then.
void die_soon() {
  std::signal(SIGALRM, [](int) { std::raise(SIGKILL); });
  const itimerval soon{{0, 0}, {0, 300'000}};
  setitimer(ITIMER_REAL, &soon, nullptr);
}

/// Fails from the n-th call on.
struct Countdown {
  std::atomic<int> left;
  bool over() { return --left < 0; }
};

fuseval::Hooks hooks_of(const std::string& what, Countdown& countdown) {
  fuseval::Hooks hooks;
  if (what == "hook-throws") {
    hooks.parallel_for = [&countdown](std::int64_t count, const std::function<void(std::int64_t)>& task) {
      if (countdown.over()) throw std::runtime_error("no more threads");
      for (std::int64_t k = 0; k < count; ++k) task(k);
    };
  } else if (what == "out-of-memory") {
    hooks.allocate = [&countdown](std::size_t bytes, std::size_t alignment) -> void* {
      if (countdown.over()) return nullptr;
      return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    };
    hooks.deallocate = [](void* memory, std::size_t) { std::free(memory); };
  }
  return hooks;
}

/// What every rank's error is, said by the first rank, by one more program on all of them.
void report(const fuseval::World& world, const fuseval::Error& error) {
  std::vector<std::int64_t> codes{error.code()};
  const auto each = fuseval::distribute(world, codes);
  const auto extremes = fuseval::evaluate("min(each), max(each)", {{"each", each}});
  if (world.rank() == 0)
    std::printf("job: errors %d to %d on all ranks; here: %s\n", static_cast<int>(extremes[0].item<std::int64_t>()),
                static_cast<int>(extremes[1].item<std::int64_t>()), error.message().c_str());
}

/// What only the last rank has got wrong, after some calls.
void make_wrong_call(const std::string& what, const fuseval::World& world, const fuseval::Session& session,
                     const fuseval::DistributedArray& a) {
  if (what == "wrong-text" || what == "leaves") session.evaluate("sum(a", {{"a", a}});
  if (what == "other-call") world.barrier();
}

/// Steps, a reduction, or both, again and again for as long as nothing happens: two minutes at most.
void run(const std::string& what, const std::string& where) {
  fuseval::WorldOptions world_options;
  // Ranks compare their calls after half of that. Nobody but MPI tells of a rank that is killed.
  world_options.watchdog_seconds = what == "killed" ? 0 : what == "other-call" ? 10 : 100;
  const fuseval::World world(world_options);
  const bool last = world.rank() == world.size() - 1;
  Countdown countdown{20};
  fuseval::SessionOptions options;
  options.threads = 2;
  if (last) options.hooks = hooks_of(what, countdown);
  const fuseval::Session session(options);
  const fuseval::Distribution cut(world, {rows, columns});
  const auto a = fuseval::empty(cut, fuseval::DType::float64), b = fuseval::empty(cut, fuseval::DType::float64);
  fuseval::evaluate("zeros((m, n)) + arange(n)", {{"m", rows}, {"n", columns}}, fuseval::into(a));
  fuseval::evaluate("a", {{"a", a}}, fuseval::into(b));
  const auto step = session.compile(stencil, {{"a", a}});
  const auto forth = step.into(b.slice({{1, -1}, {1, -1}})), back = step.into(a.slice({{1, -1}, {1, -1}}));
  world.barrier();
  if (what == "killed" && last) die_soon();
  const auto begin = Clock::now();
  for (long k = 0; Clock::now() - begin < std::chrono::seconds(120); ++k) {
    std::optional<fuseval::Error> failure;
    try {
      if (last && k == 5) make_wrong_call(what, world, session, a);
      if (where == "steps") k % 2 == 0 ? forth(a) : back(b);
      if (where == "a-reduction") session.evaluate("sum(exp(a/n)), var(a)", {{"a", a}, {"n", columns}});
    } catch (const fuseval::Error& error) {
      failure = error;
    }
    if (!failure) continue;
    // Every rank goes its own way, without another call.
    if (what == "leaves") return static_cast<void>(std::printf("job: leaves with %s\n", failure->message().c_str()));
    if (!world.agree(&*failure)) throw std::runtime_error("all is well, say all");
    return report(world, *failure);
  }
  throw std::runtime_error("nothing has happened");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  try {
    run(arguments[1], arguments[2]);
  } catch (const std::exception& error) {
    std::printf("job: %s\n", error.what());
  }
  return 1;
}
