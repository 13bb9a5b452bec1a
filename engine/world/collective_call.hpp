// What ranks are about to do together, compared before they do it: ranks that called different things would wait for
// each other's messages.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/world/all_or_none.hpp"
#include "engine/world/layout.hpp"

namespace fuseval::engine {

/// A call with its arguments: the words for messages, and those values that have to be the same on every rank and are
/// not in the words.
struct CollectiveCall {
  std::string words;
  std::string values;
};

/// "axis 0", "axis 0 by offsets", "replicated": a layout in the words of a call.
std::string words_of(const Layout& asked);
/// Numbers among the values of a call.
std::string values_of(const std::vector<int64_t>& numbers);

/// Collective: rank 0's text.
std::string text_of_first(World& world, std::string text);

/// Collective: how this call differs from rank 0's, if it does. A call without words differs from none: its rank has
/// failed before.
std::optional<Error> difference_from_first(World& world, const CollectiveCall& mine);

/// Collective: the begin of a collective call. `prepare` checks this rank's arguments, without messages, and says what
/// it calls. Throws on all ranks if it throws on one, or if one calls something else than rank 0: Error(argument).
template <class Prepare>
void begin_together(World& world, Prepare&& prepare) {
  CollectiveCall call;
  const std::optional<Error> failure = failure_of([&] { call = prepare(); });
  const std::optional<Error> difference = difference_from_first(world, failure ? CollectiveCall{} : std::move(call));
  throw_first(world, failure ? failure : difference);
}

}  // namespace fuseval::engine
