// Stopping and watching one call: what its threads look at between blocks of work.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "engine/base/deadline.hpp"

namespace fuseval::engine {

/// Set from any thread or signal handler; read by calls that were given it.
struct CancelToken {
  std::atomic<bool> is_set{false};
};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait for a lock");

/// Told how far a call is, in [0, 1] and never less than before; anything but 0 stops it.
struct ProgressHook {
  int (*report)(void* user, double fraction) = nullptr;
  void* user = nullptr;
};

/// Belongs to one call. A call that nothing stops and nobody watches has none, and pays a branch a block for it.
class RunControl {
 public:
  RunControl(const CancelToken* token, const ProgressHook& progress, const Deadline& deadline = {})
      : token_(token), progress_(progress), deadline_(deadline) {}

  /// Whether some of the call's results go into the caller's memory, which messages then speak of. Before it begins.
  void set_into_outputs(bool into_outputs) { into_outputs_ = into_outputs; }
  /// About how long the call's kernels take on one thread, before they start; afterwards outputs may be written to.
  void begin(double nanoseconds);

  /// By any thread, between blocks of about block_nanoseconds. Once false, it stays false: work has been left out.
  bool goes_on() const {
    if (stopped_.load(std::memory_order_relaxed) || deadline_.has_passed()) return false;
    if (token_ == nullptr || !token_->is_set.load(std::memory_order_relaxed)) return true;
    stopped_.store(true, std::memory_order_relaxed);
    return false;
  }
  /// By any thread, after a block of about so long. Reports progress on the thread that made this object.
  void did(double nanoseconds) noexcept;
  /// What that thread does between blocks as well: messages move when somebody looks. Must not throw; empty: nothing.
  void between_blocks(std::function<void()> poke) { poke_ = std::move(poke); }

  /// Throws Error(cancelled), Error(hook) or Error(limit) if the call is to stop.
  void check() const;

  /// Estimates of a kernel's time can be an order of magnitude low (strides of a page, pages that are first touched):
  /// blocks are this short so that cancellation is obeyed within milliseconds all the same.
  static constexpr double block_nanoseconds = 200'000;
  /// What a block may take by the estimate for the dearest elements that there can be.
  static constexpr double longest_nanoseconds = 2'000'000;

 private:
  static constexpr auto report_interval = std::chrono::milliseconds(20);
  void report(double fraction) noexcept;

  const CancelToken* token_;
  const ProgressHook progress_;
  const Deadline deadline_;
  std::function<void()> poke_;
  const std::thread::id caller_ = std::this_thread::get_id();
  std::chrono::steady_clock::time_point last_report_ = std::chrono::steady_clock::now();
  double expected_ = 0;
  double reported_ = 0;
  bool began_ = false;
  bool into_outputs_ = false;
  std::atomic<double> done_{0};
  mutable std::atomic<bool> stopped_{false};  ///< by the token or the progress hook
  std::string failure_;                       ///< of the progress hook: that it threw, and what
};

}  // namespace fuseval::engine
