// A call on the CPU. The warm path comes first: it looks for overlap and launches. Everything that allocates is off
// that path.
#include "engine/run/host_run.hpp"

#include <algorithm>
#include <vector>

#include "engine/base/call_memory.hpp"
#include "engine/base/views.hpp"
#include "engine/cpu/strided_copy.hpp"
#include "engine/plan/call_inputs.hpp"
#include "engine/plan/runtime.hpp"
#include "engine/run/mapped_ranges.hpp"
#include "ir/checked.hpp"
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
    for (const BufferSource& source : sources_) *out++ = address(source, inputs, output);
  }

 private:
  template <class Output>
  char* address(const BufferSource& source, const fv_view* inputs, Output&& output) const {
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

  std::span<const BufferSource> sources_;
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
        memory_(program.runtime().memory_limit, program.runtime().hooks) {}

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

}  // namespace

void run_on_host(const Program& program, const Specialisation& made, const fv_view* inputs, const fv_view* outputs,
                 int32_t output_count, const RunOptions& options, Results* results) {
  RunOptions exact = options;
  exact.threads = threads_of(options, program.runtime());
  const CallInputs read(made, inputs);
  Run(program, made, read.views(), outputs, output_count, exact).go(results);
}

}  // namespace fuseval::engine
