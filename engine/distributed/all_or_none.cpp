#include "engine/distributed/all_or_none.hpp"

#include <fmt/format.h>

#include <array>

namespace fuseval::engine {
namespace {

std::string of_first(World& world, std::string text) {
  runtime::distributed::Communicator& ranks = world.communicator();
  uint64_t bytes = text.size();
  ranks.broadcast(&bytes, sizeof bytes, 0);
  text.resize(bytes);
  ranks.broadcast(text.data(), text.size(), 0);
  return text;
}

}  // namespace

Error error_of_rank(const World& world, int rank, const Error& error) {
  if (world.size() == 1) return error;
  return Error(error.code(), fmt::format("rank {}: {}", rank, error.message()), error.span());
}

void throw_first(World& world, const std::optional<Error>& mine) {
  if (const auto first = world.communicator().agree(mine)) throw error_of_rank(world, first->rank, first->error);
}

std::optional<Error> difference_from_first(World& world, const CollectiveCall& mine) {
  if (world.size() == 1) return std::nullopt;
  const std::string words = of_first(world, mine.words), values = of_first(world, mine.values);
  if (words.empty() || mine.words.empty() || (words == mine.words && values == mine.values)) return std::nullopt;
  return Error(ErrorCode::argument, fmt::format("ranks ask for different things: {} here, {} on rank 0{}", mine.words,
                                                words, words == mine.words ? ", with other numbers" : ""));
}

}  // namespace fuseval::engine
