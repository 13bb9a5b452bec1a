// Running another program, without a shell.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace fuseval::runtime::cudasim {

struct ProcessResult {
  /// 128 + n for a process that signal n has ended. None when the host reaps all children itself (SIGCHLD ignored, or a
  /// handler that waits for any child): then only what the program has made tells whether it succeeded.
  std::optional<int> status;
  bool timed_out = false;  ///< it and what it had started were killed
  std::string output;      ///< standard output and error together, the first MiB
};

/// Runs `arguments[0]` (a path) with those arguments, an empty standard input, the default signal handlers, an empty
/// signal mask and messages in English. `inherited` is open in the program as descriptor 3, if it is not negative.
/// Leaves no zombie. Error(file) if it cannot be started.
ProcessResult run_process(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout,
                          int inherited = -1);

/// The path of an executable in the PATH, or of a name that has a slash in it; empty if there is none.
std::string find_executable(const std::string& name);

}  // namespace fuseval::runtime::cudasim
