// What is shown of work that takes longer than a second: on a terminal, on standard error, and gone when it is done.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace fuseval::tools {

/// A bar with a percentage, for work that says how far it is.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// For RunOptions::progress; empty where nothing would be shown. Must not be called after the bar's end.
  std::function<bool(double fraction)> callback();

 private:
  void show(double fraction);

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool is_wanted_;
  std::string shown_;
};

/// "reading x.npy, 3 s", for work that does not say how far it is.
class BusyNotice {
 public:
  explicit BusyNotice(std::string what);
  ~BusyNotice();
  BusyNotice(const BusyNotice&) = delete;
  BusyNotice& operator=(const BusyNotice&) = delete;

 private:
  void tick();

  std::string what_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_done_ = false;
  std::thread ticker_;
};

}  // namespace fuseval::tools
