// Counted ranks, as users of the C++ headers see them.
#pragma once

#include <utility>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/unit/engine/counted_ranks.hpp"

/// f(world, sent) on ranks that are threads, each with what it has sent.
template <class F>
void on_counted_ranks(std::vector<Sent>& sent, F&& f, const CountedTransport& options = {}) {
  const auto run = [&](fv_world* world, Sent& mine) {
    f(fuseval::World(fuseval::detail::Handle<fv_world, fv_world_release>(world)), mine);
  };
  run_counted_ranks(sent, run, options);
}
