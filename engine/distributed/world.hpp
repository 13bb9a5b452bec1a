// Worlds: the ranks that a distributed program runs on.
#pragma once

#include <memory>

#include "runtime/distributed/communicator.hpp"

namespace fuseval::engine {

/// One rank's end. Used by one thread of the rank at a time; all ranks make the same calls in the same order.
class World {
 public:
  World(std::shared_ptr<runtime::distributed::Transport> transport,
        const runtime::distributed::CommunicatorSettings& settings)
      : communicator_(std::move(transport), settings) {}

  int rank() const { return communicator_.rank(); }
  int size() const { return communicator_.size(); }
  runtime::distributed::Communicator& communicator() { return communicator_; }

 private:
  runtime::distributed::Communicator communicator_;
};

}  // namespace fuseval::engine
