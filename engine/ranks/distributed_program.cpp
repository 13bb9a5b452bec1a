#include "engine/ranks/distributed_program.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/output_views.hpp"
#include "engine/base/views.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/ranks/device_rank_space.hpp"
#include "engine/ranks/host_space.hpp"
#include "engine/world/collective_call.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

const Distribution* at(const Distribution* const* distributions, size_t k) {
  return distributions == nullptr ? nullptr : distributions[k];
}

GlobalType type_of(const fv_view& view, const Distribution* distribution) {
  GlobalType type{view.data != nullptr, view.dtype, {}, {}};
  if (distribution != nullptr) {
    type.given = true;
    type.shape = distribution->shape;
    type.layout = distribution->layout;
  } else if (view.shape != nullptr) {
    type.shape = shape_of(view);
  }
  return type;
}

bool is_type_of(const GlobalType& type, const fv_view& view, const Distribution* distribution) {
  if (type.dtype != view.dtype) return false;
  if (distribution != nullptr) return type.shape == distribution->shape && type.layout == distribution->layout;
  return type.layout.is_replicated() && type.given == (view.data != nullptr) &&
         static_cast<size_t>(view.rank) == type.shape.size() &&
         std::equal(type.shape.begin(), type.shape.end(), view.shape);
}

/// Views of whole arrays in C order, with the distributions' shapes; their memory is never touched.
std::vector<fv_view> whole_views(const fv_view* views, size_t count, const Distribution* const* distributions) {
  static char somewhere = 0;
  std::vector<fv_view> result(views, views + count);
  for (size_t k = 0; k < count; ++k) {
    fv_view& view = result[k];
    view.byte_strides = nullptr;
    const Distribution* const distribution = at(distributions, k);
    if (distribution == nullptr) continue;
    view.shape = distribution->shape.data();
    if (view.data == nullptr) view.data = &somewhere;  // a part may have no elements
  }
  return result;
}

std::unique_ptr<RankSpace> open_space(const Program& program, Place place, World& world) {
  Runtime& runtime = program.runtime();
  if (place.is_host()) return std::make_unique<HostSpace>(runtime);
  const bool sends_device_memory = place.kind == DeviceKind::cuda && world.communicator().place().takes_device_memory;
  return std::make_unique<DeviceRankSpace>(runtime.devices.get(place), program.text(), sends_device_memory);
}

void check_part(const fv_view& view, const Distribution* distribution, const std::string& name, const World& world) {
  if (distribution == nullptr) return;
  if (distribution->world.get() != &world)
    throw Error(ErrorCode::argument, fmt::format("{} is distributed over another world than the call's", name));
  const Shape part = distribution->box().shape();
  if (static_cast<size_t>(view.rank) == part.size() && std::equal(part.begin(), part.end(), view.shape)) return;
  throw Error(ErrorCode::shape, fmt::format("{} has shape {} on rank {}, but its distribution gives that rank {}", name,
                                            to_string(shape_of(view)), world.rank(), to_string(part)));
}

}  // namespace

void check_local_parts(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                       const DistributedCall& call) {
  program.check_inputs(inputs);
  check_outputs(outputs, output_count);
  for (size_t k = 0; k < program.inputs().size(); ++k)
    if (program.is_used(k))
      check_part(inputs[k], at(call.inputs, k), fmt::format("input '{}'", program.inputs()[k].name), *call.world);
  for (int32_t k = 0; k < output_count; ++k)
    check_part(outputs[k], at(call.outputs, static_cast<size_t>(k)), fmt::format("output {}", k), *call.world);
}

std::vector<Layout> layouts_of(const Distribution* const* distributions, size_t count) {
  std::vector<Layout> layouts;
  for (size_t k = 0; k < count; ++k)
    layouts.push_back(at(distributions, k) == nullptr ? Layout{} : at(distributions, k)->layout);
  return layouts;
}

std::unique_ptr<Specialisation> specialise_for_ranks(const Program& program, const fv_view* inputs,
                                                     const fv_view* outputs, int32_t output_count,
                                                     const RunOptions& options, const DistributedCall& call) {
  ResultRule rule = options.rule;
  rule.for_ranks = true;
  const std::vector<fv_view> in = whole_views(inputs, program.inputs().size(), call.inputs);
  const std::vector<fv_view> out = whole_views(outputs, static_cast<size_t>(output_count), call.outputs);
  const CompileContext context = compile_context_of(program.runtime(), options.plan_options());
  return std::make_unique<Specialisation>(program.ast(),
                                          program.signature_of(in.data(), out.data(), output_count, rule), context);
}

GlobalPlan global_plan_of(const Specialisation& made, const std::vector<Layout>& inputs,
                          const std::vector<Layout>& outputs, int ranks) {
  const Plan& plan = made.plan();
  std::vector<Layout> layouts(plan.buffers.size());
  std::vector<bool> given(plan.buffers.size(), false);
  for (size_t b = 0; b < plan.buffers.size(); ++b) {
    const BufferInfo& info = plan.buffers[b];
    if (info.role == BufferRole::input && !made.is_number(info.slot)) layouts[b] = inputs[info.slot];
    if (info.role != BufferRole::output || outputs.empty() || !made.results()[info.slot].given) continue;
    layouts[b] = outputs[info.slot];
    given[b] = true;
  }
  std::vector<std::string> names;
  for (const frontend::InputInfo& input : made.signature().inputs) names.push_back(input.name);
  GlobalPlan result = make_global_plan(plan, std::move(layouts), given, ranks, std::move(names));
  result.result_count = made.result_count();
  return result;
}

// Local views' strides, where they matter.
std::vector<std::vector<int64_t>> RankProgram::strides_for(const fv_view* inputs, const fv_view* outputs) const {
  std::vector<std::vector<int64_t>> strides(plan_.buffers.size());
  for (size_t b = 0; b < plan_.buffers.size(); ++b) {
    const BufferInfo& info = plan_.buffers[b];
    if (info.role == BufferRole::input && !made_->is_number(info.slot)) strides[b] = strides_of(inputs[info.slot]);
    if (info.role == BufferRole::output && outputs != nullptr && made_->results()[info.slot].given)
      strides[b] = strides_of(outputs[info.slot]);
  }
  return strides;
}

// ---- one plan ----

RankProgram::RankProgram(const Specialisation& made, const std::vector<Layout>& inputs,
                         const std::vector<Layout>& outputs, World& world, std::unique_ptr<RankSpace> space)
    : made_(&made),
      rank_(world.rank()),
      plan_(global_plan_of(made, inputs, outputs, world.size())),
      space_(std::move(space)) {
  make_exchanges(world);
}

void RankProgram::make_exchanges(World& world) {
  states_.assign(plan_.kernels.size(), nullptr);
  for (const GlobalPlan::Step& step : plan_.steps) {
    Step made;
    if (!step.combined.empty()) {
      made.partial = std::make_unique<PartialExchange>(partial_reductions(plan_, step), rank_);
      note_states(*made.partial);
    }
    std::vector<BoxTransfer> transfers;
    for (const uint32_t f : step.posted) {
      const Fetch& fetch = plan_.fetches[f];
      if (plan_.arrays[fetch.array].layout.is_replicated()) {
        made.copied.push_back(f);
        continue;
      }
      made.fetches.push_back(f);
      transfers.push_back(plan_.transfer(fetch));
    }
    if (!transfers.empty())
      made.exchange =
          std::make_unique<BoxExchange>(world.communicator(), std::move(transfers), "an exchange of boxes", *space_);
    steps_.push_back(std::move(made));
  }
}

LocalPlan& RankProgram::local(const std::vector<std::vector<int64_t>>& strides, const CompileContext& context) {
  if (local_ == nullptr || local_for_ != strides) {
    auto made = std::make_unique<LocalPlan>(make_local_plan(plan_, strides, rank_, space_->place().is_host(), context));
    space_->prepare(plan_, *made, context);
    local_ = std::move(made);
    local_for_ = strides;
    place_boxes();
  }
  return *local_;
}

// Where boxes come from and go to, but for the addresses of a call.
void RankProgram::place_boxes() {
  for (Step& step : steps_) {
    step.from.clear();
    step.to.clear();
    for (const uint32_t f : step.fetches) {
      const Fetch& fetch = plan_.fetches[f];
      step.from.push_back({nullptr, local_->memory_strides(plan_, fetch.array, rank_)});
      step.to.push_back({nullptr, fetched_strides(fetch)});
    }
  }
}

std::vector<int64_t> RankProgram::fetched_strides(const Fetch& fetch) const {
  if (fetch.purpose == Fetch::For::output) return local_->strides[fetch.target];
  return c_strides(fetch.needed[static_cast<size_t>(rank_)].shape(), plan_.arrays[fetch.array].itemsize);
}

void RankProgram::note_states(const PartialExchange& partial) {
  for (size_t k = 0; k < partial.reductions().size(); ++k) states_[partial.reductions()[k].kernel] = partial.own(k);
}

// ---- a program ----

std::unique_ptr<DistributedProgram> DistributedProgram::make(const Program& program, const fv_view* inputs,
                                                             const fv_view* outputs, int32_t output_count,
                                                             const RunOptions& options, const DistributedCall& call,
                                                             const CallPlace& where) {
  auto result = std::make_unique<DistributedProgram>();
  result->program_ = program.number();
  result->rule_ = options.rule;
  result->where_ = where;
  result->place_ = place_on_rank(program, inputs, outputs, output_count, options.device, *call.world);
  for (size_t k = 0; k < program.inputs().size(); ++k)
    result->inputs_.push_back(type_of(inputs[k], at(call.inputs, k)));
  for (int32_t k = 0; k < output_count; ++k)
    result->outputs_.push_back(type_of(outputs[k], at(call.outputs, static_cast<size_t>(k))));
  result->made_ = specialise_for_ranks(program, inputs, outputs, output_count, options, call);
  const std::vector<Layout> in = layouts_of(call.inputs, program.inputs().size());
  const std::vector<Layout> out = layouts_of(call.outputs, static_cast<size_t>(output_count));
  result->run_ = std::make_unique<RankProgram>(*result->made_, in, out, *call.world,
                                               open_space(program, result->place_, *call.world));
  return result;
}

void DistributedProgram::make_local(const Program& program, const fv_view* inputs, const fv_view* outputs,
                                    const RunOptions& options) {
  const CompileContext context = compile_context_of(program.runtime(), options.plan_options());
  is_ready_ = false;
  run_->local(run_->strides_for(inputs, outputs), context);
  note_ready(program, inputs, outputs);
}

void DistributedProgram::note_ready(const Program& program, const fv_view* inputs, const fv_view* outputs) {
  ready_inputs_.clear();
  ready_outputs_.clear();
  ready_layouts_.clear();
  const bool anywhere = !place_.is_host();  // its space looks where they are
  for (uint32_t k = 0; k < inputs_.size(); ++k) {
    if (!program.is_used(k)) continue;
    const ArrayLayout& layout = ready_layouts_.emplace_back(layout_of(inputs[k]));
    ready_inputs_.emplace_back(k, dtype_of(inputs[k]), (inputs[k].flags & FV_VIEW_WEAK) != 0, layout, anywhere);
  }
  for (uint32_t k = 0; k < outputs_.size(); ++k) {
    if (!outputs_[k].given) {
      ready_outputs_.emplace_back(k, outputs_[k].dtype);
      continue;
    }
    const ArrayLayout& layout = ready_layouts_.emplace_back(layout_of(outputs[k]));
    ready_outputs_.emplace_back(k, dtype_of(outputs[k]), false, layout, anywhere);
  }
  is_ready_ = true;
}

bool DistributedProgram::is_ready_for(const fv_view* inputs, const fv_view* outputs) const {
  for (const ExpectedView& expected : ready_inputs_)
    if (!expected.accepts_input(inputs[expected.slot()])) return false;
  for (const ExpectedView& expected : ready_outputs_)
    if (!expected.accepts_output(outputs[expected.slot()])) return false;
  return is_ready_;
}

CollectiveCall DistributedProgram::call(const Program& program) const {
  CollectiveCall result{fmt::format("'{}'", program.text()), {}};
  if (!place_.is_host()) result.words += place_.kind == DeviceKind::cuda ? " on GPUs" : " on simulated GPUs";
  for (const auto* types : {&inputs_, &outputs_})
    for (const GlobalType& type : *types)
      result.values +=
          fmt::format("{} {} {} {};", type.dtype, to_string(type.shape), describe(type.layout, type.shape), type.given);
  result.values += fmt::format("{} {} {}", static_cast<int>(rule_.casting), rule_.dtype, made_->describe_values());
  return result;
}

bool DistributedProgram::serves(const Program& program, const fv_view* inputs, const fv_view* outputs,
                                int32_t output_count, const ResultRule& rule, const CallPlace& where,
                                const DistributedCall& call) const {
  if (program.number() != program_ || rule != rule_ || outputs_.size() != static_cast<size_t>(output_count) ||
      where != where_)
    return false;
  for (size_t k = 0; k < inputs_.size(); ++k)
    if (program.is_used(k) && !is_type_of(inputs_[k], inputs[k], at(call.inputs, k))) return false;
  for (size_t k = 0; k < outputs_.size(); ++k)
    if (!is_type_of(outputs_[k], outputs[k], at(call.outputs, k))) return false;
  return made_->serves_values(inputs);
}

DistributedProgram& DistributedPrograms::get(const Program& program, const fv_view* inputs, const fv_view* outputs,
                                             int32_t output_count, const RunOptions& options,
                                             const DistributedCall& call, const CallPlace& where,
                                             const std::optional<Error>& failure) {
  const auto known = std::find_if(recent_.begin(), recent_.end(), [&](const auto& made) {
    return made->serves(program, inputs, outputs, output_count, options.rule, where, call);
  });
  if (known != recent_.end()) {
    if (call.world->communicator().settings().check_calls)
      begin_together(*call.world, [&] { return (*known)->call(program); });
    std::rotate(recent_.begin(), known, known + 1);
    return *recent_.front();
  }
  std::unique_ptr<DistributedProgram> made;
  begin_together(*call.world, [&] {
    if (failure) throw Error(*failure);
    check_local_parts(program, inputs, outputs, output_count, call);
    made = DistributedProgram::make(program, inputs, outputs, output_count, options, call, where);
    made->make_local(program, inputs, outputs, options);
    return made->call(program);
  });
  recent_.insert(recent_.begin(), std::move(made));
  if (recent_.size() > limit) recent_.pop_back();
  return *recent_.front();
}

}  // namespace fuseval::engine
