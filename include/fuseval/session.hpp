// Sessions: a thread pool and caches, and everything that is asked of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/binding.hpp"
#include "fuseval/distributed_array.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/language.hpp"
#include "fuseval/options.hpp"
#include "fuseval/program.hpp"
#include "fuseval/result.hpp"
#include "fuseval/result_type.hpp"

namespace fuseval {
inline namespace abi_0 {

/// A thread pool, caches, limits and hooks of one's own. Move-only; its functions may be called from any thread.
class Session {
 public:
  explicit Session(const SessionOptions& options) {
    fv_session_options raw = options.raw();
    auto hooks = std::make_unique<Hooks>(options.hooks);
    const fv_hooks raw_hooks = detail::HookFunctions::raw(*hooks);
    raw.hooks = &raw_hooks;
    std::vector<const char*> functions;
    if (options.functions) {
      functions.reserve(options.functions->size() + 1);  // an empty list has an address too
      for (const std::string& name : *options.functions) functions.push_back(name.c_str());
      raw.functions = functions.data();
      raw.function_count = static_cast<std::int32_t>(functions.size());
    }
    fv_session* session = nullptr;
    detail::check([&](fv_error** error) { return fv_session_create(&raw, &session, error); });
    handle_.reset(session);
    static_cast<void>(hooks.release());  // the session deletes them
  }

  /// The process's default session.
  static Session shared() { return Session(); }

  Result evaluate(std::string_view text, const Bindings& bindings = {}, const RunOptions& options = {}) const {
    fv_results* results = nullptr;
    run(text, bindings, {}, options, &results);
    return Result(detail::Handle<fv_results, fv_results_release>(results));
  }

  /// Writes the results into the outputs: evaluate("a + b", {{"a", a}, {"b", b}}, fuseval::into(out)).
  void evaluate(std::string_view text, const Bindings& bindings, const Outputs& outputs,
                const RunOptions& options = {}) const {
    run(text, bindings, outputs, options, nullptr);
  }

  /// The bindings' dtypes, ranks and weakness count, not their values.
  Program compile(std::string_view text, const Bindings& bindings = {}) const {
    const detail::RawBindings raw(bindings);
    fv_program* program = nullptr;
    detail::check([&](fv_error** error) {
      return fv_compile(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(),
                        &program, error);
    });
    return Program(detail::Handle<fv_program, fv_program_release>(program));
  }

  /// The names of a text that a binding would change, in order of first appearance (fv_free_names).
  std::vector<FreeName> free_names(std::string_view text) const {
    fv_names* raw = nullptr;
    detail::check(
        [&](fv_error** error) { return fv_free_names(handle_.get(), text.data(), text.size(), &raw, error); });
    const detail::Handle<fv_names, fv_names_release> names(raw);
    std::vector<FreeName> result;
    for (std::int32_t k = 0; k < fv_names_count(raw); ++k) {
      const std::int32_t kind = fv_names_kind(raw, k);
      result.push_back({fv_names_get(raw, k), kind < 0 ? std::nullopt : std::optional(static_cast<WordKind>(kind))});
    }
    return result;
  }

  /// One for each result that evaluate would give. Nothing is run, compiled or kept, and no element is read: arrays may
  /// be View::without_data(dtype, shape). Throws what evaluate would, but for what depends on elements
  /// (fv_result_types).
  std::vector<ResultType> result_types(std::string_view text, const Bindings& bindings = {}) const {
    const Bindings whole = detail::whole_bindings(bindings);
    const detail::RawBindings raw(whole);
    return detail::owned_types([&](fv_types** types, fv_error** error) {
      return fv_result_types(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(),
                             types, error);
    });
  }

  /// Likely mistakes in the text. Names need not be bound (fv_lint).
  std::vector<Hint> lint(std::string_view text, const Bindings& bindings = {}) const {
    const detail::RawBindings raw(bindings);
    return detail::owned_hints([&](fv_hints** hints, fv_error** error) {
      return fv_lint(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(), hints,
                     error);
    });
  }

  /// What would run; stage: as fv_explain.
  std::string explain(std::string_view text, const Bindings& bindings = {}, const char* stage = "plan") const {
    const detail::RawBindings raw(bindings);
    return detail::owned_string([&](char** result, fv_error** error) {
      return fv_explain(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(), stage,
                        result, error);
    });
  }

  /// What the ranks of a world would do: layouts, messages, bytes. Not collective.
  std::string explain(const World& world, std::string_view text, const Bindings& bindings = {}) const {
    const detail::RawBindings raw(bindings);
    return detail::owned_string([&](char** result, fv_error** error) {
      return fv_explain_distributed(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(),
                                    raw.count(), world.handle(), raw.distributions.data(), result, error);
    });
  }

  /// "key: value" lines about library, machine and session.
  std::string info() const {
    return detail::owned_string([&](char** result, fv_error** error) { return fv_info(handle_.get(), result, error); });
  }

  fv_counters counters() const {
    fv_counters counters{};
    counters.struct_size = sizeof counters;
    detail::check([&](fv_error** error) { return fv_session_counters(handle_.get(), &counters, error); });
    return counters;
  }

  /// A copy in C order of anything that can be bound, on a device ("cuda", "cuda:1" …, "cudasim"). Calls run where
  /// their inputs are; see "arrays on devices" in fuseval.h.
  template <class T>
  Array to_device(const T& value, const char* device) const {
    const View view = detail::view_of(value);
    const fv_view raw = view.raw();
    return owned(
        [&](fv_array** array, fv_error** error) { return fv_to_device(handle_.get(), &raw, device, array, error); });
  }
  template <class T>
  Array to_host(const T& value) const {
    return to_device(value, "cpu");
  }
  /// Not initialised, in C order; pinned: page-locked memory of the host, from and to which `device` copies at full
  /// speed.
  Array empty(const std::vector<std::int64_t>& shape, DType dtype, const char* device, bool pinned = false) const {
    return owned([&](fv_array** array, fv_error** error) {
      return fv_array_create(handle_.get(), device, pinned ? 1 : 0, static_cast<std::int32_t>(dtype),
                             static_cast<std::int32_t>(shape.size()), shape.data(), array, error);
    });
  }
  /// Every element, from anywhere to anywhere, any strides; shapes and dtypes must agree.
  void copy(const View& from, const View& to) const {
    const fv_view raw_from = from.raw(), raw_to = to.raw();
    detail::check([&](fv_error** error) { return fv_copy(handle_.get(), &raw_from, &raw_to, error); });
  }
  /// Waits for all that this session does on a device.
  void synchronize(const char* device) const {
    detail::check([&](fv_error** error) { return fv_synchronize(handle_.get(), device, error); });
  }
  /// The session's CUDA stream on a device.
  void* stream(const char* device) const {
    void* stream = nullptr;
    detail::check([&](fv_error** error) { return fv_session_stream(handle_.get(), device, &stream, error); });
    return stream;
  }
  /// What is asked of this session from now on waits for what a CUDA stream has now: for arrays that another library,
  /// or another session, works on there.
  void wait_for_stream(const char* device, void* stream) const {
    detail::check([&](fv_error** error) { return fv_session_wait_for_stream(handle_.get(), device, stream, error); });
  }
  /// The other way round: the stream waits for this session.
  void let_stream_wait(const char* device, void* stream) const {
    detail::check([&](fv_error** error) { return fv_stream_wait_for_session(handle_.get(), device, stream, error); });
  }

  // Distributed arrays. All of these but empty are collective.

  /// The root's array to all ranks, each its part along `axis` (-1: all of it); offsets: where the parts begin and the
  /// last one ends, empty: even. Other ranks' `whole` is not looked at.
  template <class T>
  DistributedArray scatter(const World& world, const T& whole, int root = 0, int axis = 0,
                           const std::vector<std::int64_t>& offsets = {}) const {
    const View view = detail::view_of(whole);
    const fv_view raw = view.raw();
    const std::int64_t* raw_offsets = detail::raw_offsets(world, offsets);
    return distributed([&](fv_array** local, fv_distribution** distribution, fv_error** error) {
      return fv_scatter(handle_.get(), world.handle(), world.rank() == root ? &raw : nullptr, root, axis, raw_offsets,
                        local, distribution, error);
    });
  }
  /// This rank's part of the array in a .npy file; no more is read. Mapped and read-only where it can be, unless
  /// `copy`. "file.h5:/group/dataset" is a dataset of HDF5, and never mapped.
  DistributedArray load(const World& world, const std::string& path, int axis = 0,
                        const std::vector<std::int64_t>& offsets = {}, bool copy = false) const {
    const std::int64_t* raw_offsets = detail::raw_offsets(world, offsets);
    return distributed([&](fv_array** local, fv_distribution** distribution, fv_error** error) {
      return fv_load_slab(handle_.get(), world.handle(), path.c_str(), copy ? 1 : 0, axis, raw_offsets, local,
                          distribution, error);
    });
  }
  /// Not initialised.
  DistributedArray empty(const Distribution& distribution, DType dtype) const {
    return DistributedArray(empty(distribution.local_shape(), dtype, "cpu"), distribution);
  }
  /// The whole array, on every rank.
  Array gather(const DistributedArray& array) const { return *gather(array, FV_EVERY_RANK); }
  /// On the root; none on the others.
  std::optional<Array> gather(const DistributedArray& array, int root) const {
    const fv_view raw = array.local().raw();
    fv_array* whole = nullptr;
    detail::check([&](fv_error** error) {
      return fv_gather(handle_.get(), &raw, array.distribution().handle(), root, &whole, error);
    });
    if (whole == nullptr) return std::nullopt;
    return Array(detail::Handle<fv_array, fv_array_release>(whole));
  }
  /// The same elements, cut otherwise.
  DistributedArray redistribute(const DistributedArray& array, int axis,
                                const std::vector<std::int64_t>& offsets = {}) const {
    const fv_view raw = array.local().raw();
    const std::int64_t* raw_offsets = detail::raw_offsets(array.distribution().world(), offsets);
    return distributed([&](fv_array** moved, fv_distribution** distribution, fv_error** error) {
      return fv_redistribute(handle_.get(), &raw, array.distribution().handle(), axis, raw_offsets, moved, distribution,
                             error);
    });
  }

  fv_session* handle() const { return handle_.get(); }

 private:
  template <class Make>
  static DistributedArray distributed(Make&& make) {
    fv_array* local = nullptr;
    fv_distribution* made = nullptr;
    detail::check([&](fv_error** error) { return make(&local, &made, error); });
    Distribution distribution{detail::Handle<fv_distribution, fv_distribution_release>(made)};
    return DistributedArray(Array(detail::Handle<fv_array, fv_array_release>(local)), std::move(distribution));
  }

  template <class Make>
  static Array owned(Make&& make) {
    fv_array* array = nullptr;
    detail::check([&](fv_error** error) { return make(&array, error); });
    return Array(detail::Handle<fv_array, fv_array_release>(array));
  }

  void run(std::string_view text, const Bindings& bindings, const Outputs& outputs, const RunOptions& options,
           fv_results** results) const {
    const detail::RawBindings raw(bindings);
    const detail::RawOutputs raw_outputs(outputs);
    const fv_run_options raw_options = detail::raw_options(options, raw, raw_outputs);
    detail::check([&](fv_error** error) {
      return fv_evaluate(handle_.get(), text.data(), text.size(), raw.names.data(), raw.views.data(), raw.count(),
                         raw_outputs.views.data(), raw_outputs.count(), &raw_options, results, error);
    });
  }

  Session() = default;

  detail::Handle<fv_session, fv_session_release> handle_{};  ///< none: the default session
};

}  // namespace abi_0
}  // namespace fuseval
