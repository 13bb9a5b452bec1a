// Programs: texts compiled once, called many times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fuseval/binding.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/options.hpp"
#include "fuseval/result.hpp"
#include "fuseval/result_type.hpp"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

namespace detail {

/// How a call's arrays are distributed, as the C ABI takes it: nothing where none is.
struct RawDistributions {
  /// `one` is of array `index` of `count`.
  void set(const Distribution& one, std::size_t index, std::size_t count) {
    if (one.is_replicated()) return;
    handles.resize(count);
    handles[index] = one.handle();
  }
  const fv_distribution* const* data() const { return handles.empty() ? nullptr : handles.data(); }

  std::vector<const fv_distribution*> handles{};
};

/// The names and views of bindings, as the C ABI takes them.
struct RawBindings {
  explicit RawBindings(const Bindings& bindings) {
    names.reserve(bindings.list().size());
    views.reserve(bindings.list().size());
    for (const Binding& binding : bindings.list()) {
      distributions.set(binding.distribution(), names.size(), bindings.list().size());
      names.push_back(binding.name().c_str());
      views.push_back(binding.view().raw());
    }
  }
  std::int32_t count() const { return static_cast<std::int32_t>(views.size()); }

  std::vector<const char*> names{};
  std::vector<fv_view> views{};
  RawDistributions distributions{};
};

/// Points into the outputs.
struct RawOutputs {
  explicit RawOutputs(const Outputs& outputs) {
    views.reserve(outputs.views().size());
    for (const View& output : outputs.views()) views.push_back(output.raw());
    for (std::size_t k = 0; k < outputs.distributions().size(); ++k)
      distributions.set(outputs.distributions()[k], k, views.size());
  }
  std::int32_t count() const { return static_cast<std::int32_t>(views.size()); }

  std::vector<fv_view> views{};
  RawDistributions distributions{};
};

/// Points into all three.
inline fv_run_options raw_options(const RunOptions& options, const RawBindings& inputs, const RawOutputs& outputs) {
  fv_run_options raw = options.raw();
  raw.input_distributions = inputs.distributions.data();
  raw.output_distributions = outputs.distributions.data();
  return raw;
}

}  // namespace detail

/// A compiled text, fixed to its inputs' names, dtypes, ranks and weakness; made by compile(). Call it with one
/// argument for each binding, in that order. Immutable: call it from any number of threads.
class Program {
 public:
  explicit Program(detail::Handle<fv_program, fv_program_release> handle) : handle_(std::move(handle)) {}

  template <class... Argument>
  Result operator()(const Argument&... inputs) const {
    fv_results* results = nullptr;
    call(nullptr, 0, &results, nullptr, inputs...);
    return Result(detail::Handle<fv_results, fv_results_release>(results));
  }

  /// The program with its outputs fixed.
  class Into {
   public:
    template <class... Argument>
    void operator()(const Argument&... inputs) const {
      program_.call(raw_.views.data(), raw_.count(), nullptr, has_options_ ? &raw_options_ : nullptr, inputs...);
    }
    Into(const Into&) = delete;
    Into& operator=(const Into&) = delete;

   private:
    friend class Program;
    Into(const Program& program, Outputs outputs) : program_(program), outputs_(std::move(outputs)), raw_(outputs_) {
      if (raw_.distributions.data()) set_options();
    }
    Into(const Program& program, Outputs outputs, const RunOptions& options)
        : program_(program), outputs_(std::move(outputs)), raw_(outputs_), options_(options) {
      set_options();
    }
    void set_options() {
      has_options_ = true;
      raw_options_ = options_.raw();
      raw_options_.output_distributions = raw_.distributions.data();
    }

    const Program& program_;
    Outputs outputs_;
    detail::RawOutputs raw_;
    bool has_options_ = false;
    RunOptions options_{};
    fv_run_options raw_options_{};
  };

  /// The same without options and distributed arrays: making it allocates nothing.
  template <class... Operand>
  class IntoPlaces {
   public:
    template <class... Argument>
    void operator()(const Argument&... inputs) const {
      const auto raw = raw_views(outputs_);
      program_.call(raw.data(), static_cast<std::int32_t>(raw.size()), nullptr, nullptr, inputs...);
    }
    IntoPlaces(const IntoPlaces&) = delete;
    IntoPlaces& operator=(const IntoPlaces&) = delete;

   private:
    friend class Program;
    IntoPlaces(const Program& program, const Operand&... outputs) : program_(program), outputs_(outputs...) {}

    const Program& program_;
    std::tuple<Operand...> outputs_;
  };

  /// program.into(out)(a, b): one output for each result. May be kept as long as program and outputs live.
  template <class... Output>
  auto into(Output&&... outputs) const {
    detail::require_lasting<Output...>();
    if constexpr (sizeof...(Output) == 0 || (detail::is_distributed<Output> || ...))
      return Into(*this, fuseval::into(std::forward<Output>(outputs)...));
    else
      return IntoPlaces<decltype(detail::output_operand_of(std::forward<Output>(outputs)))...>(
          *this, detail::output_operand_of(std::forward<Output>(outputs))...);
  }
  Into with(Outputs outputs, const RunOptions& options) const { return Into(*this, std::move(outputs), options); }

  /// Inputs by name: in any order, each once.
  Result run(const Bindings& inputs, const RunOptions& options = {}) const {
    fv_results* results = nullptr;
    run_named(inputs, {}, options, &results);
    return Result(detail::Handle<fv_results, fv_results_release>(results));
  }
  void run(const Bindings& inputs, const Outputs& outputs, const RunOptions& options = {}) const {
    run_named(inputs, outputs, options, nullptr);
  }

  /// Inputs by position that are known at run time only.
  Result run(const std::vector<View>& inputs, const RunOptions& options = {}) const {
    std::vector<fv_view> raw;
    raw.reserve(inputs.size());
    for (const View& input : inputs) raw.push_back(input.raw());
    fv_results* results = nullptr;
    const fv_run_options raw_options = options.raw();
    start(raw.data(), raw.size(), nullptr, 0, &results, &raw_options);
    return Result(detail::Handle<fv_results, fv_results_release>(results));
  }

  std::string text() const { return fv_program_text(handle_.get()); }

  /// What the program takes, in order.
  struct Input {
    std::string name;
    DType dtype;
    int rank;
    bool is_weak;
  };
  std::vector<Input> inputs() const {
    std::vector<Input> inputs;
    for (std::int32_t k = 0; k < fv_program_input_count(handle_.get()); ++k) {
      const char* name = nullptr;
      fv_view view{};
      detail::check([&](fv_error** error) { return fv_program_input(handle_.get(), k, &name, &view, error); });
      inputs.push_back({name, static_cast<DType>(view.dtype), view.rank, (view.flags & FV_VIEW_WEAK) != 0});
    }
    return inputs;
  }

  /// One for each result of operator() with these inputs. Nothing is run or compiled, and no element is read: arrays
  /// may be View::without_data(dtype, shape). Throws what the call would, but for what depends on elements.
  template <class... Argument>
  std::vector<ResultType> result_types(const Argument&... inputs) const {
    return result_types(std::vector<View>{detail::whole_of(inputs)...});
  }
  std::vector<ResultType> result_types(const std::vector<View>& inputs) const {
    std::vector<fv_view> raw;
    raw.reserve(inputs.size());
    for (const View& input : inputs) raw.push_back(input.raw());
    return detail::owned_types([&](fv_types** types, fv_error** error) {
      return fv_program_result_types(handle_.get(), raw.data(), static_cast<std::int32_t>(raw.size()), types, error);
    });
  }

  const fv_program* handle() const { return handle_.get(); }

 private:
  /// Points into the operands.
  template <class... Operand>
  static std::array<fv_view, sizeof...(Operand)> raw_views(const std::tuple<Operand...>& operands) {
    return std::apply([](const auto&... operand) { return std::array<fv_view, sizeof...(Operand)>{operand.raw()...}; },
                      operands);
  }

  template <class... Argument>
  void call(const fv_view* outputs, std::int32_t output_count, fv_results** results, const fv_run_options* options,
            const Argument&... inputs) const {
    constexpr std::size_t count = sizeof...(Argument);
    const std::tuple<decltype(detail::operand_of(inputs))...> operands(
        detail::operand_of(inputs)...);  // which `raw` points into
    const std::array<fv_view, count> raw = raw_views(operands);
    if constexpr ((detail::is_distributed<Argument> || ...)) {
      const std::array<Distribution, count> distributions{detail::distribution_of(inputs)...};
      detail::RawDistributions raw_distributions;
      for (std::size_t k = 0; k < count; ++k) raw_distributions.set(distributions[k], k, count);
      fv_run_options distributed = options ? *options : RunOptions().raw();
      distributed.input_distributions = raw_distributions.data();
      start(raw.data(), count, outputs, output_count, results, &distributed);
    } else {
      start(raw.data(), count, outputs, output_count, results, options);
    }
  }

  void start(const fv_view* inputs, std::size_t count, const fv_view* outputs, std::int32_t output_count,
             fv_results** results, const fv_run_options* options) const {
    detail::check([&](fv_error** error) {
      return fv_run(handle_.get(), inputs, static_cast<std::int32_t>(count), outputs, output_count, options, results,
                    error);
    });
  }

  void run_named(const Bindings& inputs, const Outputs& outputs, const RunOptions& options,
                 fv_results** results) const {
    const detail::RawBindings raw(inputs);
    const detail::RawOutputs raw_outputs(outputs);
    const fv_run_options raw_options = detail::raw_options(options, raw, raw_outputs);
    detail::check([&](fv_error** error) {
      return fv_run_named(handle_.get(), raw.names.data(), raw.views.data(), raw.count(), raw_outputs.views.data(),
                          raw_outputs.count(), &raw_options, results, error);
    });
  }

  detail::Handle<fv_program, fv_program_release> handle_;
};

}  // namespace abi_0
}  // namespace fuseval
