// Messages that say no more than their flags.
//
// A rank that cannot use the memory that its messages lie in sends these in their place, and receives what the others
// send it: of the same sizes, between the same ranks, in the host's memory.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/buffer.hpp"
#include "runtime/distributed/communicator.hpp"

namespace fuseval::engine {

class FlagsExchange {
 public:
  using Flags = uint64_t;
  /// The last 8 bytes are the flags.
  struct Message {
    int peer = 0;
    size_t bytes = 0;
  };

  /// Takes the longest of what is sent and all that is received as memory, which is not touched before it is used.
  FlagsExchange(runtime::distributed::Communicator& communicator, const char* operation,
                const std::vector<Message>& sent, const std::vector<Message>& received, int tag);

  /// Errors: communication.
  void start(Flags flags);
  runtime::distributed::Exchange& messages() { return exchange_; }
  /// Of all messages that came, or-ed.
  Flags received() const;

 private:
  runtime::Buffer sent_, received_;
  std::vector<const char*> received_flags_;
  runtime::distributed::Exchange exchange_;
};

/// Of a message that the host can read.
FlagsExchange::Flags flags_at(const char* place);

}  // namespace fuseval::engine
