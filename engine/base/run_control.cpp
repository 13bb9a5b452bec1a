#include "engine/base/run_control.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/error.hpp"
#include "runtime/host_hooks.hpp"

namespace fuseval::engine {

void RunControl::begin(double nanoseconds) {
  check();
  expected_ += nanoseconds;
  began_ = true;
}

void RunControl::did(double nanoseconds) noexcept {
  if (poke_ && std::this_thread::get_id() == caller_) poke_();
  if (progress_.report == nullptr) return;
  const double done = done_.fetch_add(nanoseconds, std::memory_order_relaxed) + nanoseconds;
  if (std::this_thread::get_id() != caller_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_report_ < report_interval) return;
  last_report_ = now;
  report(done / expected_);
}

void RunControl::report(double fraction) noexcept {
  reported_ = std::clamp(fraction, reported_, 1.0);
  try {
    if (runtime::call_hook("progress", [&] { return progress_.report(progress_.user, reported_); }) == 0) return;
  } catch (const Error& error) {
    failure_ = error.message();
  }
  stopped_.store(true, std::memory_order_relaxed);
}

void RunControl::check() const {
  if (goes_on()) return;
  const char* const outputs = into_outputs_ ? "; outputs may be partly written" : "";
  const char* const state = began_ ? outputs : " before it began";
  if (!failure_.empty()) throw Error(ErrorCode::hook, failure_ + outputs);
  if (!stopped_.load(std::memory_order_relaxed))
    throw Error(ErrorCode::limit,
                fmt::format("the evaluation took longer than its limit of {} ms{}", deadline_.milliseconds(), state));
  throw Error(ErrorCode::cancelled, fmt::format("the evaluation was cancelled{}", state));
}

}  // namespace fuseval::engine
