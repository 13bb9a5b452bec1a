#include "tools/progress.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{1};
constexpr int bar_columns = 40;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void write_line(const std::string& text) {
  std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
  std::fflush(stderr);
}

std::string bar(double fraction) {
  const auto full = static_cast<size_t>(fraction * bar_columns);
  return "[" + std::string(full, '=') + std::string(bar_columns - full, ' ') + "]";
}

// The thread that waits must not be the one that a signal interrupts.
sigset_t all_signals() {
  sigset_t signals;
  sigfillset(&signals);
  return signals;
}

}  // namespace

ProgressBar::ProgressBar() : is_wanted_(is_capable_terminal(STDERR_FILENO)) {}
ProgressBar::~ProgressBar() {
  if (!shown_.empty()) write_line("");
}

std::function<bool(double)> ProgressBar::callback() {
  if (!is_wanted_) return {};
  return [this](double fraction) {
    if (Clock::now() - start_ >= patience) show(fraction);
    return true;
  };
}

void ProgressBar::show(double fraction) {
  char numbers[64];
  const double left = fraction > 0 ? seconds_since(start_) * (1 - fraction) / fraction : 0;
  std::snprintf(numbers, sizeof numbers, " %3.0f %%, %.0f s left", fraction * 100, left);
  const std::string text = bar(fraction) + numbers;
  if (text != shown_) write_line(shown_ = text);
}

BusyNotice::BusyNotice(std::string what) : what_(std::move(what)) {
  if (!is_capable_terminal(STDERR_FILENO)) return;
  const sigset_t all = all_signals();
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, &all, &before);
  ticker_ = std::thread([this] { tick(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BusyNotice::~BusyNotice() {
  if (!ticker_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_done_ = true;
  }
  changed_.notify_one();
  ticker_.join();
}

void BusyNotice::tick() {
  std::unique_lock lock(mutex_);
  const auto start = Clock::now();
  if (changed_.wait_for(lock, patience, [this] { return is_done_; })) return;
  do write_line(what_ + ", " + std::to_string(static_cast<int>(seconds_since(start))) + " s");
  while (!changed_.wait_for(lock, patience, [this] { return is_done_; }));
  write_line("");
}

}  // namespace fuseval::tools
