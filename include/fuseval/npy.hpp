// Files of NumPy's .npy format.
#pragma once

#include <string>

#include "fuseval/binding.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

/// A .npy file, memory-mapped where its data can be used as it lies; may be bound like an array. The mapping lives as
/// long as this object.
class NpyFile {
 public:
  explicit NpyFile(const std::string& path, bool copy = false) {
    fv_npy* file = nullptr;
    detail::check([&](fv_error** error) { return fv_npy_open(path.c_str(), copy ? 1 : 0, &file, error); });
    handle_.reset(file);
  }

  View view() const {
    fv_view raw{};
    detail::check([&](fv_error** error) { return fv_npy_view(handle_.get(), &raw, error); });
    return View(raw);
  }

 private:
  detail::Handle<fv_npy, fv_npy_release> handle_{};
};

/// Writes anything that can be bound to a .npy file.
template <class T>
void save(const std::string& path, const T& value) {
  const View view = detail::view_of(value);
  const fv_view raw = view.raw();
  detail::check([&](fv_error** error) { return fv_npy_write(path.c_str(), &raw, error); });
}

}  // namespace abi_0
}  // namespace fuseval
