#include "runtime/distributed/thread_transport.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "tests/unit/distributed/transport_checks.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime::distributed;
using fuseval::testing::check_differing_calls;
using fuseval::testing::check_interruptions;
using fuseval::testing::check_transport;

namespace {

CommunicatorSettings with_pieces(size_t largest) {
  CommunicatorSettings settings;
  settings.largest_message = largest;
  return settings;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a rank by itself") {
  const auto self = self_transport();
  CHECK(self->place().size == 1);
  CHECK(self->place().local_size == 1);
  CHECK(self->place().name == "self");
  check_transport(self, {});
  check_transport(self, with_pieces(100));
}

TEST_CASE("ranks as threads: every operation, in pieces and whole, messages in many orders") {
  for (int size = 1; size <= 7; ++size)
    for (const uint64_t seed : {0, 1, 2, 3})
      for (const size_t largest : {size_t{1} << 30, size_t{1000}, size_t{17}}) {
        CAPTURE(size);
        CAPTURE(seed);
        CAPTURE(largest);
        run_ranks(size, [&](const auto& transport) { check_transport(transport, with_pieces(largest)); }, {seed});
      }
}

TEST_CASE("ranks as threads: calls that are checked are the same calls") {
  CommunicatorSettings checked;
  checked.check_calls = true;
  checked.watchdog_seconds = 120;
  for (const int size : {1, 2, 5}) run_ranks(size, [&](const auto& transport) { check_transport(transport, checked); });
  for (int size = 2; size <= 7; ++size) run_ranks(size, check_differing_calls);
}

TEST_CASE("ranks as threads: one gives up, and all do") {
  run_ranks(1, [](const auto& transport) { check_interruptions(transport, {}); });
  for (const int size : {2, 3, 5, 7})
    for (const uint64_t seed : {0, 1})
      for (const size_t largest : {size_t{1} << 30, size_t{999}}) {
        CAPTURE(size);
        CAPTURE(seed);
        CAPTURE(largest);
        run_ranks(size, [&](const auto& transport) { check_interruptions(transport, with_pieces(largest)); }, {seed});
      }
}

TEST_CASE("many ranks as threads") {
  run_ranks(200, [](const auto& transport) {
    Communicator ranks(transport);
    const std::vector<size_t> counts(200, sizeof(int));
    const int mine = ranks.rank() * 3;
    std::vector<int> all(200);
    ranks.allgather(&mine, counts, all.data());
    for (int rank = 0; rank < 200; ++rank)
      if (all[static_cast<size_t>(rank)] != rank * 3) FAIL_CHECK("rank ", rank);
    ranks.barrier();
  });
}

TEST_CASE("a rank that throws ends all of them with its exception") {
  for (int size = 1; size <= 7; ++size)
    for (int failing = 0; failing < size; ++failing) {
      std::atomic<int> told = 0;
      const auto rank_of = [&](const std::shared_ptr<Transport>& transport) {
        Communicator ranks(transport);
        if (ranks.rank() == failing) throw std::runtime_error("no more paper");
        const Error error = thrown([&] {
          for (;;) ranks.barrier();
        });
        told += error.code() == ErrorCode::communication &&
                error.message() == "rank " + std::to_string(failing) + " failed: no more paper";
        throw error;
      };
      CHECK_THROWS_WITH_AS(run_ranks(size, rank_of), "no more paper", std::runtime_error);
      CHECK(told == size - 1);
    }
}

TEST_CASE("a rank that throws with messages in flight leaves nobody with its memory") {
  for (const uint64_t seed : {0, 5}) {
    const auto rank_of = [](const std::shared_ptr<Transport>& transport) {
      Communicator ranks(transport);
      std::vector<char> sent(100'000, 'x'), received(100'000 * 3);
      Exchange exchange(ranks, "exchange", ranks.rank() == 2 ? Exchange::Use::repeated : Exchange::Use::once);
      for (int peer = 0; peer < 3; ++peer) {
        exchange.send(sent.data(), sent.size(), peer, 1);
        exchange.receive(received.data() + 100'000 * peer, sent.size(), peer, 1);
      }
      exchange.start();
      if (ranks.rank() == 1) throw std::runtime_error("enough");
      exchange.wait();
      ranks.barrier();
    };
    CHECK_THROWS_WITH(run_ranks(3, rank_of, {seed}), "enough");
  }
}

TEST_CASE("an exchange that is given up leaves its partner's message to the next") {
  run_ranks(2, [](const auto& transport) {
    Communicator ranks(transport);
    int value = ranks.rank() == 0 ? 42 : 0;
    if (ranks.rank() == 1) {
      int nobody_reads = 0;
      Exchange given_up(ranks, "given up");
      given_up.receive(&nobody_reads, sizeof nobody_reads, 0, 3);
      given_up.start();
    }
    ranks.barrier();
    Exchange exchange(ranks, "exchange");
    if (ranks.rank() == 0) exchange.send(&value, sizeof value, 1, 3);
    if (ranks.rank() == 1) exchange.receive(&value, sizeof value, 0, 3);
    exchange.start();
    exchange.wait();
    CHECK(value == 42);
  });
}

TEST_CASE("ranks that wait for each other for ever are told who waits for what") {
  std::atomic<int> told = 0;
  const auto rank_of = [&](const std::shared_ptr<Transport>& transport) {
    Communicator ranks(transport);
    double value = 0;
    Exchange exchange(ranks, "halo exchange");
    if (ranks.rank() == 0) exchange.receive(&value, sizeof value, 1, 5);
    if (ranks.rank() == 1) exchange.send(&value, sizeof value, 0, 6);
    exchange.start();
    const Error error = thrown([&] { exchange.wait(); });
    told +=
        error.message() ==
        "all ranks wait for ever: rank 0 waits in halo exchange for 8 bytes from rank 1 (tag 5); rank 1 waits in halo "
        "exchange for 8 bytes to be taken by rank 0 (tag 6); rank 2 has returned";
    if (ranks.rank() != 2) CHECK(thrown([&] { ranks.barrier(); }).message() == error.message());  // broken for good
  };
  for (const uint64_t seed : {0, 9}) {
    told = 0;
    run_ranks(3, rank_of, {seed});
    CHECK(told == 2);
  }
  Communicator self(self_transport());
  char byte = 0;
  Exchange alone(self, "exchange");
  alone.receive(&byte, 1, 0, 0);
  alone.start();
  CHECK(contains(thrown([&] { alone.wait(); }).message(),
                 "all ranks wait for ever: rank 0 waits in exchange for 1 byte"));
}

TEST_CASE("the watchdog names the rank, the operation, the peer and the tag") {
  std::atomic<bool> over = false;
  CommunicatorSettings settings;
  settings.watchdog_seconds = 0.05;
  const auto rank_of = [&](const std::shared_ptr<Transport>& transport) {
    Communicator ranks(transport, settings);
    while (ranks.rank() == 1 && !over) std::this_thread::yield();  // a rank that is busy elsewhere: nobody can tell
    if (ranks.rank() == 1) return;
    double values[2] = {};
    Exchange exchange(ranks, "redistribution");
    exchange.receive(values, sizeof values, 1, 11);
    exchange.start();
    const Error error = thrown([&] { exchange.wait(); });
    CHECK(error.code() == ErrorCode::communication);
    CHECK(error.message() == "rank 0 waited 0.05 s in redistribution for 16 bytes from rank 1 (tag 11)");
    over = true;
    throw error;
  };
  CHECK(contains(thrown([&] { run_ranks(2, rank_of); }).message(), "rank 0 waited 0.05 s in redistribution"));
}

TEST_CASE("messages of another size than expected are errors") {
  for (const size_t sent : {size_t{8}, size_t{24}}) {
    const auto rank_of = [&](const std::shared_ptr<Transport>& transport) {
      Communicator ranks(transport);
      char bytes[24] = {};
      Exchange exchange(ranks, "exchange");
      if (ranks.rank() == 0) exchange.send(bytes, sent, 1, 2);
      if (ranks.rank() == 1) exchange.receive(bytes, 16, 0, 2);
      exchange.start();
      exchange.wait();
      ranks.barrier();
    };
    CHECK(thrown([&] { run_ranks(2, rank_of); }).message() ==
          "rank 1 waited in exchange for 16 bytes from rank 0 (tag 2) and got " + std::to_string(sent) + " bytes");
  }
}

TEST_CASE("shuffled messages show who does not wait") {
  // The sender's memory is read when the receiver looks: what is written before wait is sent.
  const auto lost = [](uint64_t seed, bool waits) {
    double seen = 0;
    run_ranks(2,
              [&](const auto& transport) {
                Communicator ranks(transport);
                double value = 1;
                Exchange exchange(ranks, "exchange");
                if (ranks.rank() == 0) exchange.send(&value, sizeof value, 1, 0);
                if (ranks.rank() == 1) exchange.receive(&value, sizeof value, 0, 0);
                exchange.start();
                if (waits) exchange.wait();
                if (ranks.rank() == 1) seen = value;
                if (!waits) exchange.wait();
              },
              {seed});
    return std::isnan(seen);
  };
  for (const uint64_t seed : {1, 2, 3, 4}) {
    CHECK(lost(seed, false));
    CHECK(!lost(seed, true));
  }
}

TEST_CASE("wrong settings are refused") {
  CHECK(thrown([] { run_ranks(0, [](const auto&) {}); }).message() == "0 ranks: there must be at least one");
  CHECK(thrown([] { Communicator(self_transport(), with_pieces(0)); }).code() == ErrorCode::argument);
  CHECK(thrown([] { Communicator(self_transport(), with_pieces(size_t{1} << 31)); }).code() == ErrorCode::argument);
  for (const double seconds : {0.0, -1.0, std::nan("")}) {
    CommunicatorSettings settings;
    settings.watchdog_seconds = seconds;
    CHECK(thrown([&] { Communicator(self_transport(), settings); }).code() == ErrorCode::argument);
  }
}

TEST_CASE("an exchange in flight is neither started nor added to") {
  Communicator self(self_transport());
  int from = 1, to = 0;
  Exchange exchange(self, "exchange");
  exchange.send(&from, sizeof from, 0, 0);
  exchange.receive(&to, sizeof to, 0, 0);
  exchange.start();
  CHECK(thrown([&] { exchange.start(); }).message() == "exchange: started while messages are in flight");
  CHECK(thrown([&] { exchange.send(&from, sizeof from, 0, 0); }).message() ==
        "exchange: a message added while messages are in flight");
  exchange.wait();
  CHECK(to == 1);
}
