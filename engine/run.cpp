// The warm path first: find the specialisation, look for overlap, launch. Everything that allocates is off that path.
#include "engine/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "engine/call_inputs.hpp"
#include "engine/call_memory.hpp"
#include "engine/device/aligned_call.hpp"
#include "engine/device/device_run.hpp"
#include "engine/distributed/distributed_run.hpp"
#include "engine/mapped_ranges.hpp"
#include "engine/output_views.hpp"
#include "engine/placing.hpp"
#include "engine/runtime.hpp"
#include "engine/strided_copy.hpp"
#include "engine/views.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

constexpr size_t inline_buffers = 32;

/// Data pointers of a plan's buffers.
class BufferTable {
 public:
  BufferTable(const Specialisation& made, runtime::Buffer temporaries)
      : sources_(made.buffer_sources()), temporaries_(std::move(temporaries)) {
    if (sources_.size() > inline_buffers) many_.resize(sources_.size());
  }
  char** data() { return many_.empty() ? few_ : many_.data(); }

  /// output(k): where result k is to be written.
  template <class Output>
  void fill(const fv_view* inputs, Output&& output) {
    char** out = data();
    for (const Specialisation::BufferSource& source : sources_) *out++ = address(source, inputs, output);
  }

 private:
  template <class Output>
  char* address(const Specialisation::BufferSource& source, const fv_view* inputs, Output&& output) const {
    switch (source.role) {
      case BufferRole::input:
        return static_cast<char*>(inputs[source.position].data);
      case BufferRole::output:
        return output(static_cast<uint32_t>(source.position));
      case BufferRole::temporary:
        return temporaries_.data() + source.position;
    }
    return nullptr;
  }

  std::span<const Specialisation::BufferSource> sources_;
  char* few_[inline_buffers];
  std::vector<char*> many_;
  runtime::Buffer temporaries_;
};

/// kernel(PreparedKernel), or tiled(PreparedChain) for those that run tile by tile, in order.
template <class Kernel, class Tiled>
void each_launch(const Specialisation& made, Kernel&& kernel, Tiled&& tiled) {
  const auto kernels = made.kernels();
  size_t k = 0;
  for (const PreparedChain& chain : made.chains()) {
    for (; k < chain.chain.first; ++k) kernel(kernels[k]);
    tiled(chain);
    k += chain.chain.size();
  }
  for (; k < kernels.size(); ++k) kernel(kernels[k]);
}

/// What kernels and chains, one after another, work in.
size_t most_scratch(const Specialisation& made, const ExecutionContext& context) {
  int64_t most = 0;
  const auto note = [&](const auto& launch) { most = std::max(most, scratch_bytes(launch, context)); };
  each_launch(made, note, note);
  return static_cast<size_t>(most);
}

void launch_all(const Specialisation& made, char* const* buffers, const ExecutionContext& context) {
  if (context.control != nullptr) context.control->begin(estimated_nanoseconds(made.kernels()));
  each_launch(
      made, [&](const PreparedKernel& kernel) { execute(kernel, buffers, context); },
      [&](const PreparedChain& chain) { execute(chain, made.kernels(), buffers, context); });
  if (context.control != nullptr) context.control->check();
}

class Run {
 public:
  Run(const Program& program, const Specialisation& made, const fv_view* inputs, const fv_view* outputs,
      int32_t output_count, const RunOptions& options)
      : program_(program),
        made_(made),
        inputs_(inputs),
        outputs_(outputs),
        output_count_(output_count),
        options_(options),
        memory_(program.runtime()) {}

  void go(Results* results) {
    if (is_simple()) {
      run_into_outputs();
      if (results != nullptr) fill(*results);
      return;
    }
    check_values();
    allocate();
    guarded(made_);
    for (size_t k = 0; k < owned_.size(); ++k)
      if (is_given(k) && owned_[k].size() > 0) copy_back(k);
    if (results != nullptr) fill(*results);
  }

 private:
  bool is_given(size_t k) const { return k < static_cast<size_t>(output_count_) && outputs_[k].data != nullptr; }

  // Every output given, nothing overlapping harmfully, nothing to check: no allocation is needed.
  bool is_simple() const {
    if (made_.has_check() || is_mapped()) return false;
    for (size_t k = 0; k < made_.results().size(); ++k)
      if (!is_given(k) || needs_copy(k)) return false;
    return true;
  }

  void run_into_outputs() {
    require_room(made_, 0);
    BufferTable table(made_, temporaries(made_));
    table.fill(inputs_, [&](uint32_t k) { return static_cast<char*>(outputs_[k].data); });
    launch(made_, table.data());
  }
  void launch(const Specialisation& made, char* const* buffers) { launch_all(made, buffers, context()); }
  ExecutionContext context() {
    Runtime& runtime = program_.runtime();
    return {runtime.pool, runtime.counters, memory_, options_.threads, options_.control};
  }
  // Before any of it is allocated, and before anything is written. results: bytes of those that are not the caller's.
  void require_room(const Specialisation& made, size_t results) {
    if (!memory_.is_limited()) return;
    memory_.require(capped_add(capped_add(results, made.temporary_bytes()), most_scratch(made, context())));
  }

  bool is_mapped() const {
    return std::any_of(made_.used_slots().begin(), made_.used_slots().end(),
                       [&](uint32_t slot) { return (inputs_[slot].flags & FV_VIEW_MAPPED) != 0; });
  }

  // Whether output k must be written elsewhere first, so that inputs and earlier outputs are as they were.
  bool needs_copy(size_t k) const {
    const void* data = outputs_[k].data;
    for (const uint32_t slot : made_.used_slots()) {
      if (!overlap(data, made_.output_extent(k), inputs_[slot].data, made_.input_extent(slot))) continue;
      if (data != inputs_[slot].data || !made_.is_harmless_over(k, slot)) return true;
    }
    for (size_t other = 0; other < static_cast<size_t>(output_count_); ++other)
      if (other != k && is_given(other) &&
          overlap(data, made_.output_extent(k), outputs_[other].data, made_.output_extent(other)))
        return true;
    return false;
  }

  void check_values() {
    const Specialisation* check = made_.check();
    if (check == nullptr) return;
    require_room(*check, 0);
    std::vector<char> failed(check->results().size(), 0);
    guarded(*check, failed.data());
    for (size_t k = 0; k < failed.size(); ++k)
      if (failed[k]) throw Error(ErrorCode::value, made_.value_checks()[k].message, made_.value_checks()[k].span);
  }

  void allocate() {
    owned_.resize(made_.results().size());
    const auto each_wanted = [&](auto&& f) {
      for (size_t k = 0; k < owned_.size(); ++k)
        if (!is_given(k) || needs_copy(k)) f(k);
    };
    size_t all = 0;
    each_wanted([&](size_t k) { all = capped_add(all, span_bytes(k)); });
    require_room(made_, all);
    each_wanted([&](size_t k) { owned_[k] = memory_.allocate(span_bytes(k)); });
  }

  runtime::Buffer temporaries(const Specialisation& made) {
    return made.temporary_bytes() > 0 ? memory_.allocate(made.temporary_bytes()) : runtime::Buffer();
  }

  // A result that is copied back later is written with the strides of its output, shifted to start inside the buffer.
  size_t span_bytes(size_t k) const {
    const auto& extent = made_.output_extent(k);
    return static_cast<size_t>(std::max<int64_t>(extent.end - extent.begin, 1));
  }
  char* owned_data(size_t k) const { return owned_[k].data() - made_.output_extent(k).begin; }

  char* output_data(uint32_t k, char* flags) const {
    if (flags != nullptr) return flags + k;
    return owned_[k].size() > 0 ? owned_data(k) : static_cast<char*>(outputs_[k].data);
  }

  // Runs `made`, with mapped inputs guarded against files that shrink or change. flags: where its results go instead,
  // one byte each.
  void guarded(const Specialisation& made, char* flags = nullptr) {
    BufferTable table(made, temporaries(made));
    table.fill(inputs_, [&](uint32_t k) { return output_data(k, flags); });
    read_guarded(
        mapped_ranges(made, inputs_), [&] { launch(made, table.data()); }, partly_written);
  }

  void copy_back(size_t k) const {
    const auto& result = made_.results()[k];
    copy_elements(static_cast<char*>(outputs_[k].data), result.strides, owned_data(k), result.strides, result.shape,
                  size_of(result.dtype), options_.control);
    if (options_.control != nullptr) options_.control->check();
  }

  void fill(Results& results) {
    results.is_tuple = made_.returns_tuple();
    if (program_.runtime().hooks.memory() != nullptr) results.hooks = program_.shared_runtime();
    results.items.reserve(made_.results().size());
    for (size_t k = 0; k < made_.results().size(); ++k) {
      const auto& result = made_.results()[k];
      Result& item = results.items.emplace_back();
      item.dtype = result.dtype;
      item.shape = result.shape;
      item.strides = result.strides;
      item.is_weak = result.is_weak;
      item.data = is_given(k) ? static_cast<char*>(outputs_[k].data) : owned_data(k);
      if (!is_given(k)) item.buffer = std::move(owned_[k]);
    }
  }

  const Program& program_;
  const Specialisation& made_;
  const fv_view* inputs_;
  const fv_view* outputs_;
  int32_t output_count_;
  const RunOptions& options_;
  CallMemory memory_;
  std::vector<runtime::Buffer> owned_;
};

/// The specialisation for a call, which `keep` keeps. The views have been checked.
const Specialisation& specialisation(const Program& program, const fv_view* inputs, const fv_view* outputs,
                                     int32_t output_count, const ResultRule& rule, const Making& making,
                                     std::shared_ptr<const Specialisation>& keep) {
  if (const Specialisation* known = program.find(inputs, outputs, output_count, rule)) return *known;
  keep = program.specialise(inputs, outputs, output_count, rule, making);
  return *keep;
}

void admit(const Specialisation& made, int32_t output_count, const RunOptions& options, const Results* results) {
  require_work(made.work(), options.work_limit);
  if (results == nullptr && static_cast<size_t>(output_count) != made.results().size())
    throw Error(ErrorCode::argument, "results may be NULL only when every output is given");
}

/// A call's first run on a device with such views, or one with arrays that no device can use as they lie.
void first_call_of_device(Place place, const Program& program, const DeviceCall& given, const ResultRule& rule,
                          const RunOptions& options, Results* results) {
  program.check_inputs(given.inputs);
  check_outputs(given.outputs, given.output_count);
  const AlignedCall call(program, given.inputs, given.outputs, given.output_count);
  std::shared_ptr<const Specialisation> keep;
  const Specialisation& made =
      specialisation(program, call.inputs(), call.outputs(), given.output_count, rule, options.making(), keep);
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
  const Rivals* rivals = program.runtime().automatic.wake(program.shared_runtime());
  if (rivals == nullptr) return false;
  call_device(rivals->space.device->place(), program, inputs, outputs, output_count, options, results);
  return true;
}

/// A call for "auto" of arrays on the host: runs it on the device if that is faster. known: the specialisation for the
/// CPU, if there is one. false: nothing was done, or nothing that lasts.
bool call_device_if_faster(const Program& program, const Specialisation* known, const fv_view* inputs,
                           const fv_view* outputs, int32_t output_count, const RunOptions& options, Results* results) {
  Automatic& automatic = program.runtime().automatic;
  if (automatic.is_settled() || is_known_to_be_short(known)) return false;
  program.check_inputs(inputs);
  if (known == nullptr) check_outputs(outputs, output_count);
  if (needs_stand_ins(program, inputs, outputs, output_count)) return false;
  ResultRule rule = options.rule;
  rule.for_device = true;
  std::shared_ptr<const Specialisation> keep;
  const HostCall call{
      program,      specialisation(program, inputs, outputs, output_count, rule, options.making(), keep),
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

static bool has_outputs(const fv_view* outputs, int32_t output_count) {
  return std::any_of(outputs, outputs + output_count, [](const fv_view& output) { return output.data != nullptr; });
}

int threads_of(const RunOptions& options, const Runtime& runtime) {
  const int available = runtime.pool.threads();
  return options.threads > 0 ? std::min(options.threads, available) : available;
}

bool results_stay(const RunOptions& options, const Program& program, const fv_view* inputs) {
  if (options.results_on != RunOptions::ResultsOn::where_inputs_are)
    return options.results_on == RunOptions::ResultsOn::device;
  for (size_t k = 0; k < program.inputs().size(); ++k)
    if (program.is_used(k) && inputs[k].device_type != FV_DEVICE_CPU) return true;
  return false;
}

void require_place_of_results(const RunOptions& options, Place place) {
  if (options.results_on == RunOptions::ResultsOn::device && place.is_host())
    throw Error(ErrorCode::argument, "results are to stay on a device, but the call runs on the CPU; name a device");
}

void run(const Program& program, const fv_view* given, int32_t given_count, const fv_view* outputs,
         int32_t output_count, const RunOptions& options, Results* results) {
  if (options.control != nullptr) options.control->set_into_outputs(has_outputs(outputs, output_count));
  if (options.distributed != nullptr)
    return run_distributed(program, given, given_count, outputs, output_count, options, *options.distributed, results);
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
    made = &specialisation(program, inputs, outputs, output_count, options.rule, options.making(), keep);
  }
  admit(*made, output_count, options, results);
  RunOptions exact = options;
  exact.threads = threads_of(options, program.runtime());
  const CallInputs read(*made, inputs);
  Run(program, *made, read.views(), outputs, output_count, exact).go(results);
}

}  // namespace fuseval::engine
