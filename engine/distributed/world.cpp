#include "engine/distributed/world.hpp"

#include "engine/distributed/distributed_program.hpp"

namespace fuseval::engine {

World::World(std::shared_ptr<runtime::distributed::Transport> transport,
             const runtime::distributed::CommunicatorSettings& settings)
    : communicator_(std::move(transport), settings), programs_(std::make_unique<DistributedPrograms>()) {}

World::~World() = default;

}  // namespace fuseval::engine
