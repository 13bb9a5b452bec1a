// One run of the compiler for what several host threads ask for at the same time: a hundred kernels take ten times as
// long as one, not a hundred times.
#pragma once

#include <span>
#include <vector>

#include "runtime/cudasim/module.hpp"
#include "runtime/mutex.hpp"

namespace fuseval::runtime::cudasim {

/// Thread-safe. Nobody waits for others to come: who finds the compiler idle starts it, and what is asked for meanwhile
/// is compiled together by the next run.
class JointCompiler {
 public:
  /// [source][kernel]. Throws what Module::compile throws; a text that the compiler refuses is its own caller's error.
  std::vector<std::vector<Function>> compile(std::span<const Source> sources);

 private:
  struct Request;

  void forget_parents();

  Mutex mutex_;
  Condition changed_;
  std::vector<Request*> waiting_;
  bool running_ = false;
  uint32_t generation_ = fork_generation();
};

}  // namespace fuseval::runtime::cudasim
