// Ranks that work together: exchanges of messages, collectives, and an end to waiting.
//
// Everything here is written once, over point-to-point messages of a Transport, so that ranks as threads and ranks
// under MPI do the same, message for message: counts of messages are a function of the number of ranks and of sizes,
// chunks and the watchdog are the same everywhere, and no collective of an MPI library can hang where we cannot look.
// What it costs against a library's own collectives: docs/distributed-internals.md.
//
// SPMD: every rank of a communicator makes the same collective calls in the same order. Calls block until this rank's
// part is done. One thread of a rank at a time. After an error of ErrorCode::communication a communicator is broken:
// each further call fails with that error (but for calls that `check_calls` finds to differ, which are refused on all
// ranks alike). After an interruption it is not: see recover().
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/distributed/interruptions.hpp"
#include "runtime/distributed/transport.hpp"

namespace fuseval::runtime::distributed {

struct CommunicatorSettings {
  /// A rank that has waited this long with nothing finished fails. Infinite: it waits for ever.
  double watchdog_seconds = std::numeric_limits<double>::infinity();
  /// Before each collective, ranks compare what they call (an allgather of 64 bytes a rank). The same on all
  /// ranks.
  bool check_calls = false;
  /// Longer messages go in pieces; MPI counts bytes in an int. The same on all ranks.
  size_t largest_message = size_t{1} << 30;
};

/// The first rank, in their order, that reported an error, and its error.
struct RankError {
  int rank;
  Error error;
  bool on_all;  ///< all ranks reported the same
};

class Exchange;

class Communicator {
 public:
  /// Tags of exchanges are 0 … tags - 1; collectives use others.
  static constexpr int tags = 1 << 14;

  /// Errors: ErrorCode::argument (a largest message of 0 bytes or above 2^31 - 1, a watchdog that is not above 0).
  explicit Communicator(std::shared_ptr<Transport> transport, const CommunicatorSettings& settings = {});
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  /// What this rank has refused, and nobody was asked about, the others hear of now.
  ~Communicator();

  const Place& place() const { return transport_->place(); }
  const void* mpi_communicator() const { return transport_->mpi_communicator(); }
  const CommunicatorSettings& settings() const { return settings_; }
  int rank() const { return place().rank; }
  int size() const { return place().size; }

  // Collectives. Sizes are in bytes; `counts` has one a rank, is the same on every rank unless something else is said,
  // and blocks lie one behind the other in order of rank. A block of 0 bytes takes no message. Memory given is the
  // caller's, used until the call returns; pointers to 0 bytes may be null. Errors: communication; argument for a root
  // or counts that fit no rank.

  /// Returns when every rank has called it. ceil(log2 size) messages a rank.
  void barrier();
  /// The root's bytes to all, down a binomial tree.
  /// memory: what the data is in, where that is not the caller's for good.
  void broadcast(void* data, size_t bytes, int root, const std::shared_ptr<const void>& memory = nullptr);
  /// All blocks to the root's `all`, which others leave null. One message from each rank to the root. `mine` may be the
  /// rank's place in `all`, and must not overlap it otherwise.
  void gather(const void* mine, std::span<const size_t> counts, void* all, int root);
  /// The other way round.
  void scatter(const void* all, std::span<const size_t> counts, void* mine, int root);
  /// All blocks to all ranks: ceil(log2 size) messages a rank (Bruck). `mine` as for gather. Uses scratch memory of the
  /// blocks' sum.
  void allgather(const void* mine, std::span<const size_t> counts, void* all);
  /// Block k of `from` to rank k, and block k of `to` from rank k: `to_counts[k]` here is `from_counts[rank()]` there.
  /// No overlap.
  void alltoall(const void* from, std::span<const size_t> from_counts, void* to, std::span<const size_t> to_counts);
  /// Every rank says what went wrong, if anything did; all get the first error in order of ranks, or none. ceil(log2
  /// size) messages of 24 bytes a rank, and a broadcast of the text if there is an error.
  std::optional<RankError> agree(const std::optional<Error>& mine);

  // One rank gives up: interruptions.hpp. Whatever waits, in this file, may throw the error of an interruption.

  /// A call that all ranks make begins: they have the same numbers, and names, which are compared where ranks wait
  /// long. The name stays until the call ends.
  void enter(std::string_view name) {
    ++interruptions_.call;
    interruptions_.call_name = name;
  }
  /// What this rank has done of the call that it entered last: everything that the others need of it, or not.
  enum class Made { whole, part };
  /// Messages so far. A call that has failed and sent none is one that this rank has refused.
  uint64_t messages_sent() const { return messages_sent_; }
  /// This rank has refused its call. Does not send.
  void refuse(const Error& error);
  /// This rank gives up, and all others will. Does not block. Gives the error that they throw, with this rank's number;
  /// or, if there has been another interruption, that one's. With one rank: the error. Errors: communication.
  Error interrupt(const Error& error, Made made);
  /// Another rank has given up: waits until its word is there, and gives its error. Errors: communication.
  Error await_interruption();
  bool is_interrupted() const { return interruptions_.error.has_value(); }
  /// Collective, though other ranks may not have heard of an interruption yet. Afterwards nothing of what was sent
  /// before is on its way, and the communicator is as new; exchanges that were interrupted are to be made anew.
  void recover();

 private:
  friend class Exchange;
  class PhaseOf;
  class Watch;

  void require_usable() {
    if (!is_usable_) become_usable();
  }
  void become_usable();
  void note_usable();
  template <class F>
  auto or_fail(F&& f);
  /// Looks for words of other ranks: whether this one is interrupted.
  bool listen();
  void hear(const Message& found);
  bool hear_refusals();
  bool hear_other_calls();
  std::string call_in_words() const;
  void tell_call();
  std::optional<Refusal> refusal_of(int peer);
  void settle();
  /// Tells all other ranks, once.
  void give_up(const Word& word);
  void give_up_too(const Word& word);
  void tell(int rank, const std::shared_ptr<const std::string>& word);
  std::vector<uint64_t> messages_to_come();
  void discard_next(int peer);
  void finish_orphans();
  void finish(Orphan& orphan);
  void receive_whole(const char* operation, const Message& message);
  void require_rank(int rank, const char* operation) const;
  void require_counts(std::span<const size_t> counts, const char* operation) const;
  /// With check_calls: ErrorCode::communication, the same on every rank, unless all describe the same call.
  void check_call(const char* operation, size_t bytes = 0, int root = no_root, uint64_t arguments = 0);
  static constexpr int no_root = -1;
  void check_counts(std::span<const size_t> from_counts, std::span<const size_t> to_counts);
  void broadcast_unchecked(void* data, size_t bytes, int root, const char* operation,
                           const std::shared_ptr<const void>& memory = nullptr);
  void allgather_unchecked(const void* mine, std::span<const size_t> counts, void* all, const char* operation);
  /// Sends to one rank and receives from another; a size of none: no message. memory: what both are in, where it is
  /// not the caller's for good.
  void send_and_receive(const char* operation, int tag, int to, std::optional<std::span<const std::byte>> sent,
                        int from, std::optional<std::span<std::byte>> received,
                        const std::shared_ptr<const void>& memory);
  [[noreturn]] void fail(const Error& error);

  std::shared_ptr<Transport> transport_;
  CommunicatorSettings settings_;
  uint64_t calls_ = 0, messages_sent_ = 0;
  bool is_usable_ = true;  ///< neither failed nor interrupted, and nothing refused
  std::optional<Error> failure_;
  Interruptions interruptions_;
};

/// Messages that are posted together and waited for together, once or many times: a halo exchange is set up once and
/// started at each step. Messages go in pieces where they are long. Receives are posted before sends.
///
///   Exchange halo(communicator, "halo exchange", Exchange::Use::repeated);
///   halo.receive(left_halo, bytes, left, 0); halo.send(my_left_edge, bytes, left, 1); …
///   halo.start(); compute the interior, calling halo.progress() between blocks; halo.wait(); compute the edges
///
/// Memory given to send and receive is the caller's, and stays where it is while the exchange is there; between start
/// and the end of wait, what is sent is not written and what is received is not touched. The communicator outlives its
/// exchanges.
class Exchange {
 public:
  /// Repeated: messages are made ready when they are added (MPI's persistent requests). Either kind can be started
  /// again.
  enum class Use { once, repeated };

  /// The operation is for messages of errors: a literal.
  Exchange(Communicator& communicator, const char* operation, Use use = Use::once);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  /// Messages still in flight are given up.
  ~Exchange();

  /// For messages that an interruption leaves in flight.
  void keep(Surroundings surroundings) { surroundings_ = std::move(surroundings); }

  /// Errors of both: argument for a peer that is no rank or a tag outside 0 … Communicator::tags - 1. Not while in
  /// flight.
  void send(const void* data, size_t bytes, int peer, int tag);
  void receive(void* data, size_t bytes, int peer, int tag);

  /// Does not block. Errors: communication.
  void start();
  /// Moves messages on, and tells whether all of them are finished (also when none was started). MPI has no progress in
  /// the background: long computations call it now and then. Does not block. Errors: communication; also for a message
  /// of another size.
  bool progress();
  /// Returns when all are finished. Errors: as progress, and the watchdog's: "rank 2 waited 30 s in halo exchange for
  /// 800 bytes from rank 1 (tag 5)".
  void wait();

 private:
  friend class Communicator;

  struct Piece {
    Message message;
    Transport::Handle handle;
  };

  void add(const Message& message);
  void add_pieces(std::vector<Piece>& pieces, Message message);
  Piece& current() { return next_ < receives_.size() ? receives_[next_] : sends_[next_ - receives_.size()]; }
  size_t pieces() const { return receives_.size() + sends_.size(); }
  void require_idle(const char* what) const;
  /// An interruption leaves sends in flight, and their memory is kept.
  void release(bool is_interrupted) noexcept;
  template <class F>
  auto guarded(const Message& message, F&& f);
  void wait_for_the_rest();

  Communicator& communicator_;
  const char* operation_;
  Use use_;
  bool is_left_ = false;  ///< interrupted
  Surroundings surroundings_;
  std::vector<Piece> receives_, sends_;
  size_t started_ = 0;  // how many pieces are in flight or finished, receives first
  size_t next_ = 0;     // the first of them that is not known to be finished
};

}  // namespace fuseval::runtime::distributed
