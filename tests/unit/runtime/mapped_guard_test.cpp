#include "runtime/mapped_guard.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "runtime/thread_pool.hpp"

using namespace fuseval::runtime;

namespace {

constexpr size_t page = 4096;

/// A mapped file of `pages` pages of ones that can be made shorter.
class Mapping {
 public:
  explicit Mapping(size_t pages) : bytes_(pages * page), fd_(memfd_create("test", 0)) {
    REQUIRE(ftruncate(fd_, static_cast<off_t>(bytes_)) == 0);
    const std::vector<char> ones(bytes_, 1);
    REQUIRE(write(fd_, ones.data(), bytes_) == static_cast<ssize_t>(bytes_));
    data_ = static_cast<char*>(mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, fd_, 0));
    REQUIRE(data_ != MAP_FAILED);
  }
  ~Mapping() {
    munmap(data_, bytes_);
    close(fd_);
  }
  void shrink(size_t pages) { REQUIRE(ftruncate(fd_, static_cast<off_t>(pages * page)) == 0); }
  AddressRange range(size_t begin, size_t end) const {
    return {reinterpret_cast<uintptr_t>(data_) + begin, reinterpret_cast<uintptr_t>(data_) + end};
  }
  AddressRange all() const { return range(0, bytes_); }
  int at(size_t offset) const { return static_cast<const volatile char*>(data_)[offset]; }

 private:
  size_t bytes_;
  int fd_;
  char* data_;
};

MappedGuard guard_of(AddressRange range) { return MappedGuard(std::span(&range, 1)); }

struct sigaction current_action() {
  struct sigaction action {};
  sigaction(SIGBUS, nullptr, &action);
  return action;
}

void hosts_plain_handler(int) { _exit(43); }

}  // namespace

TEST_CASE("a file that keeps its size makes no fault") {
  const Mapping mapping(4);
  const MappedGuard guard = guard_of(mapping.all());
  CHECK(mapping.at(4 * page - 1) == 1);
  CHECK(!guard.faulted());
}

TEST_CASE("a file that shrinks: zeros, and the guard knows") {
  Mapping mapping(8);
  const MappedGuard guard = guard_of(mapping.all());
  CHECK(mapping.at(7 * page) == 1);
  mapping.shrink(3);
  CHECK(mapping.at(2 * page + 5) == 1);
  CHECK(!guard.faulted());
  CHECK(mapping.at(6 * page) == 0);
  CHECK(guard.faulted());
  CHECK(mapping.at(4 * page) == 0);  // a second fault, before the first one
  CHECK(mapping.at(7 * page) == 0);
  CHECK(mapping.at(page) == 1);
}

TEST_CASE("lost pages fault again for later guards") {
  Mapping mapping(8);
  for (int round = 0; round < 3; ++round) {
    const MappedGuard guard = guard_of(mapping.all());
    if (round == 0) mapping.shrink(1);
    CHECK(!guard.faulted());
    CHECK(mapping.at(5 * page) == 0);
    CHECK(guard.faulted());
  }
}

TEST_CASE("guards that share pages all learn of a fault, others do not") {
  Mapping mapping(8);
  Mapping other(2);
  const MappedGuard whole = guard_of(mapping.all());
  const MappedGuard tail = guard_of(mapping.range(6 * page + 100, 8 * page));
  const MappedGuard head = guard_of(mapping.range(0, 3 * page));
  const MappedGuard apart = guard_of(other.all());
  mapping.shrink(4);
  CHECK(mapping.at(5 * page) == 0);
  CHECK(whole.faulted());
  CHECK(tail.faulted());
  CHECK(!head.faulted());
  CHECK(!apart.faulted());
}

TEST_CASE("a guard of many ranges, of empty ones, of none") {
  std::vector<AddressRange> ranges;
  Mapping mapping(200);
  for (size_t k = 0; k < 200; ++k) ranges.push_back(mapping.range(k * page + 8, k * page + 16));
  const MappedGuard guard(ranges);
  mapping.shrink(199);
  CHECK(mapping.at(199 * page + 8) == 0);
  CHECK(guard.faulted());
  const AddressRange nothing{};
  CHECK(!guard_of(nothing).faulted());
  CHECK(!MappedGuard({}).faulted());
}

TEST_CASE("faults on several threads at once, each guard its own") {
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int k = 0; k < 4; ++k)
    threads.emplace_back([&, k] {
      for (int round = 0; round < 50; ++round) {
        Mapping mapping(6);
        const MappedGuard guard = guard_of(mapping.all());
        const bool shrinks = (round + k) % 2 == 0;
        if (shrinks) mapping.shrink(2);
        int sum = 0;
        for (size_t p = 0; p < 6; ++p) sum += mapping.at(p * page);
        right += sum == (shrinks ? 2 : 6) && guard.faulted() == shrinks;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 200);
}

TEST_CASE("faults on the pool's workers are repaired as well") {
  Mapping mapping(64);
  const MappedGuard guard = guard_of(mapping.all());
  mapping.shrink(10);
  ThreadPool pool(3);
  std::atomic<int> sum{0};
  pool.parallel_for(64, [&](int64_t index, int) { sum += mapping.at(static_cast<size_t>(index) * page); });
  CHECK(sum == 10);
  CHECK(guard.faulted());
}

TEST_CASE("a fault on a thread that blocks all signals is repaired, and the thread blocks them again") {
  sigset_t all, before, after;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  {
    Mapping mapping(4);
    const MappedGuard guard = guard_of(mapping.all());
    mapping.shrink(1);
    CHECK(mapping.at(2 * page) == 0);
    CHECK(guard.faulted());
  }
  pthread_sigmask(SIG_SETMASK, &before, &after);
  CHECK(sigismember(&after, SIGBUS) == 1);
}

TEST_CASE("the handler is there only while a guard is") {
  const struct sigaction before = current_action();
  {
    const Mapping mapping(1);
    std::optional<MappedGuard> first(std::in_place, std::vector{mapping.all()});
    const MappedGuard second = guard_of(mapping.all());
    CHECK((current_action().sa_sigaction != before.sa_sigaction));
    first.reset();
    CHECK((current_action().sa_sigaction != before.sa_sigaction));
  }
  CHECK((current_action().sa_sigaction == before.sa_sigaction));
  CHECK(current_action().sa_flags == before.sa_flags);
}

TEST_CASE("a handler that the host installs meanwhile stays") {
  const struct sigaction before = current_action();
  {
    const Mapping mapping(1);
    const MappedGuard guard = guard_of(mapping.all());
    signal(SIGBUS, hosts_plain_handler);
  }
  CHECK((current_action().sa_handler == hosts_plain_handler));
  sigaction(SIGBUS, &before, nullptr);
}

#ifndef __SANITIZE_THREAD__
namespace {

/// The signal that ends a forked child which runs `body`; 0 if it exits with `body`'s value 0, negative else.
template <class F>
int end_of_child(F body) {
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGBUS, SIG_DFL);  // sanitizers and doctest have handlers of their own
    alarm(300);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

void hosts_handler(int, siginfo_t*, void*) { _exit(42); }

struct sigaction passes_on_to {};
void passing_handler(int signal, siginfo_t* info, void* context) { passes_on_to.sa_sigaction(signal, info, context); }

}  // namespace

TEST_CASE("a fault that is not ours is the host's") {
  Mapping ours(2);
  Mapping theirs(2);
  theirs.shrink(1);
  CHECK(end_of_child([&] { return theirs.at(page); }) == SIGBUS);
  CHECK(end_of_child([&] {
          const MappedGuard guard = guard_of(ours.all());
          return theirs.at(page);
        }) == SIGBUS);
  CHECK(end_of_child([&] {
          signal(SIGBUS, SIG_IGN);
          const MappedGuard guard = guard_of(ours.all());
          return theirs.at(page);
        }) == SIGBUS);
  CHECK(end_of_child([&] {
          struct sigaction action {};
          action.sa_sigaction = hosts_handler;
          action.sa_flags = SA_SIGINFO;
          sigaction(SIGBUS, &action, nullptr);
          const MappedGuard guard = guard_of(ours.all());
          return theirs.at(page);
        }) == -42);
  CHECK(end_of_child([&] {
          signal(SIGBUS, hosts_plain_handler);
          const MappedGuard guard = guard_of(ours.all());
          return theirs.at(page);
        }) == -43);
}

TEST_CASE("a signal that somebody sends is the host's") {
  Mapping mapping(1);
  CHECK(end_of_child([&] {
          const MappedGuard guard = guard_of(mapping.all());
          return raise(SIGBUS);
        }) == SIGBUS);
  CHECK(end_of_child([&] {
          signal(SIGBUS, SIG_IGN);
          const MappedGuard guard = guard_of(mapping.all());
          return raise(SIGBUS);
        }) == 0);
  CHECK(end_of_child([&] {
          signal(SIGBUS, hosts_plain_handler);
          const MappedGuard guard = guard_of(mapping.all());
          return raise(SIGBUS);
        }) == -43);
}

TEST_CASE("handlers that pass a fault on to each other do not go round in circles") {
  Mapping ours(2);
  Mapping theirs(2);
  theirs.shrink(1);
  CHECK(end_of_child([&] {
          {
            const MappedGuard guard = guard_of(ours.all());
            sigaction(SIGBUS, nullptr, &passes_on_to);
            struct sigaction action {};
            action.sa_sigaction = passing_handler;
            action.sa_flags = SA_SIGINFO | SA_NODEFER;
            sigaction(SIGBUS, &action, nullptr);
          }
          const MappedGuard guard = guard_of(ours.all());
          return theirs.at(page);
        }) == SIGBUS);
}

TEST_CASE("a forked child guards for itself") {
  Mapping mapping(4);
  const MappedGuard parents = guard_of(mapping.all());
  CHECK(end_of_child([&] {
          const MappedGuard guard = guard_of(mapping.all());
          mapping.shrink(1);
          return mapping.at(2 * page) == 0 && guard.faulted() && current_action().sa_handler != SIG_DFL ? 0 : 1;
        }) == 0);
  CHECK(!parents.faulted());
}
#endif
