// Several sessions, and other libraries, over one device array: each has a stream of its own, and whoever goes on with
// what another has begun says so (fv_session_wait_for_stream, fv_stream_wait_for_session, fv_synchronize). The fake
// driver runs streams in any order that is left, so what is not said shows.
#include <doctest/doctest.h>

#include <functional>

#include "support.hpp"
#include "tests/fakes/fake_machine.hpp"

using namespace engine_test;

namespace {

using fuseval::Session;
constexpr const char* device = "cuda";

/// `next` goes on with what `first` has begun.
using HandOver = std::function<void(const Session& first, const Session& next)>;

void next_waits(const Session& first, const Session& next) { next.wait_for_stream(device, first.stream(device)); }
void first_lets_next_wait(const Session& first, const Session& next) {
  first.let_stream_wait(device, next.stream(device));
}
void host_waits(const Session& first, const Session&) { first.synchronize(device); }
void nobody_waits(const Session&, const Session&) {}

/// Two sessions write one array in turn; whether it ends as if one had.
bool takes_turns(std::uint64_t order, const HandOver& hand_over) {
  const Session one{fuseval::SessionOptions{}}, two{fuseval::SessionOptions{}};
  std::vector<double> expected = rough_numbers<double>(100, order);
  const fuseval::Array shared = one.to_device(expected, device);
  for (int round = 0; round < 4; ++round) {
    one.evaluate("a*2 + 1", {{"a", shared}}, fuseval::into(shared.view()));
    hand_over(one, two);
    two.evaluate("a*3 - 2", {{"a", shared}}, fuseval::into(shared.view()));
    hand_over(two, one);
    for (double& x : expected) x = (x * 2 + 1) * 3 - 2;
  }
  const bool is_right = one.to_host(shared).to_vector<double>() == expected;
  two.synchronize(device);  // before `shared` goes, in the order of its own session
  return is_right;
}

}  // namespace

TEST_CASE("cuda: two sessions take turns on one array, in any order that streams allow") {
  for (const HandOver& hand_over : {HandOver(next_waits), HandOver(first_lets_next_wait), HandOver(host_waits)})
    for (const std::uint64_t order : {1, 2, 3, 4, 5, 6, 7, 8}) {
      CAPTURE(order);
      const FakeMachine machine({.seed = order});
      CHECK(takes_turns(order, hand_over));
    }
}

TEST_CASE("cuda: sessions that do not wait for each other are found out") {
  int wrong = 0;
  for (const std::uint64_t order : {1, 2, 3, 4, 5, 6, 7, 8}) {
    FakeMachine machine({.seed = order});
    machine.gpu.expects_violations = true;
    wrong += takes_turns(order, nobody_waits) ? 0 : 1;
  }
  CHECK(wrong > 0);
}

TEST_CASE("cuda: an array that another session reads is released once its own session waits for that one") {
  for (const std::uint64_t order : {1, 2, 3, 4, 5, 6, 7, 8}) {
    CAPTURE(order);
    const FakeMachine machine({.seed = order});
    const Session owner{fuseval::SessionOptions{}}, reader{fuseval::SessionOptions{}};
    const auto numbers = rough_numbers<double>(500);
    fuseval::Result sums;
    {
      const fuseval::Array shared = owner.to_device(numbers, device);
      reader.wait_for_stream(device, owner.stream(device));
      sums = reader.evaluate("a - mean(a)", {{"a", shared}});
      owner.wait_for_stream(device, reader.stream(device));
    }
    const fuseval::Array again =
        owner.to_device(std::vector<double>(500, -1.0), device);  // in the same memory, perhaps
    CHECK(reader.to_host(sums).to_vector<double>() ==
          reader.evaluate("a - mean(a)", {{"a", numbers}}).to_vector<double>());
  }
}

TEST_CASE("cuda: the legacy default stream is 1, and NULL") {
  const FakeMachine machine({.seed = 3});
  const Session session{fuseval::SessionOptions{}};
  const fuseval::Array there = session.to_device(rough_numbers<double>(50), device);
  for (void* const stream : {static_cast<void*>(nullptr), reinterpret_cast<void*>(1)}) {
    session.let_stream_wait(device, stream);
    session.wait_for_stream(device, stream);
  }
  CHECK(session.to_host(there).size() == 50);
}
