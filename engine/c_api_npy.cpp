// The C ABI of .npy files.
#include "engine/c_api_error.hpp"
#include "engine/views.hpp"
#include "runtime/npy.hpp"

struct fv_npy {
  std::shared_ptr<const fuseval::runtime::NpyFile> file;
};

using namespace fuseval::engine;

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
    const uint32_t flags = (array.readonly ? FV_VIEW_READONLY : 0u) | (array.mapped ? FV_VIEW_MAPPED : 0u);
    *view = {array.data,
             static_cast<int32_t>(array.dtype),
             static_cast<int32_t>(array.shape.size()),
             array.shape.data(),
             array.strides.data(),
             FV_DEVICE_CPU,
             0,
             flags};
  });
}

void fv_npy_release(fv_npy* file) { release_handle(file); }

fv_status fv_npy_write(const char* path, const fv_view* view, fv_error** error) {
  return guard(error, {}, [&] {
    require(path != nullptr && view != nullptr, "path or view is NULL");
    validate(*view, "view");
    require_bounded(*view, "view");
    if (view->device_type != FV_DEVICE_CPU)
      throw fuseval::Error(fuseval::ErrorCode::argument,
                           "the view is on a device; copy it to the host first (fv_to_host)");
    fuseval::runtime::write_npy(path, array_of(*view));
  });
}
