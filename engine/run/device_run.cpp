#include "engine/run/device_run.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "engine/base/call_memory.hpp"
#include "engine/base/views.hpp"
#include "engine/cpu/strided_copy.hpp"
#include "engine/device/call_queue.hpp"
#include "engine/plan/call_inputs.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/run/aligned_call.hpp"
#include "engine/run/device_program.hpp"
#include "engine/run/mapped_ranges.hpp"
#include "engine/run/streamed_run.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

// Below, nobody asks how much memory of the device is free.
constexpr size_t surely_fits = size_t{1} << 20;
// From here on a call of one pass goes part by part although it fits.
constexpr size_t worth_overlapping = size_t{32} << 20;

// For tests: bytes of a part; larger calls go part by part then. 0: as usual.
size_t forced_part_bytes() {
  const char* const bytes = std::getenv("FUSEVAL_STREAM_PART_BYTES");
  return bytes == nullptr ? 0 : std::strtoull(bytes, nullptr, 10);
}

class DeviceRun {
 public:
  DeviceRun(DeviceSpace& space, const Program& program, const Specialisation& made, const DeviceCall& call,
            const RunOptions& options)
      : space_(space),
        device_(*space.device),
        program_(program),
        made_(made),
        call_(call),
        options_(options),
        memory_(program.runtime().memory_limit, program.runtime().hooks),
        queue_(device_, options.stream) {}

  void go(Results* results) {
    if (is_streamed()) return go_streamed(results);
    place_inputs();
    check_values();
    place_outputs();
    launch(made_, [&](size_t k) { return outputs_[k].address; });
    const bool to_host = bring_down();
    queue_.finish(uses_host_ || to_host);
    if (results != nullptr) fill(*results);
  }

 private:
  /// Result k while the call runs.
  struct Output {
    char* address = nullptr;               ///< on the device, of element 0
    std::unique_ptr<DeviceMemory> memory;  ///< where it is written, if that is not the caller's
    runtime::Buffer host;                  ///< where it comes down to, if that is not the caller's
  };

  bool is_given(size_t k) const {
    return k < static_cast<size_t>(call_.output_count) && call_.outputs[k].data != nullptr;
  }
  bool is_given_here(size_t k) const { return is_given(k) && call_.outputs[k].device_type != FV_DEVICE_CPU; }
  bool stays(size_t k) const { return !is_given(k) && call_.results_on_device; }

  std::unique_ptr<DeviceMemory> allocate(size_t bytes) { return bytes == 0 ? nullptr : device_.allocate(bytes); }
  static char* begin_of(const std::unique_ptr<DeviceMemory>& memory, const ByteExtent& extent) {
    return memory == nullptr ? nullptr : memory->data() - extent.begin;
  }

  void place_inputs() {
    addresses_.resize(made_.signature().inputs.size());
    const std::vector<runtime::AddressRange> mapped = mapped_ranges(made_, call_.inputs);
    read_guarded(mapped, [&] {
      place_each_input();
      if (!mapped.empty()) queue_.get().synchronize();
    });
  }

  void place_each_input() {
    for (const uint32_t slot : made_.read_slots()) {
      const fv_view& view = call_.inputs[slot];
      const ByteExtent& extent = made_.input_extent(slot);
      if (bytes_of(extent) == 0) continue;
      if (view.device_type == FV_DEVICE_CPU)
        upload(slot, extent);
      else
        addresses_[slot] =
            checked(view, extent, [&] { return fmt::format("input '{}'", program_.inputs()[slot].name); });
    }
  }
  bool goes_by_value(uint32_t slot) const {
    const fv_view& view = call_.inputs[slot];
    return view.rank == 0 && bytes_of(made_.input_extent(slot)) <= DeviceScalars::most_bytes &&
           (view.flags & FV_VIEW_MAPPED) == 0;
  }
  void upload(uint32_t slot, const ByteExtent& extent) {
    if (goes_by_value(slot)) {
      const auto* const number = static_cast<const char*>(call_.inputs[slot].data);
      numbers_.push_back(space_.scalars.get({number, bytes_of(extent)}));
      addresses_[slot] = numbers_.back()->data();
      return;
    }
    uploads_.push_back(device_.allocate(bytes_of(extent)));
    addresses_[slot] = begin_of(uploads_.back(), extent);
    queue_.wait_for_memory();
    uses_host_ = true;
    queue_.get().upload(uploads_.back()->data(), static_cast<const char*>(call_.inputs[slot].data) + extent.begin,
                        bytes_of(extent));
  }
  /// The address of an array on the device, which the caller vouches for: a kernel's fault would lose the device.
  template <class Name>
  char* checked(const fv_view& view, const ByteExtent& extent, Name&& name) {
    char* const data = static_cast<char*>(view.data);
    if (reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(fv_dtype_size(view.dtype)) != 0)
      refuse_unaligned(view, name());
    const std::string reason = device_.why_not_memory_here(data + extent.begin, bytes_of(extent));
    if (!reason.empty()) throw Error(ErrorCode::argument, fmt::format("{}: its memory {}", name(), reason));
    return data;
  }

  // Which error a call has depends on values that are on the device: they are waited for.
  void check_values() {
    const Specialisation* check = made_.check();
    if (check == nullptr) return;
    const size_t count = check->results().size();
    const auto flags_there = device_.allocate(count);
    launch(*check, [&](size_t k) { return flags_there->data() + k; });
    std::vector<char> failed(count, 0);
    queue_.get().download(failed.data(), flags_there->data(), count);
    queue_.get().synchronize();
    refuse_values(failed);
  }
  void refuse_values(const std::vector<char>& failed) const {
    for (size_t k = 0; k < failed.size(); ++k)
      if (failed[k] != 0) throw Error(ErrorCode::value, made_.value_checks()[k].message, made_.value_checks()[k].span);
  }

  void place_outputs() {
    outputs_.resize(made_.results().size());
    for (size_t k = 0; k < outputs_.size(); ++k) place_output(k);
  }
  void place_output(size_t k) {
    const ByteExtent& extent = made_.output_extent(k);
    if (bytes_of(extent) == 0) return;
    if (is_given_here(k))
      outputs_[k].address = checked(call_.outputs[k], extent, [&] { return fmt::format("output {}", k); });
    if (is_given_here(k) && !needs_copy(k)) return;
    if (!is_given_here(k)) memory_.count(bytes_of(extent));
    outputs_[k].memory = device_.allocate(bytes_of(extent));
    outputs_[k].address = begin_of(outputs_[k].memory, extent);
  }
  // Whether output k must be written elsewhere first, so that inputs and earlier outputs in the same memory are as they
  // were.
  bool needs_copy(size_t k, bool always = false) const {
    const void* data = call_.outputs[k].data;
    const bool here = is_given_here(k);
    for (const uint32_t slot : made_.used_slots()) {
      const fv_view& input = call_.inputs[slot];
      if ((input.device_type != FV_DEVICE_CPU) != here ||
          !overlap(data, made_.output_extent(k), input.data, made_.input_extent(slot)))
        continue;
      if (always || data != input.data || !made_.is_harmless_over(k, slot)) return true;
    }
    for (size_t other = 0; other < static_cast<size_t>(call_.output_count); ++other)
      if (other != k && is_given(other) && is_given_here(other) == here &&
          overlap(data, made_.output_extent(k), call_.outputs[other].data, made_.output_extent(other)))
        return true;
    return false;
  }

  /// output(k): the device's address of element 0 of result k.
  template <class Output>
  void launch(const Specialisation& made, Output&& output) {
    std::vector<char*> buffers;
    for (const BufferSource& source : made.buffer_sources())
      buffers.push_back(address(source, std::forward<Output>(output)));
    const DeviceProgram& program = DeviceProgram::get(space_.kernels, made, buffers.data(), program_.text());
    const size_t temporary_bytes = checked_round_up(made.temporary_bytes(), 256);
    memory_.count(made.temporary_bytes());
    workspaces_.push_back(allocate(checked_add(temporary_bytes, program.workspace_bytes())));
    char* const workspace = workspaces_.back() == nullptr ? nullptr : workspaces_.back()->data();
    for (size_t b = 0; b < buffers.size(); ++b)
      if (made.buffer_sources()[b].role == BufferRole::temporary)
        buffers[b] = workspace + made.buffer_sources()[b].position;
    queue_.wait_for_memory();
    program.run(queue_.get(), buffers.data(), workspace + temporary_bytes, space_.counters, options_.control);
  }
  template <class Output>
  char* address(const BufferSource& source, Output&& output) const {
    switch (source.role) {
      case BufferRole::input:
        return addresses_[static_cast<size_t>(source.position)];
      case BufferRole::output:
        return output(static_cast<size_t>(source.position));
      case BufferRole::temporary:
        break;
    }
    return nullptr;
  }

  /// Whether something comes down to the host. Until everything has run, nothing of the caller's is touched.
  bool bring_down() {
    bool to_host = false;
    for (size_t k = 0; k < outputs_.size(); ++k) to_host = to_host || (outputs_[k].memory && !stays(k));
    if (to_host) queue_.get().synchronize();
    if (options_.control != nullptr) options_.control->check();
    for (size_t k = 0; k < outputs_.size(); ++k)
      if (outputs_[k].memory && !stays(k)) bring_down(k);
    return to_host;
  }
  void bring_down(size_t k) {
    if (is_given_here(k)) return copy_back(k);
    const ByteExtent& extent = made_.output_extent(k);
    if (!is_given(k)) outputs_[k].host = memory_.allocate(bytes_of(extent));
    char* const target =
        is_given(k) ? static_cast<char*>(call_.outputs[k].data) + extent.begin : outputs_[k].host.data();
    if (is_dense(k)) return queue_.get().download(target, outputs_[k].memory->data(), bytes_of(extent));
    const runtime::Buffer elements = downloaded(outputs_[k].memory->data(), bytes_of(extent));
    scatter(k, target - extent.begin, elements);
  }
  /// Whether there is nothing between its elements.
  bool is_dense(size_t k) const {
    const Specialisation::Result& result = made_.results()[k];
    return element_count(result.shape) * size_of(result.dtype) ==
           static_cast<int64_t>(bytes_of(made_.output_extent(k)));
  }
  runtime::Buffer downloaded(const char* from, size_t bytes) {
    runtime::Buffer copy(bytes);
    queue_.get().download(copy.data(), from, bytes);
    queue_.get().synchronize();
    return copy;
  }
  // An array with gaps goes by way of a copy: what lies between its elements is not ours to write.
  void scatter(size_t k, char* target, const runtime::Buffer& elements) {
    const Specialisation::Result& result = made_.results()[k];
    copy_elements(target, result.strides, elements.data() - made_.output_extent(k).begin, result.strides, result.shape,
                  size_of(result.dtype), options_.control);
    if (options_.control != nullptr) options_.control->check();
  }
  // From where it was written to where the caller wants it, both on the device. With gaps it is rare, and goes through
  // the host.
  void copy_back(size_t k) {
    const ByteExtent& extent = made_.output_extent(k);
    char* const target = static_cast<char*>(call_.outputs[k].data) + extent.begin;
    const size_t bytes = bytes_of(extent);
    if (is_dense(k)) return queue_.get().copy(target, outputs_[k].memory->data(), bytes);
    const runtime::Buffer elements = downloaded(outputs_[k].memory->data(), bytes);
    const runtime::Buffer around = downloaded(target, bytes);
    scatter(k, around.data() - extent.begin, elements);
    queue_.get().upload(target, around.data(), bytes);
    queue_.get().synchronize();
  }

  // ---- arrays of the host's that go through the device part by part

  // Those that do not fit as a whole; and large ones of which one pass is enough, because copies in both directions and
  // kernels run at the same time then.
  bool is_streamed() {
    size_t host = 0, all = made_.temporary_bytes();
    for (const uint32_t slot : made_.used_slots())
      if (call_.inputs[slot].device_type == FV_DEVICE_CPU && !goes_by_value(slot))
        host = capped_add(host, bytes_of(made_.input_extent(slot)));
    for (size_t k = 0; k < made_.results().size(); ++k)
      if (!is_given_here(k) && !stays(k)) host = capped_add(host, bytes_of(made_.output_extent(k)));
    if (host == 0) return false;  // most warm calls
    all = capped_add(all, host);
    const size_t forced = forced_part_bytes();
    if (all < surely_fits && (forced == 0 || host <= forced)) return false;
    limits_ = {free_bytes(all), forced};
    if (forced != 0 || all > limits_.memory) return true;
    if (host < worth_overlapping || made_.check() != nullptr) return false;
    place_for_stream(made_);
    const StreamPlan plan = plan_stream(made_, arrays_, limits_);
    return plan.passes.size() == 1 && plan.passes[0].parts() > 1;
  }
  // Of what is free a part is left for states between kernels, and for what the pool cannot use.
  size_t free_bytes(size_t wanted) {
    const auto usable = [&] { return std::min<size_t>(device_.free_bytes() / 8 * 7, INT64_MAX / 2); };
    if (const size_t bytes = usable(); bytes >= wanted) return bytes;
    device_.queue().synchronize();  // what earlier calls give back is free then
    return usable();
  }

  void go_streamed(Results* results) {
    const std::vector<runtime::AddressRange> mapped = mapped_ranges(made_, call_.inputs);
    if (!mapped.empty()) {
      guard_.emplace(mapped);
      guard_->require_whole();
    }
    place_streamed_inputs();
    check_streamed_values();
    place_streamed_outputs();
    stream(made_, [&](size_t k) { return outputs_[k].address; });
    bring_down();
    queue_.finish(true);
    for (size_t k = 0; k < outputs_.size(); ++k)
      if (is_given(k) && !is_given_here(k) && outputs_[k].host.size() > 0) copy_to_given(k);
    if (results != nullptr) fill(*results);
  }
  void place_streamed_inputs() {
    addresses_.assign(made_.signature().inputs.size(), nullptr);
    for (const uint32_t slot : made_.read_slots()) {
      const fv_view& view = call_.inputs[slot];
      addresses_[slot] = static_cast<char*>(view.data);
      if (view.device_type != FV_DEVICE_CPU && bytes_of(made_.input_extent(slot)) > 0)
        checked(view, made_.input_extent(slot),
                [&] { return fmt::format("input '{}'", program_.inputs()[slot].name); });
    }
  }
  void place_streamed_outputs() {
    place_for_stream(made_);
    const bool together = runs_together(made_, arrays_);
    outputs_.resize(made_.results().size());
    for (size_t k = 0; k < outputs_.size(); ++k) {
      if (is_given_here(k) || stays(k)) {
        place_output(k);
        if (outputs_[k].memory) limits_.memory -= std::min(limits_.memory, outputs_[k].memory->size());
        continue;
      }
      const ByteExtent& extent = made_.output_extent(k);
      if (is_given(k)) outputs_[k].address = static_cast<char*>(call_.outputs[k].data);
      if ((is_given(k) && !needs_copy(k, together)) || bytes_of(extent) == 0) continue;
      outputs_[k].host = memory_.allocate(bytes_of(extent));
      outputs_[k].address = outputs_[k].host.data() - extent.begin;
    }
  }
  void check_streamed_values() {
    const Specialisation* check = made_.check();
    if (check == nullptr) return;
    std::vector<char> failed(check->results().size(), 0);
    stream(*check, [&](size_t k) { return failed.data() + k; });
    refuse_values(failed);
  }

  /// Which of a plan's buffers are on the host.
  void place_for_stream(const Specialisation& made) {
    arrays_.clear();
    for (const BufferSource& source : made.buffer_sources()) {
      const auto k = static_cast<uint32_t>(source.role == BufferRole::temporary ? 0 : source.position);
      if (source.role == BufferRole::input)
        arrays_.push_back({call_.inputs[k].device_type == FV_DEVICE_CPU, made_.input_extent(k)});
      else if (source.role == BufferRole::output)
        arrays_.push_back({&made != &made_ || (!is_given_here(k) && !stays(k)), made.output_extent(k)});
      else
        arrays_.push_back({});
    }
  }
  /// output(k): the address of element 0 of result k, on the host or the device.
  template <class Output>
  void stream(const Specialisation& made, Output&& output) {
    place_for_stream(made);
    std::vector<char*> buffers;
    for (const BufferSource& source : made.buffer_sources())
      buffers.push_back(address(source, std::forward<Output>(output)));
    memory_.count(made.temporary_bytes());
    const StreamPlan plan = plan_stream(made, arrays_, limits_);
    const StreamedRun run{space_, program_.runtime().pool, options_.threads, queue_, options_.control, program_.text()};
    run.run(made, plan, buffers);
    if (guard_) guard_->require_whole(partly_written);
  }
  void copy_to_given(size_t k) {
    const Specialisation::Result& result = made_.results()[k];
    copy_elements(static_cast<char*>(call_.outputs[k].data), result.strides, outputs_[k].address, result.strides,
                  result.shape, size_of(result.dtype), options_.control);
    if (options_.control != nullptr) options_.control->check();
  }

  void fill(Results& results) {
    results.is_tuple = made_.returns_tuple();
    if (program_.runtime().hooks.memory() != nullptr) results.hooks = program_.shared_runtime();
    for (size_t k = 0; k < outputs_.size(); ++k) results.items.push_back(result_of(k));
  }
  Result result_of(size_t k) {
    const Specialisation::Result& result = made_.results()[k];
    Result item;
    item.dtype = result.dtype;
    item.shape = result.shape;
    item.strides = result.strides;
    item.is_weak = result.is_weak;
    if (is_given(k)) {
      item.data = static_cast<char*>(call_.outputs[k].data);
      item.place = place_of(call_.outputs[k]);
    } else if (stays(k)) {
      item.place = device_.place();
      item.data = outputs_[k].address;
      item.on_device = std::move(outputs_[k].memory);
    } else {
      if (outputs_[k].host.size() == 0) outputs_[k].host = memory_.allocate(1);  // no elements, but an address
      item.data = outputs_[k].host.data() - made_.output_extent(k).begin;
      item.buffer = std::move(outputs_[k].host);
    }
    return item;
  }

  DeviceSpace& space_;
  Device& device_;
  const Program& program_;
  const Specialisation& made_;
  const DeviceCall& call_;
  const RunOptions& options_;
  CallMemory memory_;
  // Memory is given back in the order of the session's queue, so after the call's, which goes first.
  std::vector<std::unique_ptr<DeviceMemory>> uploads_, workspaces_;
  std::vector<std::shared_ptr<const DeviceScalars::Slot>> numbers_;
  std::vector<Output> outputs_;
  std::vector<char*> addresses_;  ///< [slot]: on the device, of element 0
  bool uses_host_ = false;
  std::optional<runtime::MappedGuard> guard_;  ///< while parts go up
  StreamLimits limits_{0, 0};
  std::vector<StreamArray> arrays_;  ///< [buffer] of the plan that streams
  CallQueue queue_;
};

}  // namespace

void run_on_device(DeviceSpace& space, const Program& program, const Specialisation& made, const DeviceCall& call,
                   const RunOptions& options, Results* results) {
  const CallInputs read(made, call.inputs);
  const DeviceCall whole{read.views(), call.outputs, call.output_count, call.results_on_device};
  DeviceRun(space, program, made, whole, options).go(results);
}

void prepare_for_device(DeviceSpace& space, const Program& program, const Specialisation& made) {
  const std::vector<char*> aligned(made.buffer_sources().size(), nullptr);
  DeviceProgram::get(space.kernels, made, aligned.data(), program.text());
  if (made.check() != nullptr) prepare_for_device(space, program, *made.check());
}

int kernels_to_prepare(DeviceSpace& space, const Specialisation& made) {
  const std::vector<char*> aligned(made.buffer_sources().size(), nullptr);
  const int own = DeviceProgram::missing_kernels(space.kernels, made, aligned.data());
  return made.check() == nullptr ? own : own + kernels_to_prepare(space, *made.check());
}

}  // namespace fuseval::engine
