// The C ABI of files: arrays that lie in them, and files that are written whole or not at all.
#include <vector>

#include "engine/abi/c_api_error.hpp"
#include "engine/base/views.hpp"
#include "engine/run/mapped_ranges.hpp"
#include "runtime/file_target.hpp"
#include "runtime/hdf5_name.hpp"
#include "runtime/npy.hpp"
#include "runtime/temporary_file.hpp"
#include "runtime/unfinished_names.hpp"

struct fv_npy {
  std::shared_ptr<const fuseval::runtime::NpyFile> file;
};

using namespace fuseval::engine;
using fuseval::Error;
using fuseval::ErrorCode;
using fuseval::runtime::FileTarget;

namespace {

FileTarget target_of(const char* path) {
  const auto hdf5 = fuseval::runtime::hdf5_name(path);
  return FileTarget(hdf5 ? hdf5->file : path);
}

void require_apart(const std::vector<FileTarget>& targets) {
  using fuseval::runtime::quoted;
  for (size_t k = 0; k < targets.size(); ++k)
    for (size_t j = 0; j < k; ++j)
      if (targets[j].is_same_file(targets[k]))
        throw Error(ErrorCode::argument,
                    targets[j].given() == targets[k].given()
                        ? quoted(targets[k].given()) + " would be written twice"
                        : quoted(targets[j].given()) + " and " + quoted(targets[k].given()) + " are one file");
}

}  // namespace

fv_status fv_npy_open(const char* path, int32_t copy, fv_npy** file, fv_error** error) {
  return guard(error, {}, [&] {
    require(file != nullptr, "file is NULL");
    *file = nullptr;
    require(path != nullptr, "path is NULL");
    *file = make_handle<fv_npy>("npy file", fuseval::runtime::NpyFile::open(path, copy != 0));
  });
}

fv_status fv_npy_view(const fv_npy* file, fv_view* view, fv_error** error) {
  const Use used(file);
  return guard(error, {}, [&] {
    const fuseval::runtime::ArrayView& array = used.get("file").file->view();
    require(view != nullptr, "view is NULL");
    *view = view_of(array);
  });
}

void fv_npy_release(fv_npy* file) { release_handle(file); }

fv_status fv_npy_write(const char* path, const fv_view* view, fv_error** error) {
  return guard(error, {}, [&] {
    require(path != nullptr && view != nullptr, "path or view is NULL");
    validate(*view, "view");
    require_bounded(*view, "view");
    require_host(*view);
    fuseval::runtime::write_npy(path, array_of(*view));
  });
}

fv_status fv_file_write(const char* path, const void* data, size_t bytes, fv_error** error) {
  return guard(error, {}, [&] {
    require(path != nullptr, "path is NULL");
    require(data != nullptr || bytes == 0, "data is NULL");
    fuseval::runtime::TemporaryFile file{FileTarget(path)};
    file.write(static_cast<const char*>(data), bytes);
    file.finish();
  });
}

fv_status fv_files_check(const char* const* paths, int32_t count, fv_error** error) {
  return guard(error, {}, [&] {
    require(count <= 0 || paths != nullptr, "paths is NULL");
    std::vector<FileTarget> targets;
    for (int32_t k = 0; k < count; ++k) {
      require(paths[k] != nullptr, "a path is NULL");
      targets.push_back(target_of(paths[k]));
    }
    require_apart(targets);
    for (const FileTarget& target : targets) const fuseval::runtime::TemporaryFile file(target);
  });
}

void fv_files_discard(void) { fuseval::runtime::discard_unfinished(); }

fv_status fv_read_mapped(const fv_view* views, int32_t count, void (*read)(void* context), void* context,
                         fv_error** error) {
  return guard(error, {}, [&] {
    require(count <= 0 || views != nullptr, "views is NULL");
    require(read != nullptr, "read is NULL");
    std::vector<fuseval::runtime::AddressRange> mapped;
    for (int32_t k = 0; k < count; ++k) {
      validate(views[k], "a view");
      if ((views[k].flags & FV_VIEW_MAPPED) == 0) continue;
      require_host(views[k]);
      require_bounded(views[k], "a view");
      mapped.push_back(fuseval::runtime::address_range(array_of(views[k])));
    }
    read_guarded(mapped, [&] { read(context); });
  });
}
