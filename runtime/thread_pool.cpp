// Fork and join in about 0.1 µs while the workers spin (a futex wake takes 15-22 µs, a condition variable 35-46).
//
// One job at a time: the caller writes the job, opens the gate and raises the generation. A worker that sees a new
// generation enters through the gate if it is open and not full, takes indices from the shared counter until there are
// none, and leaves. The caller works on the same counter, then shuts the gate and waits for those inside. So a worker
// that sleeps, or is not scheduled, is never waited for: it finds the gate shut.
//
//   gate: bit 31 open | bit 30 the caller sleeps on it | bits 15-29 places left | bits 0-14 workers inside
//
// Workers that find nothing new spin for a while and then sleep on the generation. They count themselves as parked
// before they look at it a last time, and the caller raises it before it reads that count (both sequentially
// consistent), so one of the two sees the other. Nothing here holds a lock that a forked child could inherit locked.
#include "runtime/thread_pool.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>

#include "runtime/fork_mark.hpp"
#include "runtime/host_parallel.hpp"

namespace fuseval::runtime {
namespace {

using Word = std::atomic<uint32_t>;
using Clock = std::chrono::steady_clock;

constexpr uint32_t gate_open = 1u << 31;
constexpr uint32_t caller_sleeps = 1u << 30;
constexpr uint32_t one_place = 1u << 15;
constexpr uint32_t places_mask = gate_open - 1 - caller_sleeps - (one_place - 1);
constexpr uint32_t inside_mask = one_place - 1;
constexpr int most_threads = 4096;

constexpr auto spin_time = std::chrono::microseconds(100);
constexpr int spins_between_clock_reads = 32;

void sleep_on(Word& word, uint32_t value) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake(Word& word, int count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until done() or until spin_time has passed; says whether done() came true. With more threads than CPUs the one
/// that is waited for may need this CPU, so it is offered between the looks.
template <class Done>
bool spin_until(Done done, bool crowded) {
  if (done()) return true;
  const auto end = Clock::now() + spin_time;
  do {
    for (int spin = 0; spin < spins_between_clock_reads; ++spin) {
      if (done()) return true;
      pause();
    }
    if (crowded) sched_yield();
  } while (Clock::now() < end);
  return done();
}

}  // namespace

struct ThreadPool::State {
  struct Worker {
    State* pool = nullptr;
    int thread = 0;
    pthread_t handle{};
  };

  State(int threads, const HostParallelFor& host) : threads(threads), crowded(threads > usable_cpus()), host(host) {
    workers = std::make_unique<Worker[]>(static_cast<size_t>(threads));
  }

  // The job. Written while the gate is shut and nobody is inside.
  void (*task)(void*, int64_t, int) = nullptr;
  void* context = nullptr;
  int64_t count = 0;

  const int threads;
  const bool crowded;
  const HostParallelFor host;
  int started = 0;
  std::unique_ptr<Worker[]> workers;
  ForkMark mark;
  std::atomic<bool> stopping{false};

  // A cache line each: workers spin on the first, everybody adds to the third.
  alignas(64) Word generation{0};
  Word parked{0};
  alignas(64) Word gate{0};
  std::atomic<int> took_part{0};
  alignas(64) std::atomic<int64_t> next{0};
  alignas(64) std::atomic<bool> busy{false};

  bool enter();
  void start_workers(int wanted);
  int fork_join(int64_t indices, void (*function)(void*, int64_t, int), void* argument, int limit);
  bool work(int thread, int64_t index);
  void wait_for_workers();
  void serve(int thread);
  uint32_t await_generation(uint32_t seen);
  bool pass_gate();
  void leave(bool worked);
  static void* main(void* worker);
};

/// Becomes the one caller that may use the workers.
bool ThreadPool::State::enter() {
  if (!mark.is_home()) [[unlikely]]
    mark.move_here([this] {  // the parent's workers and callers do not exist in this process
      started = 0;
      parked.store(0);
      gate.store(0);
      busy.store(false);
    });
  return !busy.load(std::memory_order_relaxed) && !busy.exchange(true, std::memory_order_acquire);
}

/// Fewer may start than are wanted: what the system refuses, the others do.
void ThreadPool::State::start_workers(int wanted) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);  // a host's asynchronous signals are its own threads' business, faults are the faulting thread's
  for (const int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (; started < wanted; ++started) {
    Worker& worker = workers[static_cast<size_t>(started)];
    worker.pool = this;
    worker.thread = started + 1;
    if (pthread_create(&worker.handle, nullptr, main, &worker) != 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void* ThreadPool::State::main(void* argument) {
  const Worker& worker = *static_cast<Worker*>(argument);
  char name[16];
  std::snprintf(name, sizeof name, "fuseval-%d", worker.thread);
  pthread_setname_np(pthread_self(), name);
  worker.pool->serve(worker.thread);
  return nullptr;
}

void ThreadPool::State::serve(int thread) {
  // A worker may start after its first job was posted: generation 0 is before all jobs, and the gate tells the rest.
  uint32_t seen = 0;
  while (!stopping.load(std::memory_order_acquire)) {
    seen = await_generation(seen);
    if (!pass_gate()) continue;
    seen = generation.load(std::memory_order_relaxed);  // it cannot change while somebody is inside
    leave(work(thread, next.fetch_add(1, std::memory_order_relaxed)));
  }
}

uint32_t ThreadPool::State::await_generation(uint32_t seen) {
  uint32_t now = seen;
  const auto changed = [&] { return (now = generation.load(std::memory_order_acquire)) != seen; };
  while (!spin_until(changed, crowded)) {
    parked.fetch_add(1, std::memory_order_seq_cst);
    if (generation.load(std::memory_order_seq_cst) == seen) sleep_on(generation, seen);
    parked.fetch_sub(1, std::memory_order_relaxed);
  }
  return now;
}

bool ThreadPool::State::pass_gate() {
  uint32_t value = gate.load(std::memory_order_relaxed);
  while ((value & gate_open) != 0 && (value & places_mask) != 0)
    if (gate.compare_exchange_weak(value, value - one_place + 1, std::memory_order_acquire, std::memory_order_relaxed))
      return true;
  return false;
}

void ThreadPool::State::leave(bool worked) {
  if (worked) took_part.fetch_add(1, std::memory_order_relaxed);
  const uint32_t before = gate.fetch_sub(1, std::memory_order_acq_rel);
  if ((before & caller_sleeps) != 0 && (before & inside_mask) == 1) wake(gate, 1);
}

/// Runs indices from `index` on; says whether there was one.
bool ThreadPool::State::work(int thread, int64_t index) {
  if (index >= count) return false;
  for (; index < count; index = next.fetch_add(1, std::memory_order_relaxed)) task(context, index, thread);
  return true;
}

void ThreadPool::State::wait_for_workers() {
  gate.fetch_and(~gate_open, std::memory_order_acq_rel);
  const auto empty = [&] { return (gate.load(std::memory_order_acquire) & inside_mask) == 0; };
  if (spin_until(empty, crowded)) return;
  uint32_t value = gate.fetch_or(caller_sleeps, std::memory_order_acq_rel) | caller_sleeps;
  while ((value & inside_mask) != 0) {
    sleep_on(gate, value);
    value = gate.load(std::memory_order_acquire);
  }
}

int ThreadPool::State::fork_join(int64_t indices, void (*function)(void*, int64_t, int), void* argument, int limit) {
  const int helpers = limit - 1;
  if (started < helpers) start_workers(helpers);
  task = function;
  context = argument;
  count = indices;
  took_part.store(1, std::memory_order_relaxed);
  next.store(1, std::memory_order_relaxed);  // index 0 is the caller's: it always takes part
  gate.store(gate_open | static_cast<uint32_t>(helpers) * one_place, std::memory_order_release);
  generation.fetch_add(1, std::memory_order_seq_cst);
  const int asleep = static_cast<int>(parked.load(std::memory_order_seq_cst));
  const int awake = started - asleep;
  if (asleep > 0 && awake < helpers) wake(generation, helpers - awake);
  work(0, 0);
  wait_for_workers();
  const int result = took_part.load(std::memory_order_relaxed);
  busy.store(false, std::memory_order_release);
  return result;
}

ThreadPool::ThreadPool(int threads, const HostParallelFor& host)
    : state_(std::make_unique<State>(std::clamp(threads > 0 ? threads : usable_cpus(), 1, most_threads), host)) {}

ThreadPool::~ThreadPool() {
  State& state = *state_;
  if (!state.mark.is_home()) return;
  state.stopping.store(true, std::memory_order_release);
  state.generation.fetch_add(1, std::memory_order_seq_cst);
  wake(state.generation, INT32_MAX);
  for (int k = 0; k < state.started; ++k) pthread_join(state.workers[static_cast<size_t>(k)].handle, nullptr);
}

int ThreadPool::threads() const { return state_->threads; }

int ThreadPool::run(int64_t count, void (*task)(void*, int64_t, int), void* context, int max_threads) {
  if (count <= 0) return 0;
  int64_t limit = std::min<int64_t>(count, state_->threads);
  if (max_threads > 0) limit = std::min<int64_t>(limit, max_threads);
  if (limit > 1 && state_->host.run) return run_on_host(state_->host, {task, context, count}, static_cast<int>(limit));
  if (limit > 1 && state_->enter()) return state_->fork_join(count, task, context, static_cast<int>(limit));
  for (int64_t index = 0; index < count; ++index) task(context, index, 0);
  return 1;
}

}  // namespace fuseval::runtime
