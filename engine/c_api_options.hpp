// The C ABI's options structs, read and checked.
#pragma once

#include <optional>

#include "engine/c_api_handles.hpp"
#include "engine/run.hpp"
#include "engine/run_control.hpp"
#include "engine/runtime.hpp"

namespace fuseval::engine {

/// Throws Error(invalid_handle) for struct_size, Error(argument) for values.
SessionOptions session_options(const fv_session_options* given);

/// What one call asks for.
class CallOptions {
 public:
  /// Throws Error; `given` may be nullptr.
  explicit CallOptions(const fv_run_options* given);
  CallOptions(const CallOptions&) = delete;
  CallOptions& operator=(const CallOptions&) = delete;

  const RunOptions& run() const { return run_; }
  /// Throws Error(invalid_handle) for a view that leaves its extent.
  void check_extents(const fv_view* inputs, int32_t input_count, const fv_view* outputs, int32_t output_count) const;

 private:
  fv_run_options given_;
  std::optional<Use<const fv_cancel>> cancel_;
  std::optional<RunControl> control_;
  RunOptions run_;
};

}  // namespace fuseval::engine
