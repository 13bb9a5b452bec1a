// What results will be, before anything is run.
#pragma once

#include <cstdint>
#include <vector>

#include "fuseval/binding.hpp"
#include "fuseval/dtype.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

struct ResultType {
  DType dtype;
  std::vector<std::int64_t> shape;  ///< empty: rank 0
  bool is_weak;                     ///< a plain number: 2 + 3, a.size
};

namespace detail {

template <class F>
std::vector<ResultType> owned_types(F&& call) {
  fv_types* raw = nullptr;
  check([&](fv_error** error) { return call(&raw, error); });
  const Handle<fv_types, fv_types_release> types(raw);
  std::vector<ResultType> result;
  for (std::int32_t k = 0; k < fv_types_count(raw); ++k) {
    fv_view view{};
    check([&](fv_error** error) { return fv_types_get(raw, k, &view, error); });
    result.push_back(
        {static_cast<DType>(view.dtype), {view.shape, view.shape + view.rank}, (view.flags & FV_VIEW_WEAK) != 0});
  }
  return result;
}

/// Whole arrays in place of this rank's parts.
inline Bindings whole_bindings(const Bindings& bindings) {
  Bindings whole;
  for (const Binding& binding : bindings.list())
    whole.add(binding.name(), binding.distribution().is_replicated()
                                  ? binding.view()
                                  : View::without_data(binding.view().dtype(), binding.distribution().shape()));
  return whole;
}

}  // namespace detail

}  // namespace abi_0
}  // namespace fuseval
