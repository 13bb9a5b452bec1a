// LLVM has locks and tables of its own, which a forked child must find at rest: the engine calls it in a section.
#pragma once

#include "runtime/fork_gate.hpp"

namespace fuseval::engine {

template <class F>
auto with_llvm(F&& call) {
  const runtime::ForkSection section;
  return call();
}

}  // namespace fuseval::engine
