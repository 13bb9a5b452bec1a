// The value of a text: one array, or several.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "fuseval/array.hpp"
#include "fuseval/distribution.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

/// What a text evaluates to. For a single value use it as the Array that it is; for a tuple result[i] or unpack<n>().
class Result : public Array {
 public:
  Result() = default;

  explicit Result(detail::Handle<fv_results, fv_results_release> handle)
      : Result(std::shared_ptr<const fv_results>(std::move(handle))) {}

  /// Number of values in the tuple; 1 for a single value.
  std::size_t count() const { return static_cast<std::size_t>(fv_results_count(owner().get())); }
  bool is_tuple() const { return fv_results_is_tuple(owner().get()) != 0; }

  Array operator[](std::size_t index) const {
    if (index >= count())
      throw Error(FV_ERROR_ARGUMENT,
                  "there is no result " + std::to_string(index) + ": there are " + std::to_string(count()));
    return Array::result(owner(), static_cast<int>(index));
  }

  /// All results: auto [mean, deviation] = result.unpack<2>();
  template <std::size_t n>
  std::array<Array, n> unpack() const {
    if (n != count())
      throw Error(FV_ERROR_ARGUMENT, "there are " + std::to_string(count()) + " results, not " + std::to_string(n));
    return unpack_as(std::make_index_sequence<n>{});
  }

  /// How a result of a distributed call is distributed; its view is this rank's part. Replicated: it is the whole.
  Distribution distribution(std::size_t index = 0) const {
    fv_distribution* distribution = nullptr;
    detail::check([&](fv_error** error) {
      return fv_results_distribution(owner().get(), static_cast<std::int32_t>(index), &distribution, error);
    });
    return Distribution(detail::Handle<fv_distribution, fv_distribution_release>(distribution));
  }

 private:
  explicit Result(const std::shared_ptr<const fv_results>& shared) : Array(Array::results(shared)) {}

  template <std::size_t... index>
  std::array<Array, sizeof...(index)> unpack_as(std::index_sequence<index...>) const {
    return {Array::result(owner(), static_cast<int>(index))...};
  }
};

}  // namespace abi_0
}  // namespace fuseval
