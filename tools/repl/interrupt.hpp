// Ctrl-C: it stops the evaluation that is running, and never the REPL.
#pragma once

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {

/// While it lives, SIGINT sets the token instead of ending the process. One at a time.
class InterruptHandler {
 public:
  explicit InterruptHandler(const CancelToken& token);
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;
};

/// While it lives, the signals that a prompt must notice (SIGINT, SIGWINCH, SIGCONT) arrive only inside wait_for_input,
/// so that none is lost between a look at a flag and the wait.
class PromptSignals {
 public:
  PromptSignals();
  ~PromptSignals();
  PromptSignals(const PromptSignals&) = delete;
  PromptSignals& operator=(const PromptSignals&) = delete;

  enum class Event { input, interrupt, window, resumed };
  /// Until the file has something to read or a signal comes. window: the terminal's size changed; resumed: the process
  /// was stopped and goes on.
  Event wait_for_input(int file) const;
};

}  // namespace fuseval::tools
