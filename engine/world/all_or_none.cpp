#include "engine/world/all_or_none.hpp"

#include <fmt/format.h>

namespace fuseval::engine {
Error error_of_rank(const World& world, int rank, const Error& error) {
  if (world.size() == 1) return error;
  return Error(error.code(), fmt::format("rank {}: {}", rank, error.message()), error.span());
}

void throw_first(World& world, const std::optional<Error>& mine) {
  const auto first = world.communicator().agree(mine);
  if (first) throw first->on_all ? first->error : error_of_rank(world, first->rank, first->error);
}

}  // namespace fuseval::engine
