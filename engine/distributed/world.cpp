#include "engine/distributed/world.hpp"

#include <algorithm>

#include "engine/distributed/distributed_program.hpp"
#include "runtime/distributed/cpu_share.hpp"

namespace fuseval::engine {

World::World(std::shared_ptr<runtime::distributed::Transport> transport,
             const runtime::distributed::CommunicatorSettings& settings)
    : communicator_(std::move(transport), settings),
      programs_(std::make_unique<DistributedPrograms>()),
      threads_(std::max(1, runtime::usable_cpus() / communicator_.place().local_size)) {}

void World::share_cpus() { threads_ = runtime::distributed::share_of_cpus(communicator_, runtime::allowed_cpus()); }

World::~World() = default;

std::optional<runtime::distributed::RankError> World::agree(const std::optional<Error>& mine) {
  communicator_.enter("agreement");
  try {
    if (!communicator_.is_interrupted()) return communicator_.agree(mine);
  } catch (const Error&) {
    if (!communicator_.is_interrupted()) throw;
  }
  communicator_.recover();
  // Exchanges that were left in flight are in them; and ranks that had got on to different calls keep different ones.
  programs_ = std::make_unique<DistributedPrograms>();
  return communicator_.agree(mine);
}

}  // namespace fuseval::engine
