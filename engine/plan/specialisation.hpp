// A specialisation: a text made ready for the shapes, strides and output layouts of one kind of call. Immutable.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/attachments.hpp"
#include "engine/cpu/chain.hpp"
#include "engine/cpu/executor.hpp"
#include "engine/plan/compile_context.hpp"
#include "engine/plan/expected_view.hpp"
#include "engine/plan/pipeline.hpp"
#include "fuseval/fuseval.h"

namespace fuseval::engine {

/// The call's value of a weak scalar, as 64 bits.
uint64_t weak_bits(const fv_view& view);

/// Gives it by slot.
struct WeakBits {
  const fv_view* inputs;
  uint64_t operator()(uint32_t slot) const { return weak_bits(inputs[slot]); }
};

class Specialisation {
 public:
  /// Binds, simplifies, fuses, lowers and compiles. Throws Error; spans are those of the text.
  Specialisation(const frontend::Ast& ast, CallSignature signature, const CompileContext& context);

  /// Whether it serves this call. True only for well-formed views: nothing else need be checked then.
  bool serves(const fv_view* inputs, const fv_view* outputs, int32_t output_count, const ResultRule& rule) const;

  using Result = PlannedResult;
  /// Of a plan for ranks: behind what the text gives, the bool of each of value_checks().
  const std::vector<Result>& results() const { return results_; }
  /// How many the text gives.
  size_t result_count() const { return results_.size() - (signature_.rule.for_ranks ? value_checks_.size() : 0); }
  bool returns_tuple() const { return returns_tuple_; }
  const Plan& plan() const { return plan_; }
  /// For this processor; none for a device.
  std::span<const PreparedKernel> kernels() const { return kernels_; }
  /// Those that run tile by tile, in order.
  std::span<const PreparedChain> chains() const { return chains_; }
  /// Must be run first, if there is one: its results are bools, and each that is true is the error of its position in
  /// value_checks (a negative exponent of an integer power). None of a plan for ranks, which has them as results.
  const Specialisation* check() const { return check_.get(); }
  const std::vector<frontend::ValueCheck>& value_checks() const { return value_checks_; }
  const CallSignature& signature() const { return signature_; }

  const std::vector<ExpectedView>& expected_inputs() const { return expected_inputs_; }
  const std::vector<ExpectedView>& expected_outputs() const { return expected_outputs_; }
  /// How many numbers a call computes from weak scalars for the kernels: the last ones of signature().inputs.
  size_t number_count() const { return scalars_.elements().size(); }
  bool is_number(uint32_t slot) const { return slot + number_count() >= signature_.inputs.size(); }
  /// Whether a call has to look at the values of weak scalars.
  bool depends_on_values() const { return depends_on_values_; }
  /// Whether it is for these values; then `numbers` has the bits of each number that a call computes.
  bool serves_values(const fv_view* inputs, uint64_t* numbers) const {
    return !depends_on_values_ || (skipped_inputs_fit(inputs) && scalars_.run(WeakBits{inputs}, numbers));
  }
  /// The same, for callers that do not need the numbers.
  bool serves_values(const fv_view* inputs) const;
  /// The values and outcomes that it is for, to compare with another rank's.
  std::string describe_values() const { return scalars_.requirements(); }

  /// Of the caller's inputs.
  const std::vector<uint32_t>& used_slots() const { return used_slots_; }
  /// The same, and those of the numbers that a call computes.
  const std::vector<uint32_t>& read_slots() const { return read_slots_; }
  /// Bytes relative to the data pointer, for overlap tests.
  const ByteExtent& input_extent(uint32_t slot) const { return input_extents_[slot]; }
  const ByteExtent& output_extent(size_t k) const { return output_extents_[k]; }
  /// Whether result k may be written over the array of `slot` when both have the same address (in_place.hpp).
  bool is_harmless_over(size_t k, uint32_t slot) const { return in_place_[k * signature_.inputs.size() + slot]; }
  size_t temporary_bytes() const { return temporary_bytes_; }
  /// Elements that a call evaluates, check() included; over all ranks together.
  int64_t work() const { return work_; }

  std::span<const BufferSource> buffer_sources() const { return buffer_sources_; }
  /// Whether every result must be given by the caller for nothing to be allocated (there is no check to run first).
  bool has_check() const { return check_ != nullptr; }
  /// What devices have made ready for it.
  Attachments& attachments() const { return attachments_; }

 private:
  Specialisation(Function function, const Specialisation& parent, const CompileContext& context);
  void build(Lowering& lowering, const CompileContext& context);
  void measure_work(const CompileContext& context);
  void compile(const std::vector<bool>& streaming_stores, const CompileContext& context);
  void require_room(size_t limit) const;
  void note_extents();
  void note_in_place();
  void note_expectations();
  bool skipped_inputs_fit(const fv_view* inputs) const;

  CallSignature signature_;
  std::vector<uint32_t> used_slots_, read_slots_;
  std::vector<uint32_t> skipped_slots_;
  frontend::ScalarProgram scalars_;
  bool depends_on_values_ = false;
  std::vector<Result> results_;
  bool returns_tuple_ = false;
  Plan plan_;
  std::vector<PreparedKernel> kernels_;
  std::vector<PreparedChain> chains_;
  std::vector<frontend::ValueCheck> value_checks_;
  std::unique_ptr<Specialisation> check_;
  std::vector<ByteExtent> input_extents_, output_extents_;
  std::vector<bool> in_place_;
  size_t temporary_bytes_ = 0;
  int64_t work_ = 0;
  // Flat copies of what the warm path compares and looks up, so that it touches few cache lines.
  std::vector<ExpectedView> expected_inputs_, expected_outputs_;
  std::vector<BufferSource> buffer_sources_;
  mutable Attachments attachments_;
};

inline bool overlap(const void* a, const ByteExtent& a_extent, const void* b, const ByteExtent& b_extent) {
  const auto a_data = reinterpret_cast<intptr_t>(a), b_data = reinterpret_cast<intptr_t>(b);
  return a_data + a_extent.begin < b_data + b_extent.end && b_data + b_extent.begin < a_data + a_extent.end;
}

}  // namespace fuseval::engine
