// What ranks tell each other about themselves: errors, and what they are about to call.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "ir/counted.hpp"
#include "runtime/distributed/communicator.hpp"

namespace fuseval::runtime::distributed {
namespace {

/// The first error that a rank has heard of, as it is sent. The text follows only if there is an error.
struct ErrorRecord {
  int32_t rank;  // the number of ranks: no error
  int32_t code;
  uint32_t begin, end;
  uint32_t text_bytes;
  uint32_t same;  // of the error, if all that were heard of are the same, and then not 0
};
static_assert(sizeof(ErrorRecord) == 24);

/// FNV-1a. That two errors of one call have the same by chance costs the number of a rank in a message.
uint32_t fingerprint(const Error& error) {
  uint32_t hash = 2166136261;
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 16777619; };
  for (const char c : error.message()) add(static_cast<unsigned char>(c));
  for (const uint32_t number : {static_cast<uint32_t>(error.code()), error.span().begin, error.span().end})
    for (int shift = 0; shift < 32; shift += 8) add(static_cast<unsigned char>(number >> shift));
  return std::max<uint32_t>(hash, 1);
}

ErrorRecord record_of(const Error& error, int rank) {
  return {rank,
          static_cast<int32_t>(error.code()),
          error.span().begin,
          error.span().end,
          static_cast<uint32_t>(error.message().size()),
          fingerprint(error)};
}

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
  return fmt::format("call {} is {} of {}{} on rank {}", record.number, record.operation.data(),
                     counted(record.bytes, "byte"), root, rank);
}

std::string difference(const CallRecord& first, const CallRecord& other, int rank) {
  if (first.largest_message != other.largest_message)
    return fmt::format("the largest message has {} on rank 0 and {} on rank {}", counted(first.largest_message, "byte"),
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
  struct Records {
    ErrorRecord first, heard;
  };
  const auto records = std::make_shared<Records>();
  auto& [first, heard] = *records;
  first = mine ? record_of(*mine, rank()) : ErrorRecord{size(), 0, 0, 0, 0, 0};
  for (int step = 1; step < size(); step *= 2) {
    send_and_receive("agreement", agree_tag, (rank() + step) % size(), std::as_bytes(std::span(&first, 1)),
                     (rank() - step + size()) % size(), std::as_writable_bytes(std::span(&heard, 1)), records);
    const uint32_t same = heard.same == first.same ? first.same : 0;
    if (heard.rank < first.rank) first = heard;
    first.same = same;
  }
  if (first.rank == size()) return std::nullopt;
  std::string text = first.rank == rank() ? mine->message() : std::string(first.text_bytes, '\0');
  broadcast_unchecked(text.data(), text.size(), first.rank, "agreement");
  return RankError{first.rank, Error(static_cast<ErrorCode>(first.code), text, {first.begin, first.end}),
                   first.same != 0};
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
