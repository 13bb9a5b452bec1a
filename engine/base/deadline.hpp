// When something that may take only so long has to end.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace fuseval::engine {

class Deadline {
 public:
  /// Never.
  Deadline() = default;
  /// From now on. 0: never.
  explicit Deadline(int64_t milliseconds)
      : milliseconds_(milliseconds),
        end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min(milliseconds, longest))) {}

  bool exists() const { return milliseconds_ > 0; }
  /// Reads the clock only where there is an end.
  bool has_passed() const { return exists() && std::chrono::steady_clock::now() >= end_; }
  int64_t milliseconds() const { return milliseconds_; }

 private:
  static constexpr int64_t longest = int64_t{1} << 40;  ///< 34 years, which the clock can add to any time
  int64_t milliseconds_ = 0;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace fuseval::engine
