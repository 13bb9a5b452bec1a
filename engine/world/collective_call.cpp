#include "engine/world/collective_call.hpp"

#include <fmt/format.h>

namespace fuseval::engine {
std::string text_of_first(World& world, std::string text) {
  struct Told {
    uint64_t bytes;
    std::string text;
  };
  runtime::distributed::Communicator& ranks = world.communicator();
  const auto told = std::make_shared<Told>(Told{text.size(), std::move(text)});
  ranks.broadcast(&told->bytes, sizeof told->bytes, 0, told);
  told->text.resize(told->bytes);
  ranks.broadcast(told->text.data(), told->text.size(), 0, told);
  return told->text;
}

std::string words_of(const Layout& asked) {
  if (asked.is_replicated()) return "replicated";
  return fmt::format("axis {}{}", asked.axis, asked.offsets.empty() ? "" : " by offsets");
}

std::string values_of(const std::vector<int64_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(int64_t)};
}

std::optional<Error> difference_from_first(World& world, const CollectiveCall& mine) {
  if (world.size() == 1) return std::nullopt;
  const std::string words = text_of_first(world, mine.words), values = text_of_first(world, mine.values);
  if (words.empty() || mine.words.empty() || (words == mine.words && values == mine.values)) return std::nullopt;
  return Error(ErrorCode::argument, fmt::format("ranks ask for different things: {} here, {} on rank 0{}", mine.words,
                                                words, words == mine.words ? ", with other numbers" : ""));
}

}  // namespace fuseval::engine
