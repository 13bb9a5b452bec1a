// The C ABI of data files: arrays under names, in any format.
#include "engine/abi/c_api_error.hpp"
#include "engine/abi/c_api_options.hpp"
#include "engine/base/views.hpp"
#include "runtime/formats/data_file.hpp"
#include "runtime/hdf5_name.hpp"

struct fv_data {
  fuseval::runtime::DataArrays data;
};

using namespace fuseval::engine;
using fuseval::Error;
using fuseval::ErrorCode;
namespace runtime = fuseval::runtime;

namespace {

const runtime::Format* format_of(const fv_data_options& options) {
  if (options.format == nullptr) return nullptr;
  const runtime::Format* format = runtime::format_named(options.format);
  if (format == nullptr) throw Error(ErrorCode::argument, fmt::format("there is no format '{}'", options.format));
  return format;
}

runtime::ReadOptions read_options_of(const fv_data_options& raw) {
  runtime::ReadOptions options;
  options.together = raw.together != 0;
  options.copy = raw.copy != 0;
  options.passes_over_missing = raw.passes_over_missing != 0;
  if (raw.dtype != nullptr) {
    options.dtype = fuseval::dtype_from_name(raw.dtype);
    if (!options.dtype) throw Error(ErrorCode::argument, fmt::format("dtype: '{}' is no dtype", raw.dtype));
  }
  if (raw.rank < 0 || raw.rank > FV_MAX_RANK || raw.name_count < 0)
    throw Error(ErrorCode::invalid_handle, "fv_data_options: rank or name_count is out of range");
  if (raw.shape != nullptr) {
    options.shape.emplace(raw.shape, raw.shape + raw.rank);
    for (const int64_t extent : *options.shape)
      if (extent < 0) throw Error(ErrorCode::argument, "fv_data_options: an extent of the shape is negative");
    fuseval::element_count(*options.shape);
  }
  for (int32_t k = 0; raw.names != nullptr && k < raw.name_count; ++k) {
    require(raw.names[k] != nullptr, "a name is NULL");
    options.names.emplace_back(raw.names[k]);
  }
  return options;
}

runtime::DataPlace place_of(const char* path, const fv_data_options& options) {
  if (path == nullptr) return {"", options.descriptor};
  if (*path == '\0') throw Error(ErrorCode::argument, "the path is empty");
  return {path, -1};
}

const runtime::DataArray* array_at(const Use<const fv_data>& used, int32_t index) {
  if (!used.is_alive() || index < 0 || static_cast<size_t>(index) >= used->data.arrays.size()) return nullptr;
  return &used->data.arrays[static_cast<size_t>(index)];
}

std::vector<runtime::NamedView> named_views(const char* const* names, const fv_view* views, int32_t count) {
  require(count > 0 && views != nullptr, "there are no views");
  require(count == 1 || names != nullptr, "names is NULL");
  std::vector<runtime::NamedView> arrays;
  for (int32_t k = 0; k < count; ++k) {
    require(names == nullptr || names[k] != nullptr, "a name is NULL");
    validate(views[k], "a view");
    require_bounded(views[k], "a view");
    require_host(views[k]);
    arrays.push_back({names == nullptr ? "" : names[k], array_of(views[k])});
  }
  return arrays;
}

}  // namespace

fv_status fv_data_open(const char* path, const fv_data_options* options, fv_data** data, fv_error** error) {
  return guard(error, {}, [&] {
    require(data != nullptr, "data is NULL");
    *data = nullptr;
    const fv_data_options given = read_options(options, "fv_data_options");
    require(path != nullptr || options != nullptr, "path and options are NULL");
    *data = make_handle<fv_data>("data",
                                 runtime::open_data(place_of(path, given), format_of(given), read_options_of(given)));
  });
}

int32_t fv_data_count(const fv_data* data) {
  const Use used(data);
  return used.is_alive() ? static_cast<int32_t>(used->data.arrays.size()) : 0;
}

const char* fv_data_name(const fv_data* data, int32_t index) {
  const Use used(data);
  const runtime::DataArray* array = array_at(used, index);
  return array == nullptr ? nullptr : array->name.c_str();
}

fv_status fv_data_view(const fv_data* data, int32_t index, fv_view* view, fv_error** error) {
  const Use used(data);
  return guard(error, {}, [&] {
    used.get("data");
    require(view != nullptr, "view is NULL");
    const runtime::DataArray* array = array_at(used, index);
    if (array == nullptr) throw Error(ErrorCode::argument, fmt::format("there is no array of index {}", index));
    if (!array->fault.empty()) throw Error(ErrorCode::file, array->fault);
    *view = view_of(array->view);
  });
}

void fv_data_release(fv_data* data) { release_handle(data); }

fv_status fv_data_write(const char* path, const char* const* names, const fv_view* views, int32_t count,
                        const fv_data_options* options, fv_error** error) {
  return guard(error, {}, [&] {
    const fv_data_options given = read_options(options, "fv_data_options");
    require(path != nullptr || options != nullptr, "path and options are NULL");
    const runtime::Format* format = format_of(given);
    if (format == nullptr && path == nullptr) format = runtime::format_named("npy");
    runtime::write_data(place_of(path, given), format, named_views(names, views, count));
  });
}

fv_status fv_data_format(const char* path, int32_t writes, const char** format, fv_error** error) {
  return guard(error, {}, [&] {
    require(format != nullptr, "format is NULL");
    *format = nullptr;
    require(path != nullptr, "path is NULL");
    // Names in the table are literals, which end with a zero.
    *format = (writes != 0 ? runtime::format_to_write(path) : runtime::format_to_read(path)).name.data();
  });
}

fv_status fv_file_check_kind(const char* path, fv_error** error) {
  return guard(error, {}, [&] {
    require(path != nullptr, "path is NULL");
    const auto hdf5 = runtime::hdf5_name(path);
    runtime::require_kind_of_ending(hdf5 ? hdf5->file : path);
  });
}
