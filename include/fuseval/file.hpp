// Atomic writing of files, and guarded reading of mapped arrays by the host.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

/// Writes or replaces a file atomically, as save() does (fv_file_write).
inline void write_file(const std::string& path, std::string_view bytes) {
  detail::check([&](fv_error** error) { return fv_file_write(path.c_str(), bytes.data(), bytes.size(), error); });
}

/// Throws Error if save() or write_file() cannot write these files, or two paths are one file (fv_files_check).
inline void check_files(const std::vector<std::string>& paths) {
  std::vector<const char*> raw;
  for (const std::string& path : paths) raw.push_back(path.c_str());
  detail::check(
      [&](fv_error** error) { return fv_files_check(raw.data(), static_cast<std::int32_t>(raw.size()), error); });
}

/// Calls read(), which may read elements of the views by their addresses, and throws Error(FV_ERROR_FILE) if one of
/// them is a mapped file that has shrunk or changed (fv_read_mapped).
template <class Read>
void read_mapped(const std::vector<View>& views, Read read) {
  struct Call {
    Read& read;
    std::exception_ptr thrown;
  } call{read, nullptr};
  std::vector<fv_view> raw;
  for (const View& view : views) raw.push_back(view.raw());
  const auto run = [](void* context) {
    auto& each = *static_cast<Call*>(context);
    try {
      each.read();
    } catch (...) {
      each.thrown = std::current_exception();
    }
  };
  detail::check([&](fv_error** error) {
    return fv_read_mapped(raw.data(), static_cast<std::int32_t>(raw.size()), run, &call, error);
  });
  if (call.thrown) std::rethrow_exception(call.thrown);
}

}  // namespace abi_0
}  // namespace fuseval
