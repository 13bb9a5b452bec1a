// Data files: arrays under names, in .npy, .npz, .csv, .tsv, .txt and raw files, pipes and descriptors.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuseval/binding.hpp"
#include "fuseval/dtype.hpp"
#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"
#include "fuseval/view.hpp"

namespace fuseval {
inline namespace abi_0 {

/// fv_data_options, where it says what each is for.
struct DataOptions {
  std::string format{};               ///< empty: by the ending, or what a pipe begins with
  std::optional<DType> dtype{};       ///< of raw elements
  std::vector<std::int64_t> shape{};  ///< of raw elements; empty: one axis
  std::vector<std::string> names{};   ///< columns or members to read; empty: all
  bool passes_over_missing = false;   ///< names that the file does not have are no error
  bool together = false;              ///< a table's columns as one array
  bool copy = false;                  ///< nothing is mapped
};

namespace detail {

/// A call of the C ABI with options that live as long as it lasts. path: empty stands for the descriptor.
template <class Call>
void with_data_options(const std::string& path, int descriptor, const DataOptions& options, Call&& call) {
  std::vector<const char*> names;
  for (const std::string& name : options.names) names.push_back(name.c_str());
  fv_data_options raw{};
  raw.struct_size = sizeof raw;
  raw.format = options.format.empty() ? nullptr : options.format.c_str();
  raw.descriptor = descriptor;
  raw.together = options.together ? 1 : 0;
  raw.copy = options.copy ? 1 : 0;
  raw.rank = static_cast<std::int32_t>(options.shape.size());
  raw.shape = options.shape.empty() ? nullptr : options.shape.data();
  raw.dtype = options.dtype ? fv_dtype_name(static_cast<std::int32_t>(*options.dtype)) : nullptr;
  raw.names = names.empty() ? nullptr : names.data();
  raw.name_count = static_cast<std::int32_t>(names.size());
  raw.passes_over_missing = options.passes_over_missing ? 1 : 0;
  check([&](fv_error** error) { return call(path.empty() ? nullptr : path.c_str(), &raw, error); });
}

}  // namespace detail

/// The arrays of a file, which live as long as this object. Movable, not copyable; may be used by several threads.
class DataFile {
 public:
  explicit DataFile(const std::string& path, const DataOptions& options = {}) {
    if (path.empty()) throw Error(FV_ERROR_ARGUMENT, "the path is empty");
    open(path, -1, options);
  }
  /// An open file, pipe or socket, which is read to its end and stays open.
  static DataFile of_descriptor(int descriptor, const DataOptions& options = {}) {
    DataFile file;
    file.open({}, descriptor, options);
    return file;
  }

  /// In the file's order; one empty name where the format has none.
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (std::int32_t k = 0; k < fv_data_count(handle_.get()); ++k) result.emplace_back(fv_data_name(handle_.get(), k));
    return result;
  }

  /// The only array; FV_ERROR_ARGUMENT if there are several.
  View view() const {
    const std::int32_t count = fv_data_count(handle_.get());
    if (count == 1) return at(0);
    throw Error(FV_ERROR_ARGUMENT, "the file has " + std::to_string(count) + " arrays; say which by its name");
  }

  /// A column or member. Error(FV_ERROR_ARGUMENT): there is none of that name; FV_ERROR_FILE: it is no array of
  /// numbers.
  View view(const std::string& name) const {
    const std::vector<std::string> known = names();
    for (std::size_t k = 0; k < known.size(); ++k)
      if (known[k] == name) return at(static_cast<std::int32_t>(k));
    throw Error(FV_ERROR_ARGUMENT, "the file has no array \"" + name + "\"");
  }

  View at(std::int32_t index) const {
    fv_view raw{};
    detail::check([&](fv_error** error) { return fv_data_view(handle_.get(), index, &raw, error); });
    return View(raw);
  }

 private:
  DataFile() = default;
  void open(const std::string& path, int descriptor, const DataOptions& options) {
    fv_data* data = nullptr;
    detail::with_data_options(path, descriptor, options,
                              [&](const char* place, const fv_data_options* raw, fv_error** error) {
                                return fv_data_open(place, raw, &data, error);
                              });
    handle_.reset(data);
  }

  detail::Handle<fv_data, fv_data_release> handle_{};
};

namespace detail {

inline void write_data(const std::string& path, int descriptor, const std::string& format, const Bindings& arrays) {
  std::vector<const char*> names;
  std::vector<fv_view> views;
  for (const Binding& array : arrays.list()) {
    names.push_back(array.name().c_str());
    views.push_back(array.view().raw());
  }
  DataOptions options;
  options.format = format;
  with_data_options(path, descriptor, options, [&](const char* place, const fv_data_options* raw, fv_error** error) {
    return fv_data_write(place, names.data(), views.data(), static_cast<std::int32_t>(views.size()), raw, error);
  });
}

}  // namespace detail

/// Writes one array, or the columns of a text table with their names, whole or not at all (fv_data_write). format:
/// empty stands for that of the ending.
inline void write_data(const std::string& path, const Bindings& arrays, const std::string& format = {}) {
  if (path.empty()) throw Error(FV_ERROR_ARGUMENT, "the path is empty");
  detail::write_data(path, -1, format, arrays);
}
/// The same to an open descriptor, which stays open; as .npy data if no format is given.
inline void write_data(int descriptor, const Bindings& arrays, const std::string& format = {}) {
  detail::write_data({}, descriptor, format, arrays);
}

/// The format of a path's ending ("csv"). Error(FV_ERROR_ARGUMENT) if there is none that is read, or written.
inline std::string format_to_read(const std::string& path) {
  const char* format = nullptr;
  detail::check([&](fv_error** error) { return fv_data_format(path.c_str(), 0, &format, error); });
  return format;
}
inline std::string format_to_write(const std::string& path) {
  const char* format = nullptr;
  detail::check([&](fv_error** error) { return fv_data_format(path.c_str(), 1, &format, error); });
  return format;
}

/// Error(FV_ERROR_FILE) if there is a file of another kind than its ending says, which writing would destroy.
inline void check_kind(const std::string& path) {
  detail::check([&](fv_error** error) { return fv_file_check_kind(path.c_str(), error); });
}

}  // namespace abi_0
}  // namespace fuseval
