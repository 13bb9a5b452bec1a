#include "tools/repl/interrupt.hpp"

#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace fuseval::tools {
namespace {

// A signal handler is given nothing but the signal's number, so what it works on must be found from here.
std::atomic<const CancelToken*> token_to_set{nullptr};
std::atomic<bool> has_new_size{false};
std::atomic<bool> was_resumed{false};
std::atomic<bool> is_at_prompt{false};
std::atomic<bool> wants_stop{false};
termios users_modes;  // written before the handler that reads it is there

constexpr int noticed_signals[] = {SIGINT, SIGTSTP, SIGWINCH, SIGCONT};

void on_interrupt(int) {
  if (const CancelToken* token = token_to_set.load(std::memory_order_relaxed)) token->set();
}
void on_new_size(int) { has_new_size.store(true, std::memory_order_relaxed); }
void on_resume(int) { was_resumed.store(true, std::memory_order_relaxed); }

bool is_in_foreground() { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

/// Calls what a signal handler may call, and nothing else.
void stop_here() {
  termios modes;
  const bool has_terminal = tcgetattr(STDIN_FILENO, &modes) == 0;
  if (has_terminal && is_in_foreground()) tcsetattr(STDIN_FILENO, TCSADRAIN, &users_modes);
  struct sigaction before {};
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &action, &before);
  sigset_t stop, mask;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, &mask);  // the process stops here
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  sigaction(SIGTSTP, &before, nullptr);
  if (has_terminal && is_in_foreground()) tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

void on_stop(int) {
  if (is_at_prompt.load(std::memory_order_relaxed)) return wants_stop.store(true, std::memory_order_relaxed);
  const int error = errno;
  stop_here();
  errno = error;
}

// SA_RESTART: reading and writing files goes on; ppoll is never restarted.
void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

sigset_t prompt_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : noticed_signals) sigaddset(&signals, signal);
  return signals;
}

/// The mask of a wait at the prompt.
sigset_t open_signals() {
  sigset_t open;
  pthread_sigmask(SIG_BLOCK, nullptr, &open);
  for (const int signal : noticed_signals) sigdelset(&open, signal);
  return open;
}

/// Runs the handlers of signals that have come meanwhile.
void take_signals(const sigset_t& open) {
  constexpr timespec no_time{0, 0};
  ppoll(nullptr, 0, &no_time, &open);
}

}  // namespace

InterruptHandler::InterruptHandler(const CancelToken& token) {
  token_to_set.store(&token);
  handle(SIGINT, on_interrupt);
  handle(SIGWINCH, on_new_size);
  handle(SIGCONT, on_resume);
  struct sigaction before {};
  sigaction(SIGTSTP, nullptr, &before);
  if (tcgetattr(STDIN_FILENO, &users_modes) == 0 && before.sa_handler != SIG_IGN) handle(SIGTSTP, on_stop);
}
InterruptHandler::~InterruptHandler() {
  for (const int signal : noticed_signals) handle(signal, SIG_DFL);
  token_to_set.store(nullptr);
}

PromptSignals::PromptSignals() {
  const sigset_t signals = prompt_signals();
  is_at_prompt.store(true);
  was_resumed.store(false);  // before the prompt was there
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}
PromptSignals::~PromptSignals() {
  const sigset_t signals = prompt_signals();
  is_at_prompt.store(false);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

PromptSignals::Event PromptSignals::wait_for_input(int file) const {
  const sigset_t open = open_signals();
  while (true) {
    // A file that is ready hides signals that wait: they come first, or a key held down would hide Ctrl-C.
    take_signals(open);
    const CancelToken* token = token_to_set.load(std::memory_order_relaxed);
    if (token != nullptr && token->is_set()) return Event::interrupt;
    if (wants_stop.exchange(false)) return Event::stop;
    if (has_new_size.exchange(false)) return Event::window;
    if (was_resumed.exchange(false)) return Event::resumed;
    pollfd wanted{file, POLLIN, 0};
    if (ppoll(&wanted, 1, nullptr, &open) > 0 || errno != EINTR) return Event::input;
  }
}

void PromptSignals::stop() const {
  stop_here();
  take_signals(open_signals());
  was_resumed.store(false);  // the caller knows
}

}  // namespace fuseval::tools
