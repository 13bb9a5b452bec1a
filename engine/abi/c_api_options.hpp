// The C ABI's options structs, read and checked.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/abi/c_api_handles.hpp"
#include "engine/base/run_control.hpp"
#include "engine/call/run.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/ranks/distributed_run.hpp"
#include "engine/world/rank_call.hpp"

namespace fuseval::engine {

/// A struct that may grow. Fields that a caller compiled against an older header does not have keep their defaults.
/// Throws Error(invalid_handle) for struct_size.
template <class Options>
Options read_options(const Options* given, const char* name) {
  Options options{};
  if (given == nullptr) return options;
  if (given->struct_size < sizeof(size_t) || given->struct_size > 4096)
    throw Error(ErrorCode::invalid_handle,
                fmt::format("{}.struct_size is {}; set it to sizeof({})", name, given->struct_size, name));
  std::memcpy(&options, given, std::min(given->struct_size, sizeof options));
  return options;
}

/// Throws Error(invalid_handle) for struct_size, Error(argument) for values.
SessionOptions session_options(const fv_session_options* given);

/// A layout as a caller asks for it: without offsets it is even. Whether it fits an array shows later. Throws
/// Error(argument).
Layout layout_asked(int32_t axis, const int64_t* offsets, int ranks);

/// The ranks that make a call together, and how its arrays are distributed over them. Its handles are in use as long as
/// it is there.
class CallRanks {
 public:
  /// Throws Error(invalid_handle), Error(argument).
  CallRanks(const fv_run_options& given, int32_t input_count, int32_t output_count);

  /// No world: every distribution is NULL.
  const DistributedCall& call() const { return call_; }
  /// Input k is the program's input slots[k].
  void order_inputs(std::span<const size_t> slots);

 private:
  void take(const fv_distribution* const* given, int32_t count, std::vector<const Distribution*>& taken);

  std::optional<Use<const fv_world>> world_;
  std::deque<Use<const fv_distribution>> distributions_;
  std::vector<const Distribution*> inputs_, outputs_;
  DistributedCall call_;
};

/// What one call asks for.
class CallOptions {
 public:
  /// Who makes the call; nothing else is looked at. Throws Error; `given` may be nullptr.
  CallOptions(const fv_run_options* given, int32_t input_count, int32_t output_count);
  CallOptions(const CallOptions&) = delete;
  CallOptions& operator=(const CallOptions&) = delete;

  /// The call of a text: f, by all ranks where there are any.
  template <class F>
  void make(std::string_view text, F&& f) const {
    if (ranks_ && ranks_->call().world) return call_together(*ranks_->call().world, text, f);
    f();
  }

  /// Reads the caller's options, under the session's limits. Throws Error.
  void read(const CallLimits& limits);
  const RunOptions& run() const { return run_; }
  /// Throws Error(invalid_handle) for a view that leaves its extent.
  void check_extents(const fv_view* inputs, int32_t input_count, const fv_view* outputs, int32_t output_count) const;
  /// The caller gave the inputs in another order: input k is the program's input slots[k].
  void order_inputs(std::span<const size_t> slots) {
    if (ranks_) ranks_->order_inputs(slots);
  }

 private:
  fv_run_options given_;
  std::optional<Use<const fv_cancel>> cancel_;
  std::optional<RunControl> control_;
  std::unique_ptr<CallRanks> ranks_;  ///< few calls have any
  RunOptions run_;
};

}  // namespace fuseval::engine
