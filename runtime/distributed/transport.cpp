#include "runtime/distributed/transport.hpp"

#include <fmt/format.h>

#include "ir/counted.hpp"

namespace fuseval::runtime::distributed {

std::string describe(const Waiting& waiting) {
  const Message& message = waiting.message;
  if (message.peer == any_rank) return fmt::format("in {}", waiting.operation);
  return fmt::format("in {} for {} {} rank {} (tag {})", waiting.operation, counted(message.bytes, "byte"),
                     message.sending ? "to be taken by" : "from", message.peer, message.tag);
}

}  // namespace fuseval::runtime::distributed
