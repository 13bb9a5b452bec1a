#include "engine/world/flags_exchange.hpp"

#include <algorithm>
#include <cstring>

#include "ir/checked.hpp"

namespace fuseval::engine {
namespace {

using Message = FlagsExchange::Message;
using runtime::distributed::Exchange;

size_t longest(const std::vector<Message>& messages) {
  size_t bytes = 0;
  for (const Message& message : messages) bytes = std::max(bytes, message.bytes);
  return bytes;
}

size_t sum(const std::vector<Message>& messages) {
  size_t bytes = 0;
  for (const Message& message : messages) bytes = checked_add(bytes, message.bytes);
  return bytes;
}

}  // namespace

// All that is sent ends with the same word, so all of it is the end of the longest.
FlagsExchange::FlagsExchange(runtime::distributed::Communicator& communicator, const char* operation,
                             const std::vector<Message>& sent, const std::vector<Message>& received, int tag)
    : sent_(longest(sent)), received_(sum(received)), exchange_(communicator, operation, Exchange::Use::once) {
  char* place = received_.data();
  for (const Message& message : received) {
    exchange_.receive(place, message.bytes, message.peer, tag);
    place += message.bytes;
    received_flags_.push_back(place - sizeof(Flags));
  }
  for (const Message& message : sent)
    exchange_.send(sent_.data() + sent_.size() - message.bytes, message.bytes, message.peer, tag);
}

void FlagsExchange::start(Flags flags) {
  if (sent_.size() > 0) std::memcpy(sent_.data() + sent_.size() - sizeof flags, &flags, sizeof flags);
  exchange_.start();
}

FlagsExchange::Flags FlagsExchange::received() const {
  Flags flags = 0;
  for (const char* const place : received_flags_) flags |= flags_at(place);
  return flags;
}

FlagsExchange::Flags flags_at(const char* place) {
  FlagsExchange::Flags flags = 0;
  std::memcpy(&flags, place, sizeof flags);
  return flags;
}

}  // namespace fuseval::engine
