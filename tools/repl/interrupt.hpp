// Ctrl-C, which ends the evaluation that is running and never the REPL, and Ctrl-Z, which stops the process until fg.
#pragma once

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// While it lives, SIGINT sets the token instead of ending the process, and a process that SIGTSTP stops leaves the
/// terminal with the modes that it has now. One at a time.
class InterruptHandler {
 public:
  explicit InterruptHandler(const CancelToken& token);
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;
};

/// While it lives, the signals that a prompt must notice (SIGINT, SIGTSTP, SIGWINCH, SIGCONT) arrive only inside
/// wait_for_input, so that none is lost between a look at a flag and the wait.
class PromptSignals {
 public:
  PromptSignals();
  ~PromptSignals();
  PromptSignals(const PromptSignals&) = delete;
  PromptSignals& operator=(const PromptSignals&) = delete;

  enum class Event { input, interrupt, stop, window, resumed };
  /// Until the file has something to read or a signal comes. stop: the user wants the process to stop; window: the
  /// terminal's size changed; resumed: the process was stopped all the same, and goes on.
  Event wait_for_input(int file) const;
  /// Stops the process with the terminal's modes as InterruptHandler found them. Returns when it goes on.
  void stop() const;
};

}  // namespace fuseval::tools
