// The views that a plan's kernels read: the caller's, and behind them one for each number that the call computes.
#pragma once

#include <array>
#include <vector>

#include "engine/plan/specialisation.hpp"

namespace fuseval::engine {

/// For one call that `made` serves. Refers to the caller's views, and to itself.
class CallInputs {
 public:
  /// Throws Error(argument) where another thread has changed a weak scalar since `made` was found to serve the call.
  CallInputs(const Specialisation& made, const fv_view* inputs);
  CallInputs(const CallInputs&) = delete;
  CallInputs& operator=(const CallInputs&) = delete;

  /// [slot] of the plan's inputs.
  const fv_view* views() const { return views_; }

 private:
  static constexpr size_t few = 16;  ///< that need no allocation

  const fv_view* views_;
  std::array<fv_view, few> few_views_;
  std::array<uint64_t, few> few_numbers_;
  std::vector<fv_view> many_views_;
  std::vector<uint64_t> many_numbers_;
};

}  // namespace fuseval::engine
