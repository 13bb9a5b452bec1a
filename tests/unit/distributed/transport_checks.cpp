#include "tests/unit/distributed/transport_checks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace fuseval;
using namespace fuseval::runtime::distributed;

namespace fuseval::testing {
namespace {

using Bytes = std::vector<unsigned char>;

/// Bytes that tell who they are from and what they are for.
Bytes pattern(size_t bytes, int rank, int purpose) {
  Bytes data(bytes);
  uint64_t state = static_cast<uint64_t>(rank) * 1000003u + static_cast<uint64_t>(purpose) * 7919u + 1;
  for (unsigned char& byte : data) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<unsigned char>(state >> 56);
  }
  return data;
}

size_t sum(const std::vector<size_t>& counts) { return std::accumulate(counts.begin(), counts.end(), size_t{0}); }

/// Uneven sizes, some of them 0.
std::vector<size_t> uneven(int size, int variant) {
  std::vector<size_t> counts;
  for (int rank = 0; rank < size; ++rank) counts.push_back(static_cast<size_t>((rank * 5 + variant * 3) % 7) * 41);
  return counts;
}

/// All ranks' patterns of these sizes, one behind the other.
Bytes all_patterns(const std::vector<size_t>& counts, int purpose) {
  Bytes all;
  for (size_t rank = 0; rank < counts.size(); ++rank) {
    const Bytes block = pattern(counts[rank], static_cast<int>(rank), purpose);
    all.insert(all.end(), block.begin(), block.end());
  }
  return all;
}

void check_broadcast(Communicator& ranks) {
  for (int root = 0; root < ranks.size(); ++root)
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{7}, size_t{1000}, size_t{20'000}}) {
      const Bytes expected = pattern(bytes, root, 1);
      Bytes data = ranks.rank() == root ? expected : Bytes(bytes, 0);
      ranks.broadcast(data.data(), bytes, root);
      CHECK(data == expected);
    }
}

void check_gathering(Communicator& ranks) {
  for (int variant = 0; variant < 8; ++variant) {
    const std::vector<size_t> counts =
        variant == 7 ? std::vector<size_t>(static_cast<size_t>(ranks.size()), 0) : uneven(ranks.size(), variant);
    const Bytes expected = all_patterns(counts, variant);
    const Bytes mine = pattern(counts[static_cast<size_t>(ranks.rank())], ranks.rank(), variant);
    Bytes everywhere(sum(counts));
    ranks.allgather(mine.data(), counts, everywhere.data());
    CHECK(everywhere == expected);

    const int root = variant % ranks.size();
    Bytes at_root(ranks.rank() == root ? sum(counts) : 0);
    ranks.gather(mine.data(), counts, at_root.data(), root);
    CHECK(at_root == (ranks.rank() == root ? expected : Bytes()));

    Bytes back(mine.size());
    ranks.scatter(at_root.data(), counts, back.data(), root);
    CHECK(back == mine);
  }
}

void check_gathering_in_place(Communicator& ranks) {
  const std::vector<size_t> counts = uneven(ranks.size(), 2);
  const Bytes expected = all_patterns(counts, 9);
  const auto me = static_cast<size_t>(ranks.rank());
  const size_t begin = std::accumulate(counts.begin(), counts.begin() + ranks.rank(), size_t{0});
  Bytes all(expected.size());
  std::copy_n(expected.begin() + static_cast<std::ptrdiff_t>(begin), counts[me],
              all.begin() + static_cast<std::ptrdiff_t>(begin));
  ranks.allgather(all.data() + begin, counts, all.data());
  CHECK(all == expected);
}

size_t pair_bytes(int from, int to, int variant) { return static_cast<size_t>((from * 7 + to * 3 + variant) % 5) * 33; }

void check_alltoall(Communicator& ranks) {
  for (int variant = 0; variant < 5; ++variant) {
    std::vector<size_t> from_counts, to_counts;
    Bytes from, expected;
    for (int peer = 0; peer < ranks.size(); ++peer) {
      const Bytes sent = pattern(pair_bytes(ranks.rank(), peer, variant), ranks.rank() * 100 + peer, variant);
      const Bytes received = pattern(pair_bytes(peer, ranks.rank(), variant), peer * 100 + ranks.rank(), variant);
      from_counts.push_back(sent.size());
      to_counts.push_back(received.size());
      from.insert(from.end(), sent.begin(), sent.end());
      expected.insert(expected.end(), received.begin(), received.end());
    }
    Bytes to(expected.size());
    ranks.alltoall(from.data(), from_counts, to.data(), to_counts);
    CHECK(to == expected);
  }
}

/// A ring of neighbours; with two ranks both are one, with one they are the rank itself.
void check_halo(Communicator& ranks, size_t bytes) {
  const int left = (ranks.rank() + ranks.size() - 1) % ranks.size(), right = (ranks.rank() + 1) % ranks.size();
  Bytes to_left(bytes), to_right(bytes), from_left(bytes), from_right(bytes);
  Exchange halo(ranks, "halo exchange", Exchange::Use::repeated);
  halo.send(to_left.data(), bytes, left, 0);
  halo.send(to_right.data(), bytes, right, 1);
  halo.receive(from_right.data(), bytes, right, 0);
  halo.receive(from_left.data(), bytes, left, 1);
  for (int step = 0; step < 6; ++step) {
    std::ranges::copy(pattern(bytes, ranks.rank(), step * 2), to_left.begin());
    std::ranges::copy(pattern(bytes, ranks.rank(), step * 2 + 1), to_right.begin());
    halo.start();
    for (int block = 0; block < step; ++block) halo.progress();
    halo.wait();
    CHECK(halo.progress());
    CHECK(from_right == pattern(bytes, right, step * 2));
    CHECK(from_left == pattern(bytes, left, step * 2 + 1));
  }
}

/// Messages of one tag keep their order; others may be asked for in any.
void check_order(Communicator& ranks) {
  constexpr int count = 5;
  const int to = (ranks.rank() + 1) % ranks.size(), from = (ranks.rank() + ranks.size() - 1) % ranks.size();
  std::vector<int> sent(2 * count), received(2 * count, -1);
  for (int k = 0; k < 2 * count; ++k) sent[static_cast<size_t>(k)] = ranks.rank() * 1000 + k;
  Exchange first(ranks, "first exchange"), second(ranks, "second exchange");
  for (size_t k = 0; k < count; ++k) {
    first.send(&sent[k], sizeof(int), to, 7);
    second.send(&sent[count + k], sizeof(int), to, 6);
    first.receive(&received[k], sizeof(int), from, 7);
    second.receive(&received[count + k], sizeof(int), from, 6);
  }
  first.start();
  second.start();
  if (ranks.rank() % 2 == 0) first.wait();  // the others wait for the second first: neither may need the other
  second.wait();
  first.wait();
  for (int k = 0; k < 2 * count; ++k) CHECK(received[static_cast<size_t>(k)] == from * 1000 + k);
}

void check_agreement(Communicator& ranks) {
  CHECK(!ranks.agree(std::nullopt));
  for (int failing = 0; failing < ranks.size(); ++failing) {
    const bool mine = ranks.rank() >= failing && (ranks.rank() - failing) % 2 == 0;
    const std::string long_text(static_cast<size_t>(5000 + ranks.rank()), static_cast<char>('a' + ranks.rank()));
    const auto agreed = ranks.agree(mine ? std::optional(Error(ErrorCode::file, long_text, {3, 9})) : std::nullopt);
    REQUIRE(agreed);
    CHECK(agreed->rank == failing);
    CHECK(agreed->error.code() == ErrorCode::file);
    CHECK(agreed->error.message() ==
          std::string(static_cast<size_t>(5000 + failing), static_cast<char>('a' + failing)));
    CHECK(agreed->error.span() == Span{3, 9});
    CHECK(agreed->on_all == (ranks.size() == 1));
  }
  // The same on all ranks; but for one, whose text, code or place is another, or that has none.
  const Error error(ErrorCode::file, "a.npy is not there", {3, 9});
  CHECK(ranks.agree(error)->on_all);
  const std::optional<Error> others[] = {Error(ErrorCode::file, "b.npy is not there", {3, 9}),
                                         Error(ErrorCode::memory, error.message(), {3, 9}),
                                         Error(ErrorCode::file, error.message(), {3, 10}), std::nullopt};
  for (int odd = 0; odd < ranks.size() && ranks.size() > 1; ++odd)
    for (const auto& other : others) {
      const auto agreed = ranks.agree(ranks.rank() == odd ? other : error);
      CHECK(!agreed->on_all);
      CHECK(agreed->rank == (odd == 0 && !other ? 1 : 0));
    }
  const auto silent = ranks.agree(Error(ErrorCode::memory, ""));
  REQUIRE(silent);
  CHECK(silent->rank == 0);
  CHECK(silent->error.code() == ErrorCode::memory);
}

template <class F>
ErrorCode code_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::none;
}

/// Found before anything is sent, so that nothing is broken by it.
void check_wrong_arguments(Communicator& ranks) {
  Exchange exchange(ranks, "exchange");
  char byte = 0;
  for (const int peer : {-1, ranks.size()}) {
    CHECK(code_of([&] { exchange.send(&byte, 1, peer, 0); }) == ErrorCode::argument);
    CHECK(code_of([&] { exchange.receive(&byte, 1, peer, 0); }) == ErrorCode::argument);
    CHECK(code_of([&] { ranks.broadcast(&byte, 1, peer); }) == ErrorCode::argument);
  }
  for (const int tag : {-1, Communicator::tags}) {
    CHECK(code_of([&] { exchange.send(&byte, 1, 0, tag); }) == ErrorCode::argument);
    CHECK(code_of([&] { exchange.receive(&byte, 1, 0, tag); }) == ErrorCode::argument);
  }
  const std::vector<size_t> counts(static_cast<size_t>(ranks.size()) + 1, 0);
  CHECK(code_of([&] { ranks.allgather(&byte, counts, &byte); }) == ErrorCode::argument);
  CHECK(code_of([&] { ranks.alltoall(&byte, counts, &byte, counts); }) == ErrorCode::argument);
  std::vector<size_t> from(static_cast<size_t>(ranks.size()), 0);
  const std::vector<size_t> to = from;
  from[static_cast<size_t>(ranks.rank())] = 1;
  CHECK(code_of([&] { ranks.alltoall(&byte, from, &byte, to); }) == ErrorCode::argument);
  CHECK(exchange.progress());  // nothing was started
  ranks.barrier();
}

/// The message that all ranks must agree on, or "" where none was thrown.
template <class F>
std::string refused(Communicator& ranks, F&& f) {
  std::string message;
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::communication);
    message = error.message();
  }
  std::string first = message;
  first.resize(300);
  ranks.broadcast(first.data(), first.size(), 0);
  CHECK(std::string(first.c_str()) == message);
  return message;
}

}  // namespace

void check_transport(const std::shared_ptr<Transport>& transport, const CommunicatorSettings& settings) {
  Communicator ranks(transport, settings);
  for (int k = 0; k < 5; ++k) ranks.barrier();
  check_broadcast(ranks);
  check_gathering(ranks);
  check_gathering_in_place(ranks);
  check_alltoall(ranks);
  for (const size_t bytes : {size_t{0}, size_t{8}, size_t{3001}}) check_halo(ranks, bytes);
  check_order(ranks);
  check_agreement(ranks);
  check_wrong_arguments(ranks);
}

void check_differing_calls(const std::shared_ptr<Transport>& transport) {
  CommunicatorSettings checked;
  checked.check_calls = true;
  checked.watchdog_seconds = 120;
  Communicator ranks(transport, checked);
  const bool odd = ranks.rank() % 2 == 1;
  char bytes[8] = {};
  CHECK(refused(ranks, [&] { odd ? ranks.barrier() : ranks.broadcast(bytes, 8, 0); }) ==
        "ranks call different things: call 1 is broadcast of 8 bytes with root 0 on rank 0, call 1 is barrier of 0 "
        "bytes on rank 1");
  CHECK(refused(ranks, [&] { ranks.broadcast(bytes, odd ? 4 : 8, 0); }).find("is broadcast of 4 bytes") !=
        std::string::npos);
  CHECK(refused(ranks, [&] { ranks.broadcast(bytes, 8, odd); }).find("with root 1 on rank 1") != std::string::npos);
  std::vector<size_t> counts(static_cast<size_t>(ranks.size()), 0);
  counts[odd] = 1;
  CHECK(refused(ranks, [&] { ranks.allgather(bytes, counts, bytes); }).find(" with other counts") != std::string::npos);
  const std::vector<size_t> none(counts.size(), 0);
  std::vector<size_t> wrong(counts.size(), 0);
  wrong[0] = ranks.rank() == 1 ? 3 : 0;
  CHECK(refused(ranks, [&] { ranks.alltoall(bytes, wrong, bytes, none); }) ==
        "alltoall: rank 1 sends 3 bytes to rank 0, which expects 0");
  ranks.barrier();  // refused calls break nothing
  checked.largest_message = odd ? 1000 : 2000;
  Communicator others(transport, checked);
  CHECK(code_of([&] { others.barrier(); }) == ErrorCode::communication);
}

}  // namespace fuseval::testing
