#include "engine/world/world.hpp"

#include <algorithm>

#include "runtime/distributed/cpu_share.hpp"

namespace fuseval::engine {

World::World(std::shared_ptr<runtime::distributed::Transport> transport,
             const runtime::distributed::CommunicatorSettings& settings)
    : communicator_(std::move(transport), settings),
      attachments_(std::make_unique<Attachments>()),
      threads_(std::max(1, runtime::usable_cpus() / communicator_.place().local_size)) {}

void World::share_cpus() { threads_ = runtime::distributed::share_of_cpus(communicator_, runtime::allowed_cpus()); }

std::optional<runtime::distributed::RankError> World::agree(const std::optional<Error>& mine) {
  communicator_.enter("agreement");
  try {
    if (!communicator_.is_interrupted()) return communicator_.agree(mine);
  } catch (const Error&) {
    if (!communicator_.is_interrupted()) throw;
  }
  communicator_.recover();
  attachments_ = std::make_unique<Attachments>();
  return communicator_.agree(mine);
}

}  // namespace fuseval::engine
