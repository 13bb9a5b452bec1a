#include "engine/plan/specialisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/base/call_memory.hpp"
#include "engine/base/views.hpp"
#include "engine/plan/in_place.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"
#include "ir/work.hpp"

namespace fuseval::engine {

uint64_t weak_bits(const fv_view& view) {
  uint64_t bits = 0;
  std::memcpy(&bits, view.data, static_cast<size_t>(size_of(dtype_of(view))));
  return bits;
}

Specialisation::Specialisation(const frontend::Ast& ast, CallSignature signature, const CompileContext& context) {
  Lowering lowering;
  lowering.ast = &ast;
  lowering.text_limits = context.text_limits;
  lowering.signature = std::move(signature);
  passes().front().run(lowering);  // bind
  signature_ = lowering.signature;
  used_slots_ = std::move(lowering.bound.used_slots);
  skipped_slots_ = std::move(lowering.bound.skipped_slots);
  std::erase_if(skipped_slots_, [&](uint32_t slot) { return signature_.inputs[slot].literal.has_value(); });
  scalars_ = std::move(lowering.bound.scalars);
  depends_on_values_ = !skipped_slots_.empty() || !scalars_.is_empty();
  read_slots_ = used_slots_;
  for (size_t k = signature_.inputs.size() - number_count(); k < signature_.inputs.size(); ++k)
    read_slots_.push_back(static_cast<uint32_t>(k));
  value_checks_ = lowering.bound.value_checks;
  if (!value_checks_.empty() && !signature_.rule.for_ranks) {
    Function check{lowering.function.graph, {}, true};
    for (const frontend::ValueCheck& value_check : value_checks_) check.outputs.push_back(value_check.node);
    check_.reset(new Specialisation(std::move(check), *this, context));
  }
  build(lowering, context);
}

Specialisation::Specialisation(Function function, const Specialisation& parent, const CompileContext& context)
    : signature_{parent.signature_.inputs, parent.signature_.layouts, {}, {}},
      used_slots_(parent.used_slots_),
      read_slots_(parent.read_slots_) {
  signature_.rule.for_device = parent.signature_.rule.for_device;
  Lowering lowering;
  lowering.signature = signature_;
  lowering.function = std::move(function);
  build(lowering, context);
}

void Specialisation::build(Lowering& lowering, const CompileContext& context) {
  returns_tuple_ = lowering.function.returns_tuple;
  lowering.chain_limits = context.chains;
  run_passes_after_bind(lowering);
  results_ = std::move(lowering.results);
  plan_ = std::move(lowering.plan);
  buffer_sources_ = std::move(lowering.buffers);
  temporary_bytes_ = lowering.temporary_bytes;
  measure_work(context);
  if (signature_.rule.for_ranks) return;
  if (!signature_.rule.for_device) {
    require_room(context.memory_limit);
    compile(lowering.streaming_stores, context);
  }
  note_extents();
  note_in_place();
  note_expectations();
}

// What every call of this kind needs: one that could not run is not compiled.
void Specialisation::require_room(size_t limit) const {
  size_t all = temporary_bytes_;
  for (const Result& result : results_) {
    const int64_t bytes = checked_multiply(element_count(result.shape), size_of(result.dtype));
    if (!result.given) all = capped_add(all, static_cast<size_t>(bytes));
  }
  require_memory(all, limit);
}

// Before anything is compiled, let alone run.
void Specialisation::measure_work(const CompileContext& context) {
  work_ = capped_add(elements_evaluated(plan_), check_ == nullptr ? 0 : check_->work());
  require_work(work_, context.work_limit);
}

void Specialisation::compile(const std::vector<bool>& streaming_stores, const CompileContext& context) {
  for (size_t k = 0; k < plan_.kernels.size(); ++k) {
    codegen::TargetOptions options = context.target;
    options.streaming_stores = streaming_stores[k];
    kernels_.push_back(prepare(plan_.kernels[k], context.kernels.get(plan_.kernels[k], options, context.control)));
  }
  for (size_t k = 0; k < plan_.chains.size(); ++k)
    if (plan_.chains[k].is_tiled()) chains_.push_back(prepare(plan_, k, kernels_));
}

void Specialisation::note_extents() {
  for (size_t slot = 0; slot < signature_.inputs.size(); ++slot) {
    const ArrayLayout& layout = signature_.layouts[slot];
    const frontend::InputInfo& input = signature_.inputs[slot];
    const ByteExtent extent = byte_extent(layout, size_of(input.dtype), fmt::format("input '{}'", input.name));
    input_extents_.push_back({extent.begin, extent.end});
  }
  for (size_t k = 0; k < results_.size(); ++k) {
    const Result& result = results_[k];
    const ByteExtent extent =
        byte_extent({result.shape, result.strides}, size_of(result.dtype), fmt::format("output {}", k));
    output_extents_.push_back({extent.begin, extent.end});
  }
}

void Specialisation::note_in_place() {
  for (uint32_t k = 0; k < results_.size(); ++k)
    for (uint32_t slot = 0; slot < signature_.inputs.size(); ++slot)
      in_place_.push_back(engine::is_harmless_over(plan_, k, slot));
}

void Specialisation::note_expectations() {
  const bool anywhere = signature_.rule.for_device;
  for (const uint32_t slot : used_slots_) {
    const frontend::InputInfo& input = signature_.inputs[slot];
    const bool on_device = anywhere && !input.is_weak;
    expected_inputs_.emplace_back(slot, input.dtype, input.is_weak, signature_.layouts[slot], on_device);
  }
  for (uint32_t k = 0; k < signature_.outputs.size(); ++k) {
    const OutputRequest& request = signature_.outputs[k];
    const int32_t dtype = request.dtype ? static_cast<int32_t>(*request.dtype) : -1;
    if (request.given)
      expected_outputs_.emplace_back(k, *request.dtype, false, request.layout, anywhere);
    else
      expected_outputs_.emplace_back(k, dtype);
  }
}

bool Specialisation::serves(const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                            const ResultRule& rule) const {
  if (expected_outputs_.size() != static_cast<size_t>(output_count)) return false;
  for (const ExpectedView& expected : expected_inputs_)
    if (!expected.accepts_input(inputs[expected.slot()])) return false;
  for (const ExpectedView& expected : expected_outputs_)
    if (!expected.accepts_output(outputs[expected.slot()])) return false;
  return rule == signature_.rule && serves_values(inputs);
}

bool Specialisation::serves_values(const fv_view* inputs) const {
  constexpr size_t few = 64;
  if (number_count() > few) return serves_values(inputs, std::vector<uint64_t>(number_count()).data());
  uint64_t numbers[few];
  return serves_values(inputs, numbers);
}

// An input that is skipped is not read, but it must be one that the program takes.
bool Specialisation::skipped_inputs_fit(const fv_view* inputs) const {
  return std::all_of(skipped_slots_.begin(), skipped_slots_.end(), [&](uint32_t slot) {
    const frontend::InputInfo& input = signature_.inputs[slot];
    const fv_view& view = inputs[slot];
    return view.dtype == static_cast<int32_t>(input.dtype) && view.rank == static_cast<int32_t>(input.shape.size()) &&
           ((view.flags & FV_VIEW_WEAK) != 0) == input.is_weak && has_elements(view);
  });
}

}  // namespace fuseval::engine
