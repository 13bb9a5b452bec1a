#include "runtime/distributed/transport.hpp"

#include <fmt/format.h>

namespace fuseval::runtime::distributed {

std::string describe(const Waiting& waiting) {
  const Message& message = waiting.message;
  if (message.peer == any_rank) return fmt::format("in {}", waiting.operation);
  return fmt::format("in {} for {} bytes {} rank {} (tag {})", waiting.operation, message.bytes,
                     message.sending ? "to be taken by" : "from", message.peer, message.tag);
}

}  // namespace fuseval::runtime::distributed
