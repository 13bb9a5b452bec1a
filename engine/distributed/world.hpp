// Worlds: the ranks that a distributed program runs on.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/distributed/communicator.hpp"

namespace fuseval::engine {

class DistributedPrograms;

/// One rank's end. Used by one thread of the rank at a time; all ranks make the same calls in the same order.
class World {
 public:
  World(std::shared_ptr<runtime::distributed::Transport> transport,
        const runtime::distributed::CommunicatorSettings& settings);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  int rank() const { return communicator_.rank(); }
  int size() const { return communicator_.size(); }
  runtime::distributed::Communicator& communicator() { return communicator_; }
  DistributedPrograms& programs() { return *programs_; }

  /// How many threads this rank may have, beside the others of its machine: once they have shared its CPUs, which is
  /// collective.
  void share_cpus();
  int threads() const { return threads_; }

  /// What went wrong on this rank in a call without messages: others hear of it in the next exchange, whatever it is
  /// for.
  void note_failure(uint64_t flags) { unsent_failures_ |= flags; }
  uint64_t take_failures() { return std::exchange(unsent_failures_, 0); }

 private:
  runtime::distributed::Communicator communicator_;
  std::unique_ptr<DistributedPrograms> programs_;  // before the communicator it goes, with its exchanges
  uint64_t unsent_failures_ = 0;
  int threads_;
};

}  // namespace fuseval::engine
