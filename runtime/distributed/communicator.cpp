#include "runtime/distributed/communicator.hpp"

#include <fmt/format.h>

#include <cstring>
#include <numeric>

#include "ir/counted.hpp"

namespace fuseval::runtime::distributed {
namespace {

/// Tags of the collectives. Two of one kind may follow each other: messages of one tag between two ranks keep their
/// order.
enum Tag : int {
  barrier_tag = Communicator::tags,
  broadcast_tag,
  gather_tag,
  scatter_tag,
  allgather_tag,
  alltoall_tag,
  counts_tag
};

size_t sum(std::span<const size_t> counts) { return std::accumulate(counts.begin(), counts.end(), size_t{0}); }

const std::byte* bytes_at(const void* data, size_t offset) {
  return offset == 0 ? static_cast<const std::byte*>(data) : static_cast<const std::byte*>(data) + offset;
}
std::byte* bytes_at(void* data, size_t offset) {
  return offset == 0 ? static_cast<std::byte*>(data) : static_cast<std::byte*>(data) + offset;
}

/// This rank's own block; the two may be one.
void copy(void* to, const void* from, size_t bytes) {
  if (bytes != 0 && to != from) std::memcpy(to, from, bytes);
}

/// FNV-1a over 64-bit words.
uint64_t hash_of(std::span<const size_t> words) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const size_t word : words) hash = (hash ^ word) * 0x100000001B3u;
  return hash;
}

}  // namespace

Communicator::Communicator(std::shared_ptr<Transport> transport, const CommunicatorSettings& settings)
    : transport_(std::move(transport)), settings_(settings), interruptions_(transport_->place().size) {
  if (settings.largest_message == 0 || settings.largest_message > size_t{INT32_MAX})
    throw Error(ErrorCode::argument,
                fmt::format("the largest message has 1 to 2147483647 bytes, not {}", settings.largest_message));
  if (!(settings.watchdog_seconds > 0))
    throw Error(ErrorCode::argument,
                fmt::format("the watchdog waits more than 0 s, not {}", settings.watchdog_seconds));
}

void Communicator::require_rank(int rank, const char* operation) const {
  if (rank < 0 || rank >= size())
    throw Error(ErrorCode::argument, fmt::format("{}: there is no rank {} among {}", operation, rank, size()));
}

void Communicator::require_counts(std::span<const size_t> counts, const char* operation) const {
  if (counts.size() != static_cast<size_t>(size()))
    throw Error(ErrorCode::argument,
                fmt::format("{}: {} for {}", operation, counted(counts.size(), "count"), counted(size(), "rank")));
}

void Communicator::fail(const Error& error) {
  if (!failure_) {
    failure_ = error;
    is_usable_ = false;
    transport_->fail(error);
  }
  throw *failure_;
}

void Communicator::send_and_receive(const char* operation, int tag, int to,
                                    std::optional<std::span<const std::byte>> sent, int from,
                                    std::optional<std::span<std::byte>> received,
                                    const std::shared_ptr<const void>& memory) {
  Exchange exchange(*this, operation);
  exchange.keep({memory});
  if (received) exchange.add({false, received->data(), received->size(), from, tag});
  if (sent) exchange.add({true, read_only(sent->data()), sent->size(), to, tag});
  exchange.start();
  exchange.wait();
}

void Communicator::barrier() {
  require_usable();
  check_call("barrier");
  // Dissemination: after k rounds this rank has heard of the 2^k ranks before it.
  for (int step = 1; step < size(); step *= 2)
    send_and_receive("barrier", barrier_tag, (rank() + step) % size(), std::span<const std::byte>(),
                     (rank() - step + size()) % size(), std::span<std::byte>(), nullptr);
}

void Communicator::broadcast(void* data, size_t bytes, int root, const std::shared_ptr<const void>& memory) {
  require_usable();
  require_rank(root, "broadcast");
  check_call("broadcast", bytes, root);
  broadcast_unchecked(data, bytes, root, "broadcast", memory);
}

void Communicator::broadcast_unchecked(void* data, size_t bytes, int root, const char* operation,
                                       const std::shared_ptr<const void>& memory) {
  if (bytes == 0) return;
  // Ranks count from the root here. A rank hears from the one that lacks its lowest bit, and tells those below that
  // bit.
  const int me = (rank() - root + size()) % size();
  int bit = 1;
  while (bit < size() && (me & bit) == 0) bit *= 2;
  const auto rank_of = [&](int relative) { return (relative + root) % size(); };
  if (me != 0)
    send_and_receive(operation, broadcast_tag, 0, std::nullopt, rank_of(me - bit),
                     std::span(static_cast<std::byte*>(data), bytes), memory);
  Exchange exchange(*this, operation);
  exchange.keep({memory});
  for (bit /= 2; bit > 0; bit /= 2)
    if (me + bit < size()) exchange.add({true, data, bytes, rank_of(me + bit), broadcast_tag});
  exchange.start();
  exchange.wait();
}

void Communicator::gather(const void* mine, std::span<const size_t> counts, void* all, int root) {
  require_usable();
  require_rank(root, "gather");
  require_counts(counts, "gather");
  check_call("gather", sum(counts), root, hash_of(counts));
  const size_t own = counts[static_cast<size_t>(rank())];
  Exchange exchange(*this, "gather");
  if (rank() != root && own != 0) exchange.add({true, read_only(mine), own, root, gather_tag});
  size_t offset = 0;
  for (int from = 0; rank() == root && from < size(); ++from) {
    const size_t bytes = counts[static_cast<size_t>(from)];
    if (from != root && bytes != 0) exchange.add({false, bytes_at(all, offset), bytes, from, gather_tag});
    if (from == root) copy(bytes_at(all, offset), mine, bytes);
    offset += bytes;
  }
  exchange.start();
  exchange.wait();
}

void Communicator::scatter(const void* all, std::span<const size_t> counts, void* mine, int root) {
  require_usable();
  require_rank(root, "scatter");
  require_counts(counts, "scatter");
  check_call("scatter", sum(counts), root, hash_of(counts));
  const size_t own = counts[static_cast<size_t>(rank())];
  Exchange exchange(*this, "scatter");
  if (rank() != root && own != 0) exchange.add({false, mine, own, root, scatter_tag});
  size_t offset = 0;
  for (int to = 0; rank() == root && to < size(); ++to) {
    const size_t bytes = counts[static_cast<size_t>(to)];
    if (to != root && bytes != 0) exchange.add({true, read_only(bytes_at(all, offset)), bytes, to, scatter_tag});
    if (to == root) copy(mine, bytes_at(all, offset), bytes);
    offset += bytes;
  }
  exchange.start();
  exchange.wait();
}

void Communicator::allgather(const void* mine, std::span<const size_t> counts, void* all) {
  require_usable();
  require_counts(counts, "allgather");
  check_call("allgather", sum(counts), no_root, hash_of(counts));
  allgather_unchecked(mine, counts, all, "allgather");
}

/// Bruck's: blocks lie in `ring` from this rank's own on, around the ring. With `have` of them, the first ones go to
/// the rank `have` before this one, and the next come from the rank `have` after it.
void Communicator::allgather_unchecked(const void* mine, std::span<const size_t> counts, void* all,
                                       const char* operation) {
  const auto n = static_cast<size_t>(size()), me = static_cast<size_t>(rank());
  std::vector<size_t> begin(n + 1, 0);  // of blocks in the ring's order
  for (size_t k = 0; k < n; ++k) begin[k + 1] = begin[k] + counts[(me + k) % n];
  const auto memory = std::make_shared_for_overwrite<std::byte[]>(begin[n]);
  std::byte* const ring = memory.get();
  copy(ring, mine, begin[1]);
  for (size_t have = 1; have < n; have *= 2) {
    const size_t more = std::min(have, n - have);
    // The receiver's ring starts `have` ranks before ours: what it lacks are our first `more` blocks.
    const std::span<const std::byte> sent(ring, begin[more]);
    const std::span<std::byte> received(ring + begin[have], begin[have + more] - begin[have]);
    send_and_receive(operation, allgather_tag, static_cast<int>((me + n - have) % n),
                     sent.empty() ? std::nullopt : std::optional(sent), static_cast<int>((me + have) % n),
                     received.empty() ? std::nullopt : std::optional(received), memory);
  }
  const size_t wrapped = begin[n - me];  // bytes of the ranks me … n - 1; those of 0 … me - 1 follow in the ring
  if (begin[n] - wrapped != 0) std::memcpy(all, ring + wrapped, begin[n] - wrapped);
  if (wrapped != 0) std::memcpy(bytes_at(all, begin[n] - wrapped), ring, wrapped);
}

void Communicator::alltoall(const void* from, std::span<const size_t> from_counts, void* to,
                            std::span<const size_t> to_counts) {
  require_usable();
  require_counts(from_counts, "alltoall");
  require_counts(to_counts, "alltoall");
  const auto n = static_cast<size_t>(size()), me = static_cast<size_t>(rank());
  if (from_counts[me] != to_counts[me])
    throw Error(ErrorCode::argument, fmt::format("alltoall: rank {} sends itself {} and takes {}", me,
                                                 counted(from_counts[me], "byte"), to_counts[me]));
  check_call("alltoall");
  if (settings_.check_calls) check_counts(from_counts, to_counts);
  std::vector<size_t> from_begin(n + 1, 0), to_begin(n + 1, 0);
  std::partial_sum(from_counts.begin(), from_counts.end(), from_begin.begin() + 1);
  std::partial_sum(to_counts.begin(), to_counts.end(), to_begin.begin() + 1);
  copy(bytes_at(to, to_begin[me]), bytes_at(from, from_begin[me]), from_counts[me]);
  Exchange exchange(*this, "alltoall");
  // Each rank begins with its neighbours, so that not all send to rank 0 first.
  for (size_t step = 1; step < n; ++step) {
    const size_t source = (me + n - step) % n, target = (me + step) % n;
    if (to_counts[source] != 0)
      exchange.add({false, bytes_at(to, to_begin[source]), to_counts[source], static_cast<int>(source), alltoall_tag});
    if (from_counts[target] != 0)
      exchange.add({true, read_only(bytes_at(from, from_begin[target])), from_counts[target], static_cast<int>(target),
                    alltoall_tag});
  }
  exchange.start();
  exchange.wait();
}

/// Every pair of ranks compares the sizes that it will exchange; then all get the first disagreement.
void Communicator::check_counts(std::span<const size_t> from_counts, std::span<const size_t> to_counts) {
  std::vector<size_t> theirs(from_counts.size());
  Exchange exchange(*this, "comparison of sizes");
  for (int peer = 0; peer < size(); ++peer) {
    exchange.add({false, &theirs[static_cast<size_t>(peer)], sizeof(size_t), peer, counts_tag});
    exchange.add({true, read_only(&from_counts[static_cast<size_t>(peer)]), sizeof(size_t), peer, counts_tag});
  }
  exchange.start();
  exchange.wait();
  std::optional<Error> mine;
  for (size_t peer = 0; peer < theirs.size() && !mine; ++peer)
    if (theirs[peer] != to_counts[peer])
      mine = Error(ErrorCode::communication, fmt::format("alltoall: rank {} sends {} to rank {}, which expects {}",
                                                         peer, counted(theirs[peer], "byte"), rank(), to_counts[peer]));
  if (const auto agreed = agree(mine)) throw agreed->error;
}

}  // namespace fuseval::runtime::distributed
