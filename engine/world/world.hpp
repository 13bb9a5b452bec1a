// Worlds: the ranks that a distributed program runs on.
#pragma once

#include <memory>
#include <optional>

#include "engine/base/attachments.hpp"
#include "runtime/distributed/communicator.hpp"

namespace fuseval::engine {

/// One rank's end. Used by one thread of the rank at a time; all ranks make the same calls in the same order.
class World {
 public:
  World(std::shared_ptr<runtime::distributed::Transport> transport,
        const runtime::distributed::CommunicatorSettings& settings);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  int rank() const { return communicator_.rank(); }
  int size() const { return communicator_.size(); }
  runtime::distributed::Communicator& communicator() { return communicator_; }
  /// Of higher layers. They start anew when the ranks recover from an interruption: exchanges that were left in flight
  /// are in them, and ranks that had got on to different calls keep different entries.
  Attachments& attachments() { return *attachments_; }

  /// How many threads this rank may have, beside the others of its machine: once they have shared its CPUs, which is
  /// collective.
  void share_cpus();
  int threads() const { return threads_; }

  /// Collective, though some ranks may have given up, and others may not have heard of it: as the communicator's, and
  /// afterwards all ranks go on together.
  std::optional<runtime::distributed::RankError> agree(const std::optional<Error>& mine);

 private:
  runtime::distributed::Communicator communicator_;
  std::unique_ptr<Attachments> attachments_;  ///< destroyed before the communicator, which their exchanges use
  int threads_;
};

}  // namespace fuseval::engine
