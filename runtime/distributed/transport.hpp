// What the distributed runtime needs of the world: ranks that send each other bytes.
//
// A Transport moves messages between the ranks of one job and knows nothing else: no collectives, no chunks, no time
// limits. Those are written once, over this interface, in communicator.hpp, which is what the rest of the runtime uses.
// There are three: a rank by itself, ranks that are threads of this process (thread_transport.hpp), and MPI
// (mpi_transport.hpp).
//
// Messages match as in MPI: the n-th send of rank a to rank b with a tag meets the n-th receive that b posts for a and
// that tag. A send may wait for its receive, whatever its size: nobody may count on a buffer in between.
//
// One thread of a rank uses its transport (MPI's FUNNELED), at one time no more than one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "ir/error.hpp"

namespace fuseval::runtime::distributed {

/// Where this rank is.
struct Place {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  ///< among the ranks that share this machine's memory, in order of rank
  int local_size = 1;
  int machine = 0;                   ///< the lowest rank that shares this machine's memory
  std::string name;                  ///< "self", "threads", or what the MPI library calls itself
  bool takes_device_memory = false;  ///< messages may lie in the memory of a CUDA device
};

/// One message of bytes. The memory is the caller's, and neither moves nor is freed until the message is finished or
/// released.
struct Message {
  bool sending = false;
  void* data = nullptr;  ///< only read when sending
  size_t bytes = 0;
  int peer = 0;
  int tag = 0;
};

/// Messages up to this size are taken at once, also if their receives are posted later: MPI libraries send them so
/// (Open MPI between processes of a machine up to 4 KiB, with headers).
inline constexpr size_t short_message = 1024;

/// In a probe: whoever sent it, and with whatever tag.
inline constexpr int any_rank = -1;
inline constexpr int any_tag = -1;

/// The memory of a message to be sent, which nobody writes to.
inline void* read_only(const void* data) { return const_cast<void*>(data); }

/// What a rank waits for, for those who look for the reason.
struct Waiting {
  const char* operation = "";  ///< a literal
  Message message;
};

/// "in broadcast for 8 bytes from rank 0 (tag 3)"
std::string describe(const Waiting& waiting);

/// A transport's error about one message; others are about the whole job, and the same on every rank.
class MessageError : public Error {
 public:
  explicit MessageError(const std::string& reason) : Error(ErrorCode::communication, reason) {}
};

class Transport {
 public:
  /// A message in flight, or one that can be started. Made by post and prepare; ends in test (of a posted one) or
  /// release.
  struct Handle {
    uint64_t bits = 0;
  };

  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Does not change.
  virtual const Place& place() const = 0;
  /// The address of the MPI_Comm that messages go by, for libraries that use MPI themselves; null where none does.
  virtual const void* mpi_communicator() const { return nullptr; }

  /// Sends or receives once. Does not block. `bytes` is below 2^31, the peer a rank (also this one), the tag below
  /// 2^15.
  virtual Handle post(const Message& message) = 0;
  /// The same, to be started again and again; nothing moves until then.
  virtual Handle prepare(const Message& message) = 0;
  /// Starts a prepared message that is not in flight. Does not block.
  virtual void start(Handle& handle) = 0;
  /// Whether the message is finished; then a posted one's handle is gone, a prepared one may be started again, and
  /// `bytes` is what was received. Does not block, and lets all messages of this rank proceed.
  virtual bool test(Handle& handle, size_t& bytes) = 0;
  /// Gives up a prepared message, or one in flight; `message` is what it was posted or prepared with. A receive's
  /// memory is untouched from then on. A send's memory that MPI has taken may be read until the job ends, but for a
  /// short message's. Returns whether a message in flight has been received all the same, or a send still may be.
  virtual bool release(const Message& message, Handle& handle, bool in_flight) noexcept = 0;
  /// The first message that has been sent to this rank, from `peer` and with `tag`, and that no receive has been posted
  /// for: its sender, tag and size. It stays where it is. Does not block.
  virtual std::optional<Message> probe(int peer, int tag) = 0;

  /// Called between tests that found nothing: lets others run. Returns after at most `seconds`, often at once, and
  /// whether it is time to probe for messages that nobody waits for: after each that comes, or now and then.
  virtual bool pause(const Waiting& waiting, double seconds) = 0;
  /// This rank cannot go on. Threads: every other rank's next call fails with this error. MPI: the job will not be
  /// ended in order, so that the launcher ends the other ranks.
  virtual void fail(const Error& error) noexcept = 0;

  // Errors: ErrorCode::communication from all but place, mpi_communicator, release and
  // fail; MessageError where one message failed.
};

}  // namespace fuseval::runtime::distributed
