// What ranks tell each other when one of them gives up, so that nobody waits for it for ever.
//
// A program's messages are few: a step of a stencil has two a neighbour, and no room in which all ranks could hear of
// all others. So one that gives up in the midst of calls (`interrupt`) sends a word of its own to each rank, and goes
// its way: it need not wait, for the others may be anywhere, also in calls of their host that wait for this rank. Who
// waits for a message looks for such words, and gives up with the same error: in the first call that the word's rank
// has not made as a whole, or a later one. Calls before that all ranks make, and they end well. From then on every call
// fails, until all ranks have called recover(): by then each has sent what it will ever have sent, so they tell each
// other how many messages that were, and receive those that nobody took.
//
// A rank that refuses a call before it has sent anything (`refuse`: a text that does not parse, a wrong option) says
// nothing at first: mostly all ranks refuse alike, and go on alike. With its next messages it asks the others, by
// dissemination (`settle`), and waits for them. If all have refused the same calls, nothing has happened. A rank that
// waits in a call that another has refused, or that has refused other calls, interrupts all.
//
// A rank that has waited for some seconds tells the others which call it is in. One that waits in another call of the
// same number interrupts all: their programs have come apart.
//
// Sends that are left in flight are looked after until they have arrived, and their memory is kept (`Orphan`), but for
// short messages, which have been taken, and those in buffers of a world's programs, which stay as they are until it
// recovers. Others are sent in calls that all ranks have begun together, and these are not interrupted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/distributed/transport.hpp"

namespace fuseval::runtime::distributed {

/// What messages need beside themselves.
struct Surroundings {
  /// What they are in, if nobody else keeps that until they have arrived.
  std::shared_ptr<const void> memory = nullptr;
  /// Calls the transport with what it needs on its thread to get at them; none: nothing.
  std::function<void(const std::function<void()>&)> call = nullptr;
};

/// A message to be sent that its exchange has left in flight.
struct Orphan {
  Message message;
  Transport::Handle handle;
  bool prepared = false;
  Surroundings surroundings;
};

/// That a rank has given up; or, with an error without a code, that it waits, and in which call.
struct Word {
  uint64_t call;  ///< the number of the first that it has not made as a whole
  Error error;    ///< with the rank's number; or what the call is
};

/// What a rank has refused since it last agreed with the others, as it is sent.
struct Refusal {
  uint64_t first_call = 0, calls = 0;  // the number of the first, and how many there were
  int32_t rank = 0, code = 0;
  uint32_t begin = 0, end = 0;
  char text[256] = {};
};
static_assert(sizeof(Refusal) == 288);

/// A communicator's part in it.
struct Interruptions {
  /// Messages that are no call's are sent while ranks settle, or recover; then nothing is listened for.
  enum class Phase { calls, settling, recovering };

  explicit Interruptions(int ranks) : sent(static_cast<size_t>(ranks)), received(static_cast<size_t>(ranks)) {}

  uint64_t call = 0;                ///< the number of this rank's call: all ranks make the same
  std::string_view call_name;       ///< or its text; only while it lasts
  std::map<int, Word> waiting;      ///< [rank]: in a call of this number, or a later one
  std::optional<Word> word;         ///< of those that have come, the one of the first call
  std::optional<Error> error;       ///< this rank has given up, too
  std::optional<Refusal> refusal;   ///< that others have not been asked about
  std::map<int, Refusal> refusals;  ///< [rank]: of others, for when this rank settles
  std::vector<Orphan> orphans;
  std::vector<uint64_t> sent, received;  ///< [rank]: messages that were sent to it, or will be received, and from it
  Phase phase = Phase::calls;
};

}  // namespace fuseval::runtime::distributed
