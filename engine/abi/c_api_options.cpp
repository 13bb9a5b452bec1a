#include "engine/abi/c_api_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "engine/base/views.hpp"
#include "frontend/diagnostic.hpp"
#include "frontend/vocabulary.hpp"

namespace fuseval::engine {
namespace {

Casting casting_of(int32_t casting) {
  switch (casting) {
    case 0:
      return Casting::same_kind;
    case 1:
      return Casting::unsafe;
    case 2:
      return Casting::safe;
    case 3:
      return Casting::no;
  }
  throw Error(ErrorCode::argument, fmt::format("casting is 0, 1, 2 or 3, not {}", casting));
}

int32_t result_dtype_of(const char* name) {
  if (name == nullptr) return -1;
  const auto dtype = fuseval::dtype_from_name(name);
  if (!dtype) throw Error(ErrorCode::argument, fmt::format("result_dtype: '{}' is no dtype", name));
  if (!is_computed(*dtype))
    throw Error(ErrorCode::unsupported, fmt::format("result_dtype: this version does not compute with {}", name));
  return static_cast<int32_t>(*dtype);
}

RunOptions::ResultsOn results_on(int32_t given) {
  switch (given) {
    case FV_RESULTS_WHERE_INPUTS_ARE:
      return RunOptions::ResultsOn::where_inputs_are;
    case FV_RESULTS_ON_HOST:
      return RunOptions::ResultsOn::host;
    case FV_RESULTS_ON_DEVICE:
      return RunOptions::ResultsOn::device;
  }
  throw Error(ErrorCode::argument, fmt::format("results_on is 0, 1 or 2, not {}", given));
}

Hooks hooks_of(const fv_hooks* given) {
  const fv_hooks raw = read_options(given, "fv_hooks");
  if ((raw.allocate == nullptr) != (raw.deallocate == nullptr))
    throw Error(ErrorCode::argument, "fv_hooks has one of allocate and deallocate; give both or neither");
  Hooks hooks;
  hooks.allocator = {raw.user, raw.allocate, raw.deallocate};
  hooks.parallel_for = {raw.user, raw.parallel_for};
  hooks.log_user = raw.user;
  hooks.log_message = raw.log;
  hooks.release_user = raw.user;
  hooks.release = raw.release;
  return hooks;
}

void check_function(std::string_view name) {
  std::vector<std::string_view> known = frontend::words(frontend::WordKind::function);
  for (const std::string_view method : frontend::words(frontend::WordKind::method)) known.push_back(method);
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw Error(ErrorCode::argument, fmt::format("functions: there is no function or method `{}`{}", name,
                                                 frontend::did_you_mean(name, known)));
}

// Sorted, as frontend::Limits has them.
std::optional<std::vector<std::string>> functions_of(const char* const* names, int32_t count) {
  if (count < 0) throw Error(ErrorCode::invalid_handle, fmt::format("function_count is {}", count));
  if (names == nullptr && count > 0) throw Error(ErrorCode::invalid_handle, "functions is NULL");
  if (names == nullptr) return std::nullopt;
  std::vector<std::string> functions;
  for (int32_t k = 0; k < count; ++k) {
    if (names[k] == nullptr) throw Error(ErrorCode::invalid_handle, "functions: a name is NULL");
    check_function(functions.emplace_back(names[k]));
  }
  std::sort(functions.begin(), functions.end());
  return functions;
}

template <class T>
void set_limit(T& limit, int64_t given, const char* name) {
  if (given < 0) throw Error(ErrorCode::argument, fmt::format("{} is {}; it must not be negative", name, given));
  if (given > 0) limit = static_cast<T>(std::min<int64_t>(given, std::numeric_limits<T>::max() / 2));
}

// In 128 bits, where no sum of an address and a distance overflows.
void check_extent(const fv_view& view, const fv_extent& extent, const char* kind, int32_t index) {
  if (extent.bytes == 0 || view.data == nullptr) return;
  validate(view, fmt::format("{} {}", kind, index));
  using Wide = __int128;
  const ByteExtent bytes = byte_extent(layout_of(view), size_of(dtype_of(view)), fmt::format("{} {}", kind, index));
  if (bytes.begin == bytes.end) return;
  const Wide offset = static_cast<Wide>(reinterpret_cast<uintptr_t>(view.data)) -
                      static_cast<Wide>(reinterpret_cast<uintptr_t>(extent.data));
  const Wide begin = offset + bytes.begin, end = offset + bytes.end;
  if (begin >= 0 && end <= static_cast<Wide>(extent.bytes)) return;
  throw Error(ErrorCode::invalid_handle,
              fmt::format("{} {} reaches from byte {} to byte {} of its memory, which has {} bytes", kind, index,
                          static_cast<int64_t>(begin), static_cast<int64_t>(end), extent.bytes));
}

void check_all(const fv_view* views, int32_t count, const fv_extent* extents, const char* kind) {
  for (int32_t k = 0; extents != nullptr && views != nullptr && k < count; ++k)
    check_extent(views[k], extents[k], kind, k);
}

bool is_distributed(const fv_run_options& given) {
  return given.world != nullptr || given.input_distributions != nullptr || given.output_distributions != nullptr;
}

}  // namespace

SessionOptions session_options(const fv_session_options* given) {
  const fv_session_options options = read_options(given, "fv_session_options");
  SessionOptions result;
  result.threads = options.threads;
  result.vector_bits = options.vector_bits;
  set_limit(result.program_limit, options.program_limit, "program_limit");
  set_limit(result.kernel_limit, options.kernel_limit, "kernel_limit");
  set_limit(result.text.text_bytes, options.text_limit, "text_limit");
  set_limit(result.text.depth, options.depth_limit, "depth_limit");
  set_limit(result.text.nodes, options.node_limit, "node_limit");
  set_limit(result.text.operands, options.operand_limit, "operand_limit");
  result.text.functions = functions_of(options.functions, options.function_count);
  set_limit(result.memory_limit, options.memory_limit, "memory_limit");
  set_limit(result.call.work, options.work_limit, "work_limit");
  set_limit(result.call.milliseconds, options.time_limit, "time_limit");
  set_limit(result.call.compile_milliseconds, options.compile_limit, "compile_limit");
  result.hooks = hooks_of(options.hooks);
  return result;
}

Layout layout_asked(int32_t axis, const int64_t* offsets, int ranks) {
  if (axis < -1)
    throw Error(ErrorCode::argument,
                fmt::format("axis is {}; it is one of the array's from 0, or -1: replicated", axis));
  Layout layout{axis, {}};
  if (axis >= 0 && offsets != nullptr) layout.offsets.assign(offsets, offsets + ranks + 1);
  return layout;
}

CallRanks::CallRanks(const fv_run_options& given, int32_t input_count, int32_t output_count) {
  take(given.input_distributions, input_count, inputs_);
  take(given.output_distributions, output_count, outputs_);
  if (given.world != nullptr) call_.world = world_.emplace(given.world).get("world").world;
  if (!distributions_.empty() && !call_.world) call_.world = distributions_.front()->distribution->world;
  for (const auto& used : distributions_)
    if (used->distribution->world != call_.world)
      throw Error(ErrorCode::argument, "a call is made by one world; a distribution is of another");
  call_.inputs = inputs_.empty() ? nullptr : inputs_.data();
  call_.outputs = outputs_.empty() ? nullptr : outputs_.data();
}

void CallRanks::take(const fv_distribution* const* given, int32_t count, std::vector<const Distribution*>& taken) {
  if (given == nullptr) return;
  for (int32_t k = 0; k < count; ++k)
    taken.push_back(given[k] == nullptr ? nullptr
                                        : distributions_.emplace_back(given[k]).get("distribution").distribution.get());
}

void CallRanks::order_inputs(std::span<const size_t> slots) {
  if (inputs_.empty()) return;
  std::vector<const Distribution*> ordered(inputs_.size());
  for (size_t k = 0; k < slots.size(); ++k) ordered[slots[k]] = inputs_[k];
  inputs_ = std::move(ordered);
  call_.inputs = inputs_.data();
}

CallOptions::CallOptions(const fv_run_options* given, int32_t input_count, int32_t output_count)
    : given_(read_options(given, "fv_run_options")) {
  if (!is_distributed(given_)) return;
  ranks_ = std::make_unique<CallRanks>(given_, input_count, output_count);
  if (ranks_->call().world) run_.distributed = &ranks_->call();
}

void CallOptions::read(const CallLimits& limits) {
  if (given_.threads < 0)
    throw Error(ErrorCode::argument, fmt::format("threads is {}; it must not be negative", given_.threads));
  run_.threads = given_.threads;
  run_.rule = {casting_of(given_.casting), result_dtype_of(given_.result_dtype)};
  run_.device = device_choice(given_.device);
  run_.stream = given_.stream;
  run_.results_on = results_on(given_.results_on);
  CallLimits own;
  set_limit(own.work, given_.work_limit, "work_limit");
  set_limit(own.milliseconds, given_.time_limit, "time_limit");
  run_.work_limit = own.work;
  const int64_t milliseconds = smaller_limit(own.milliseconds, limits.milliseconds);
  if (given_.cancel == nullptr && given_.progress == nullptr && milliseconds == 0) return;
  const CancelToken* token = nullptr;
  if (given_.cancel != nullptr) token = &cancel_.emplace(given_.cancel).get("cancel").token;
  run_.control = &control_.emplace(token, ProgressHook{given_.progress, given_.progress_user}, Deadline(milliseconds));
}

void CallOptions::check_extents(const fv_view* inputs, int32_t input_count, const fv_view* outputs,
                                int32_t output_count) const {
  check_all(inputs, input_count, given_.input_extents, "input");
  check_all(outputs, output_count, given_.output_extents, "output");
}

}  // namespace fuseval::engine
