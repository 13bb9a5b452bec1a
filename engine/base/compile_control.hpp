// Stopping what is being compiled: between kernels, and while somebody waits for one.
#pragma once

#include "engine/base/deadline.hpp"
#include "engine/base/run_control.hpp"

namespace fuseval::engine {

struct CompileControl {
  const RunControl* call = nullptr;  ///< of the call that waits, if somebody may stop it
  Deadline deadline;                 ///< the session's compile_limit, from when the plan was begun

  /// Whether anything can stop it.
  bool exists() const { return call != nullptr || deadline.exists(); }
  /// Throws Error(cancelled), Error(hook), Error(limit).
  void check() const;
};

}  // namespace fuseval::engine
