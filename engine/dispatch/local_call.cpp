#include "engine/dispatch/local_call.hpp"

#include <algorithm>

#include "engine/base/output_views.hpp"
#include "engine/base/views.hpp"
#include "engine/dispatch/automatic.hpp"
#include "engine/dispatch/placing.hpp"
#include "engine/plan/call_inputs.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/run/aligned_call.hpp"
#include "engine/run/device_run.hpp"
#include "engine/run/host_run.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

void admit(const Specialisation& made, int32_t output_count, const RunOptions& options, const Results* results) {
  require_work(made.work(), options.work_limit);
  if (results == nullptr && static_cast<size_t>(output_count) != made.results().size())
    throw Error(ErrorCode::argument, "results may be NULL only when every output is given");
}

/// A call that no specialisation at hand serves: the first one with such views, and every one with unaligned arrays,
/// which a device cannot use directly.
void first_call_of_device(Place place, const Program& program, const DeviceCall& given, const ResultRule& rule,
                          const RunOptions& options, Results* results) {
  program.check_inputs(given.inputs);
  check_outputs(given.outputs, given.output_count);
  const AlignedCall call(program, given.inputs, given.outputs, given.output_count);
  std::shared_ptr<const Specialisation> keep;
  const Specialisation& made =
      program.specialisation(call.inputs(), call.outputs(), given.output_count, rule, options.plan_options(), keep);
  admit(made, given.output_count, options, results);
  run_on_device(program.runtime().devices.get(place), program, made,
                {call.inputs(), call.outputs(), given.output_count, given.results_on_device}, options, results);
  call.copy_back();
  for (size_t k = 0; results != nullptr && k < static_cast<size_t>(given.output_count); ++k)
    if (call.is_replaced(k)) {
      results->items[k].data = static_cast<char*>(given.outputs[k].data);
      results->items[k].strides = strides_of(given.outputs[k]);
    }
}

void call_device(Place place, const Program& program, const fv_view* inputs, const fv_view* outputs,
                 int32_t output_count, const RunOptions& options, Results* results) {
  ResultRule rule = options.rule;
  rule.for_device = true;
  const DeviceCall call{inputs, outputs, output_count, results_stay(options, program, inputs)};
  const Specialisation* made = program.find(inputs, outputs, output_count, rule);
  if (made == nullptr) return first_call_of_device(place, program, call, rule, options, results);
  admit(*made, output_count, options, results);
  run_on_device(program.runtime().devices.get(place), program, *made, call, options, results);
}

bool is_given(const fv_view* outputs, int32_t output_count, size_t k) {
  return k < static_cast<size_t>(output_count) && outputs[k].data != nullptr;
}

/// Whether a call that failed half-way can be begun again: nothing that it reads may have been written.
bool can_be_repeated(const HostCall& call) {
  for (size_t k = 0; k < call.planned.results().size(); ++k)
    for (const uint32_t slot : call.planned.used_slots())
      if (is_given(call.outputs, call.output_count, k) &&
          overlap(call.outputs[k].data, call.planned.output_extent(k), call.inputs[slot].data,
                  call.planned.input_extent(slot)))
        return false;
  return true;
}

/// Whether the CPU can do what a device failed to.
bool is_of_device(ErrorCode code) {
  return code == ErrorCode::memory || code == ErrorCode::device || code == ErrorCode::unsupported;
}

/// Put at a specialisation for the CPU: no device could be faster.
struct IsShort : Attachment {};

bool is_known_to_be_short(const Specialisation* known) {
  return known != nullptr && known->attachments().find<IsShort>([](const IsShort&) { return true; }) != nullptr;
}

/// A call for "auto" of arrays on the host whose results are to stay on a device: wherever there is one.
bool call_device_if_possible(const Program& program, const fv_view* inputs, const fv_view* outputs,
                             int32_t output_count, const RunOptions& options, Results* results) {
  const DeviceCandidate* candidate = automatic_of(program.runtime()).wake(program.shared_runtime());
  if (candidate == nullptr) return false;
  call_device(candidate->space.device->place(), program, inputs, outputs, output_count, options, results);
  return true;
}

/// A call for "auto" of arrays on the host: runs it on the device if that is faster. known: the specialisation for the
/// CPU, if there is one. false: nothing was done, or nothing that lasts.
bool call_device_if_faster(const Program& program, const Specialisation* known, const fv_view* inputs,
                           const fv_view* outputs, int32_t output_count, const RunOptions& options, Results* results) {
  Automatic& automatic = automatic_of(program.runtime());
  if (automatic.is_settled() || is_known_to_be_short(known)) return false;
  program.check_inputs(inputs);
  if (known == nullptr) check_outputs(outputs, output_count);
  if (needs_stand_ins(program, inputs, outputs, output_count)) return false;
  ResultRule rule = options.rule;
  rule.for_device = true;
  std::shared_ptr<const Specialisation> keep;
  const HostCall call{
      program,      program.specialisation(inputs, outputs, output_count, rule, options.plan_options(), keep),
      inputs,       outputs,
      output_count, options};
  if (known != nullptr && Automatic::is_short(call.planned)) known->attachments().add(std::make_unique<IsShort>());
  try {
    const Place place = automatic.choose(call);
    if (place.is_host()) return false;
    call_device(place, program, inputs, outputs, output_count, options, results);
    return true;
  } catch (const Error& error) {
    if (!is_of_device(error.code()) || !can_be_repeated(call)) throw;
    if (error.code() != ErrorCode::memory) automatic.settle(error.message());
    program.runtime().hooks.log(LogLevel::warning, [&] { return error.message() + "; the CPU takes over"; });
    return false;
  }
}

/// Whether a call for "auto" of arrays on the host has been run on a device.
bool has_run_on_device(const Program& program, const Specialisation* known, const fv_view* inputs,
                       const fv_view* outputs, int32_t output_count, const RunOptions& options, Results* results) {
  if (options.results_on == RunOptions::ResultsOn::device)
    return call_device_if_possible(program, inputs, outputs, output_count, options, results);
  return call_device_if_faster(program, known, inputs, outputs, output_count, options, results);
}

}  // namespace

void run_locally(const Program& program, const fv_view* given, int32_t given_count, const fv_view* outputs,
                 int32_t output_count, const RunOptions& options, Results* results) {
  if (options.control != nullptr) options.control->check();
  program.check_count(given_count);
  const AllInputs all(program, given);
  const fv_view* inputs = all.data();
  const Place place = place_of_call(program, inputs, outputs, output_count, options.device);
  if (!place.is_host()) return call_device(place, program, inputs, outputs, output_count, options, results);
  const Specialisation* made = program.find(inputs, outputs, output_count, options.rule);
  if (options.device.how == DeviceChoice::How::automatic &&
      has_run_on_device(program, made, inputs, outputs, output_count, options, results))
    return;
  require_place_of_results(options, place);
  std::shared_ptr<const Specialisation> keep;
  if (made == nullptr) {
    program.check_inputs(inputs);
    check_outputs(outputs, output_count);
    made = &program.specialisation(inputs, outputs, output_count, options.rule, options.plan_options(), keep);
  }
  admit(*made, output_count, options, results);
  run_on_host(program, *made, inputs, outputs, output_count, options, results);
}

}  // namespace fuseval::engine
