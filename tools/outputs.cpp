#include "tools/outputs.hpp"

#include <unistd.h>

#include <cstdio>

#include "tools/data_reference.hpp"

namespace fuseval::tools {
namespace {

Bindings named(const std::vector<View>& views, const std::vector<std::string>& names) {
  Bindings arrays;
  for (size_t k = 0; k < views.size(); ++k)
    arrays.add(k < names.size() ? names[k] : "arr_" + std::to_string(k), views[k]);
  return arrays;
}

/// With the one dataset that it then has.
void write_hdf5(const std::string& path, const View& view) {
  const fv_view raw = view.raw();
  save(path, DistributedArray(view, Distribution(alone(), {raw.shape, raw.shape + raw.rank}, -1)));
}

}  // namespace

bool format_takes_several(std::string_view format) {
  return format == "csv" || format == "tsv" || format == "txt" || format == "npz";
}

bool takes_several(const std::string& path) {
  const char* format = nullptr;
  return fv_data_format(path.c_str(), 1, &format, nullptr) == FV_OK && format_takes_several(format);
}

void check_replaced(const std::string& path, bool forced, const char* force) {
  if (forced) return;
  try {
    check_kind(path);
  } catch (const Error& error) {
    throw Error(error.code(), error.message() + "; " + force + " replaces it");
  }
}

void check_output(const std::string& path, bool forced, const char* force) {
  if (!is_hdf5(path)) format_to_write(path);
  check_replaced(path, forced, force);
}

void write_output(const std::string& path, const std::vector<View>& views, const std::vector<std::string>& names) {
  if (is_hdf5(path))
    write_hdf5(path, views.at(0));
  else
    write_data(path, named(views, names));
}

void write_to_standard_output(const std::string& format, const std::vector<View>& views,
                              const std::vector<std::string>& names) {
  std::fflush(stdout);
  write_data(STDOUT_FILENO, named(views, names), format);
}

}  // namespace fuseval::tools
