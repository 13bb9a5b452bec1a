// Arrays of the host whose elements are not aligned. A GPU reads aligned elements only, so packed records and the like
// are taken along by way of copies.
#pragma once

#include <memory>
#include <vector>

#include "engine/plan/program.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {

/// Throws Error(argument): `what` is on a device and not aligned to its elements' size.
[[noreturn]] void refuse_unaligned(const fv_view& view, const std::string& what);

/// A call's views, with aligned arrays in C order in place of those that no device can use as they lie.
class AlignedCall {
 public:
  /// Errors: argument (an unaligned array on a device), limit, memory.
  AlignedCall(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count);

  const fv_view* inputs() const { return inputs_.empty() ? given_inputs_ : inputs_.data(); }
  const fv_view* outputs() const { return outputs_.empty() ? given_outputs_ : outputs_.data(); }
  /// Copies what was written in place of the caller's outputs to them.
  void copy_back() const;
  /// Whether output k of the call is a stand-in.
  bool is_replaced(size_t k) const { return !outputs_.empty() && outputs_[k].data != given_outputs_[k].data; }
  const fv_view& given_output(size_t k) const { return given_outputs_[k]; }

 private:
  fv_view replaced(const fv_view& view);

  const fv_view* given_inputs_;
  const fv_view* given_outputs_;
  const size_t limit_;
  size_t taken_ = 0;                       ///< of it, by stand-ins
  std::vector<fv_view> inputs_, outputs_;  ///< empty: as given
  std::vector<runtime::Buffer> copies_;
};

/// Whether some array on the host cannot be used by a device as it lies.
bool needs_stand_ins(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count);

}  // namespace fuseval::engine
