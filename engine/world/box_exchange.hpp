// Boxes of global arrays from the ranks that hold them to those that need them: halos, the rest of canonical blocks,
// and changes of layout are all this.
//
// Every rank knows what every rank holds and needs, so nothing is negotiated: to each rank that needs something of this
// one's goes one message with all of it, of all arrays, and a word of flags behind. Messages, their buffers and
// requests are made once and used at each start.
//
// Where messages lie in a device's memory, the word behind each says 0 for good, so that it costs nothing to send. A
// rank that has something else to say has nothing to send beside it, and its device may be lost: it sends the word, and
// receives, in the host's memory (flags_exchange.hpp), and the others do not notice, since messages match whatever
// memory their two ends are in.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/world/box.hpp"
#include "engine/world/box_space.hpp"
#include "runtime/distributed/communicator.hpp"

namespace fuseval::engine {

/// One array of an exchange, the same on all ranks.
struct BoxTransfer {
  int64_t itemsize = 0;
  std::vector<Box> held;    ///< [rank]; no element is held twice
  std::vector<Box> needed;  ///< [rank]; every element is held by some rank
};

/// Memory of this rank for one of its boxes.
struct BoxMemory {
  char* data = nullptr;          ///< the element at the box's lower corner; unused for an empty box
  std::vector<int64_t> strides;  ///< bytes
};

class BoxExchange {
 public:
  using Flags = uint64_t;

  /// Collective only in what is given. The operation is for messages of errors: a literal. Takes the memory of all
  /// messages. The communicator and the space, where the boxes are, outlive it. Several may be in flight at once, if
  /// all ranks start them in one order. Errors: memory, limit (more bytes than an address has), communication, the
  /// space's.
  BoxExchange(runtime::distributed::Communicator& communicator, std::vector<BoxTransfer> transfers,
              const char* operation, BoxSpace& space);
  ~BoxExchange();
  BoxExchange(const BoxExchange&) = delete;
  BoxExchange& operator=(const BoxExchange&) = delete;

  /// Packs what others need. from[k]: of transfer k: memory of held[rank], read only. Does not block for others.
  /// Errors: the space's; argument (not one memory a transfer, or in flight).
  void pack(std::span<const BoxMemory> from);
  /// Posts all messages: with what was packed since the last one, or, if nothing could be or there are flags, with
  /// bytes that may mean nothing. Does not block. Errors: communication.
  void post(Flags flags);
  /// What this rank holds and needs itself; `to`: memory of needed[rank], which does not overlap `from`. `from` is not
  /// read any more once this returns. Errors: the space's; argument.
  void copy_own(std::span<const BoxMemory> from, std::span<const BoxMemory> to);
  /// Moves messages on. Errors: communication.
  bool progress();
  /// When this returns, all messages are there. Gives the flags of this rank and of those that it had messages from,
  /// or-ed; if the space fails to read these, unpack says so. Errors: communication.
  Flags wait();
  /// All that was received to its place; for starts that had been packed, without flags. Errors: the space's; argument.
  void unpack(std::span<const BoxMemory> to);

  /// All of that, if nothing can go wrong here alone.
  void run(std::span<const BoxMemory> from, std::span<const BoxMemory> to);

  /// Of this rank, for one start. What it copies from itself is no message; one that goes in pieces
  /// (CommunicatorSettings::largest_message) is one.
  struct Traffic {
    int64_t messages_sent = 0, messages_received = 0;
    int64_t bytes_sent = 0, bytes_received = 0;
  };
  const Traffic& traffic() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The traffic of a rank, without a communicator: for `explain`. O(ranks).
BoxExchange::Traffic traffic_of(std::span<const BoxTransfer> transfers, int rank);

}  // namespace fuseval::engine
