// What ranks tell each other about themselves: errors, and what they are about to call.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/distributed/communicator.hpp"

namespace fuseval::runtime::distributed {
namespace {

/// The first error that a rank has heard of, as it is sent. The text follows only if there is an error.
struct ErrorRecord {
  int32_t rank;  // the number of ranks: no error
  int32_t code;
  uint32_t begin, end;
  uint64_t text_bytes;
};
static_assert(sizeof(ErrorRecord) == 24);

/// A collective call, as it is sent.
struct CallRecord {
  uint64_t number;
  uint64_t arguments;
  uint64_t largest_message;
  uint64_t bytes;
  int64_t root;
  std::array<char, 24> operation;
};
static_assert(sizeof(CallRecord) == 64);

bool same(const CallRecord& a, const CallRecord& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

std::string words(const CallRecord& record, int rank) {
  const std::string root = record.root < 0 ? "" : fmt::format(" with root {}", record.root);
  return fmt::format("call {} is {} of {} bytes{} on rank {}", record.number, record.operation.data(), record.bytes,
                     root, rank);
}

std::string difference(const CallRecord& first, const CallRecord& other, int rank) {
  if (first.largest_message != other.largest_message)
    return fmt::format("the largest message has {} bytes on rank 0 and {} on rank {}", first.largest_message,
                       other.largest_message, rank);
  return fmt::format("ranks call different things: {}, {}{}", words(first, 0), words(other, rank),
                     first.arguments != other.arguments ? " with other counts" : "");
}

constexpr int agree_tag = Communicator::tags + 100;

}  // namespace

/// The least of ErrorRecords by rank, by dissemination: hearing of one twice does no harm.
std::optional<RankError> Communicator::agree(const std::optional<Error>& mine) {
  require_usable();
  check_call("agreement");
  ErrorRecord first{size(), 0, 0, 0, 0};
  if (mine)
    first = {rank(), static_cast<int32_t>(mine->code()), mine->span().begin, mine->span().end, mine->message().size()};
  for (int step = 1; step < size(); step *= 2) {
    ErrorRecord heard{};
    send_and_receive("agreement", agree_tag, (rank() + step) % size(), std::as_bytes(std::span(&first, 1)),
                     (rank() - step + size()) % size(), std::as_writable_bytes(std::span(&heard, 1)));
    if (heard.rank < first.rank) first = heard;
  }
  if (first.rank == size()) return std::nullopt;
  std::string text = first.rank == rank() ? mine->message() : std::string(first.text_bytes, '\0');
  broadcast_unchecked(text.data(), text.size(), first.rank, "agreement");
  return RankError{first.rank, Error(static_cast<ErrorCode>(first.code), text, {first.begin, first.end})};
}

void Communicator::check_call(const char* operation, size_t bytes, int root, uint64_t arguments) {
  if (!settings_.check_calls) return;
  CallRecord mine{++calls_, arguments, settings_.largest_message, bytes, root, {}};
  std::strncpy(mine.operation.data(), operation, mine.operation.size() - 1);
  const std::vector<size_t> counts(static_cast<size_t>(size()), sizeof mine);
  std::vector<CallRecord> all(counts.size());
  allgather_unchecked(&mine, counts, all.data(), "comparison of calls");
  for (size_t rank = 1; rank < all.size(); ++rank)
    if (!same(all[0], all[rank]))
      throw Error(ErrorCode::communication, difference(all[0], all[rank], static_cast<int>(rank)));
}

}  // namespace fuseval::runtime::distributed
