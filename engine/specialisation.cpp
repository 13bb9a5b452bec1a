#include "engine/specialisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "codegen/host/fold.hpp"
#include "engine/call_memory.hpp"
#include "engine/device/device_jobs.hpp"
#include "engine/in_place.hpp"
#include "engine/streaming_stores.hpp"
#include "engine/views.hpp"
#include "ir/checked.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"
#include "ir/work.hpp"

namespace fuseval::engine {
namespace {

[[noreturn]] void refuse_cast(const std::string& result, DType from, DType to, Casting casting) {
  throw Error(ErrorCode::casting, fmt::format("cannot cast {} from {} to {} under the casting rule '{}'", result,
                                              name_of(from), name_of(to), name_of(casting)));
}

[[noreturn]] void refuse_shape(const std::string& result, const Shape& shape, const Shape& output) {
  throw Error(ErrorCode::shape, fmt::format("{} of shape {} does not broadcast to its output of shape {}", result,
                                            to_string(shape), to_string(output)));
}

}  // namespace

uint64_t weak_bits(const fv_view& view) {
  uint64_t bits = 0;
  std::memcpy(&bits, view.data, static_cast<size_t>(size_of(dtype_of(view))));
  return bits;
}

Specialisation::Specialisation(const frontend::Ast& ast, CallSignature signature, const Workshop& workshop)
    : signature_(std::move(signature)) {
  frontend::BoundFunction bound = frontend::bind(ast, signature_.inputs, workshop.text_limits);
  used_slots_ = std::move(bound.used_slots);
  skipped_slots_ = std::move(bound.skipped_slots);
  std::erase_if(skipped_slots_, [&](uint32_t slot) { return signature_.inputs[slot].literal.has_value(); });
  scalars_ = std::move(bound.scalars);
  depends_on_values_ = !skipped_slots_.empty() || !scalars_.is_empty();
  add_numbers();
  value_checks_ = std::move(bound.value_checks);
  if (!value_checks_.empty() && !signature_.rule.for_ranks) {
    Function check{bound.function.graph, {}, true};
    for (const frontend::ValueCheck& value_check : value_checks_) check.outputs.push_back(value_check.node);
    check_.reset(new Specialisation(std::move(check), *this, workshop));
  }
  build(std::move(bound.function), workshop);
  const bool own_dtypes = signature_.outputs.empty() && signature_.rule.dtype < 0;
  for (size_t k = 0; k < result_count(); ++k) results_[k].is_weak = own_dtypes && bound.weak_outputs[k];
}

Specialisation::Specialisation(Function function, const Specialisation& parent, const Workshop& workshop)
    : signature_{parent.signature_.inputs, parent.signature_.layouts, {}, {}},
      used_slots_(parent.used_slots_),
      read_slots_(parent.read_slots_) {
  signature_.rule.for_device = parent.signature_.rule.for_device;
  build(std::move(function), workshop);
}

void Specialisation::add_numbers() {
  read_slots_ = used_slots_;
  for (const DType dtype : scalars_.elements()) {
    read_slots_.push_back(static_cast<uint32_t>(signature_.inputs.size()));
    signature_.inputs.push_back({"a number", dtype, {}, true, 0});
    signature_.layouts.emplace_back();
  }
}

void Specialisation::build(Function function, const Workshop& workshop) {
  returns_tuple_ = function.returns_tuple;
  shape_results(function);
  if (signature_.rule.for_ranks) add_value_checks(function);
  const Function simple = simplify(function, codegen::host_folder());
#ifdef FUSEVAL_VERIFY
  verify(function);
  verify(simple);
#endif
  std::vector<ArrayLayout> outputs;
  for (const Result& result : results_) outputs.push_back({result.shape, result.strides});
  if (signature_.rule.for_ranks) {
    plan_ = make_logical_plan(simple, signature_.layouts, outputs);
    measure_work(workshop);
    return;
  }
  const bool for_device = signature_.rule.for_device;
  plan_ = make_plan(simple, signature_.layouts, outputs, for_device ? device_chain_limits : workshop.chains);
  measure_work(workshop);
  if (for_device) keep_device_chains(plan_);
  place_buffers();
  if (!for_device) {
    require_room(workshop.memory_limit);
    compile(workshop);
  }
  note_extents();
  note_in_place();
  note_expectations();
}

// Casts and broadcasts to what the caller asked for become part of the program.
void Specialisation::shape_results(Function& function) {
  const auto& requests = signature_.outputs;
  const ResultRule& rule = signature_.rule;
  OutputRequest by_rule;
  if (rule.dtype >= 0) by_rule.dtype = static_cast<DType>(rule.dtype);
  if (!requests.empty() && requests.size() != function.outputs.size())
    throw Error(ErrorCode::argument,
                fmt::format("the program has {}, but {} {} given", counted(function.outputs.size(), "result"),
                            counted(requests.size(), "output"), requests.size() == 1 ? "is" : "are"));
  for (size_t k = 0; k < function.outputs.size(); ++k) {
    NodeId& id = function.outputs[k];
    const OutputRequest request = requests.empty() ? by_rule : requests[k];
    const DType own = function.graph.dtype(id);
    const DType dtype = request.dtype.value_or(own);
    const std::string name = function.outputs.size() == 1 ? "the result" : fmt::format("result {}", k);
    if (!can_cast(own, dtype, rule.casting)) refuse_cast(name, own, dtype, rule.casting);
    id = function.graph.cast(id, dtype);
    if (request.given) {
      const Shape result = function.graph.shape(id);
      if (!broadcasts_to(result, request.layout.shape)) refuse_shape(name, result, request.layout.shape);
      id = function.graph.broadcast(id, request.layout.shape);
    }
    const Shape& shape = function.graph.shape(id);
    results_.push_back(
        {dtype, shape, request.given ? request.layout.strides : c_strides(shape, size_of(dtype)), request.given});
  }
}

// What ranks find goes round with the partial results of everything else.
void Specialisation::add_value_checks(Function& function) {
  for (const frontend::ValueCheck& check : value_checks_) {
    function.outputs.push_back(check.node);
    results_.push_back({DType::bool_, {}, {}, false});
  }
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
void Specialisation::measure_work(const Workshop& workshop) {
  work_ = capped_add(elements_evaluated(plan_), check_ == nullptr ? 0 : check_->work());
  require_work(work_, workshop.work_limit);
}

void Specialisation::compile(const Workshop& workshop) {
  for (const LoopNest& nest : plan_.kernels) {
    codegen::TargetOptions options = workshop.target;
    options.streaming_stores = wants_streaming_stores(nest, plan_.tile_of);
    kernels_.push_back(prepare(nest, workshop.kernels.get(nest, options, workshop.control)));
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

void Specialisation::place_buffers() {
  int64_t temporaries = 0;
  for (size_t b = 0; b < plan_.buffers.size(); ++b) {
    const BufferInfo& buffer = plan_.buffers[b];
    const bool temporary = buffer.role == BufferRole::temporary;
    buffer_sources_.push_back({buffer.role, temporary ? temporaries : static_cast<int64_t>(buffer.slot)});
    const bool in_tiles =
        plan_.tile_of[b] >= 0 && !signature_.rule.for_device;  // a device has no memory for tiles alone
    if (!temporary || in_tiles) continue;
    const int64_t bytes = checked_multiply(element_count(buffer.shape), size_of(buffer.dtype));
    temporaries = checked_add(temporaries, checked_round_up(bytes, 64));
  }
  temporary_bytes_ = static_cast<size_t>(temporaries);
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
