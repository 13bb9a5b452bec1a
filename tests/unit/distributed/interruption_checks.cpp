#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "tests/unit/distributed/transport_checks.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime::distributed;

namespace fuseval::testing {
namespace {

const Error no_paper(ErrorCode::memory, "no more paper", {3, 5});

std::string of_rank(int rank) { return "rank " + std::to_string(rank) + ": no more paper"; }

/// Steps over a ring: each rank tells both neighbours which step it is in.
class Ring {
 public:
  Ring(Communicator& ranks, size_t bytes)
      : left_(bytes), right_(bytes), mine_(bytes), exchange_(ranks, "a step", Exchange::Use::repeated) {
    const int before = (ranks.rank() - 1 + ranks.size()) % ranks.size(), after = (ranks.rank() + 1) % ranks.size();
    exchange_.receive(left_.data(), bytes, before, 0);
    exchange_.receive(right_.data(), bytes, after, 1);
    exchange_.send(mine_.data(), bytes, before, 1);
    exchange_.send(mine_.data(), bytes, after, 0);
  }

  void step(int number) {
    std::fill(mine_.begin(), mine_.end(), static_cast<char>(number));
    exchange_.start();
    exchange_.wait();
    CHECK(left_ == mine_);
    CHECK(right_ == mine_);
  }

 private:
  std::vector<char> left_, right_, mine_;
  Exchange exchange_;
};

void check_error(const Error& error, const std::string& message) {
  CHECK(error.code() == no_paper.code());
  CHECK(error.message() == message);
  CHECK(error.span() == no_paper.span());
}

void check_all_is_well(Communicator& ranks) {
  ranks.enter("a call");
  Ring ring(ranks, 100);
  for (int step = 0; step < 5; ++step) ring.step(step);
  const int mine = ranks.rank();
  std::vector<int> all(static_cast<size_t>(ranks.size()));
  ranks.allgather(&mine, std::vector<size_t>(all.size(), sizeof mine), all.data());
  for (int rank = 0; rank < ranks.size(); ++rank) CHECK(all[static_cast<size_t>(rank)] == rank);
  CHECK(!ranks.agree(std::nullopt));
}

/// What all ranks got is one of two errors, and nothing works before they recover.
void check_interrupted(Communicator& ranks, const Error& error, int failing, int other) {
  check_error(error, error.message() == of_rank(other) ? of_rank(other) : of_rank(failing));
  CHECK(ranks.is_interrupted());
  const std::string again = thrown([&] { ranks.barrier(); }).message();
  CHECK(again == error.message() + "; no rank goes on before all have agreed (World::agree)");
  ranks.recover();
  CHECK(!ranks.is_interrupted());
  check_all_is_well(ranks);
}

/// `other` fails as well, perhaps before it has heard: after a step that the first one has not made.
void check_steps(Communicator& ranks, size_t bytes, int failing, int other) {
  Ring ring(ranks, bytes);
  const Error error = thrown([&] {
    for (int step = 0;; ++step) {
      ranks.enter("a call");
      if (step == 4 && ranks.rank() == failing) throw Error(ranks.interrupt(no_paper, Communicator::Made::part));
      ring.step(step);
      if (step == 4 && ranks.rank() == other) throw Error(ranks.interrupt(no_paper, Communicator::Made::whole));
    }
  });
  check_interrupted(ranks, error, failing, other);
}

/// In all that a rank may wait in.
void check_collectives(Communicator& ranks, int failing) {
  const auto size = static_cast<size_t>(ranks.size());
  const int root = (failing + 1) % ranks.size();
  for (const size_t bytes : {size_t{40}, size_t{50'000}}) {
    std::vector<char> block(bytes), all(bytes * size), more(bytes * size);
    const std::vector<size_t> counts(size, bytes);
    const std::function<void()> operations[] = {[&] { ranks.barrier(); },
                                                [&] {
                                                  ranks.gather(block.data(), counts, all.data(), root);
                                                  ranks.barrier();
                                                },
                                                [&] { ranks.allgather(block.data(), counts, all.data()); },
                                                [&] { ranks.alltoall(all.data(), counts, more.data(), counts); },
                                                [&] { ranks.agree(std::nullopt); }};
    for (const auto& operation : operations) {
      ranks.enter("a call");
      operation();
      ranks.enter("a call");
      if (ranks.rank() == failing) std::this_thread::sleep_for(std::chrono::microseconds(300));
      const Error error = thrown([&] {
        if (ranks.rank() == failing) throw Error(ranks.interrupt(no_paper, Communicator::Made::part));
        operation();
      });
      check_interrupted(ranks, error, failing, failing);
    }
  }
}

/// A rank that hears of it by its neighbours' messages, as in a program's call.
void check_awaited(Communicator& ranks, int failing) {
  const Error error =
      ranks.rank() == failing ? ranks.interrupt(no_paper, Communicator::Made::whole) : ranks.await_interruption();
  check_interrupted(ranks, error, failing, failing);
}

// ---- refused calls ----

/// A call, as the ranks' programs make it.
void call(Communicator& ranks, bool refused) {
  ranks.enter("a call");
  if (refused) return ranks.refuse(no_paper);
  ranks.barrier();
}

void check_refusals(Communicator& ranks, int failing) {
  const bool fails = ranks.rank() == failing;
  // All alike: nothing has happened.
  call(ranks, true);
  call(ranks, false);
  call(ranks, true);
  call(ranks, true);
  check_all_is_well(ranks);
  // One of them: the others wait for it, wherever it goes.
  Error error = thrown([&] {
    call(ranks, fails);
    call(ranks, false);
  });
  check_interrupted(ranks, error, failing, failing);
  // In calls without messages; the next one tells.
  error = thrown([&] {
    ranks.enter("a call");
    if (fails) ranks.refuse(no_paper);
    call(ranks, true);
    call(ranks, false);
  });
  if (ranks.size() > 1) check_interrupted(ranks, error, failing, failing);
}

/// One rank is still waiting in a call, and will refuse the next one, when others have refused it.
void check_slow_refusals(Communicator& ranks, int slow) {
  ranks.enter("a call");
  if (ranks.rank() == slow) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  Ring ring(ranks, 8);
  ring.step(1);
  call(ranks, true);
  call(ranks, false);
  check_all_is_well(ranks);
}

}  // namespace

void check_interruptions(const std::shared_ptr<Transport>& transport, const CommunicatorSettings& settings) {
  Communicator ranks(transport, settings);
  if (ranks.size() == 1) {
    check_error(ranks.interrupt(no_paper, Communicator::Made::part), no_paper.message());
    call(ranks, true);
    return check_all_is_well(ranks);
  }
  // The first, one in the middle and the last: with all of seven, on two CPUs, it takes the longest of all tests.
  for (int failing = 0; failing < ranks.size(); failing += std::max(1, (ranks.size() - 1) / 2)) {
    for (const size_t bytes : {size_t{0}, size_t{100}, size_t{100'000}}) {
      check_steps(ranks, bytes, failing, failing);
      check_steps(ranks, bytes, failing, (failing + 2) % ranks.size());
    }
    check_collectives(ranks, failing);
    check_awaited(ranks, failing);
    check_refusals(ranks, failing);
    check_slow_refusals(ranks, failing);
  }
}

}  // namespace fuseval::testing
