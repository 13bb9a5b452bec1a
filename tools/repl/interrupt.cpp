#include "tools/repl/interrupt.hpp"

#include <poll.h>
#include <signal.h>

#include <atomic>
#include <cerrno>

namespace fuseval::tools {
namespace {

// A signal handler is given nothing but the signal's number, so what it works on must be found from here.
std::atomic<const CancelToken*> token_to_set{nullptr};
std::atomic<bool> has_new_size{false};
std::atomic<bool> was_resumed{false};

void on_interrupt(int) {
  if (const CancelToken* token = token_to_set.load(std::memory_order_relaxed)) token->set();
}
void on_new_size(int) { has_new_size.store(true, std::memory_order_relaxed); }
void on_resume(int) { was_resumed.store(true, std::memory_order_relaxed); }

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
  for (const int signal : {SIGINT, SIGWINCH, SIGCONT}) sigaddset(&signals, signal);
  return signals;
}

}  // namespace

InterruptHandler::InterruptHandler(const CancelToken& token) {
  token_to_set.store(&token);
  handle(SIGINT, on_interrupt);
  handle(SIGWINCH, on_new_size);
  handle(SIGCONT, on_resume);
}
InterruptHandler::~InterruptHandler() {
  for (const int signal : {SIGINT, SIGWINCH, SIGCONT}) handle(signal, SIG_DFL);
  token_to_set.store(nullptr);
}

PromptSignals::PromptSignals() {
  const sigset_t signals = prompt_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}
PromptSignals::~PromptSignals() {
  const sigset_t signals = prompt_signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

PromptSignals::Event PromptSignals::wait_for_input(int file) const {
  sigset_t open;
  pthread_sigmask(SIG_BLOCK, nullptr, &open);
  for (const int signal : {SIGINT, SIGWINCH, SIGCONT}) sigdelset(&open, signal);
  while (true) {
    // A file that is ready hides signals that wait: they come first, or a key held down would hide Ctrl-C.
    constexpr timespec no_time{0, 0};
    ppoll(nullptr, 0, &no_time, &open);
    const CancelToken* token = token_to_set.load(std::memory_order_relaxed);
    if (token != nullptr && token->is_set()) return Event::interrupt;
    if (has_new_size.exchange(false)) return Event::window;
    if (was_resumed.exchange(false)) return Event::resumed;
    pollfd wanted{file, POLLIN, 0};
    if (ppoll(&wanted, 1, nullptr, &open) > 0 || errno != EINTR) return Event::input;
  }
}

}  // namespace fuseval::tools
