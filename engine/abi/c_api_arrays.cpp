// The C ABI: arrays that own their memory, on the host or a device, and the order of work on devices.
#include "engine/abi/c_api_handles.hpp"
#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/dlpack.hpp"
#include "engine/base/views.hpp"
#include "engine/plan/runtime.hpp"

using namespace fuseval::engine;

namespace {

Place place_given(const char* device) {
  require(device != nullptr, "device is NULL");
  return place_named(device);
}

Device& device_of(Session& session, const char* name) {
  const Place place = place_given(name);
  if (place.is_host())
    throw fuseval::Error(fuseval::ErrorCode::argument,
                         "the CPU has no stream: what it does is done when a call returns");
  return *session.runtime()->devices.get(place).device;
}

/// An array that is yet to be made.
fv_view described(int32_t dtype, int32_t rank, const int64_t* shape) {
  require(rank <= 0 || shape != nullptr, "shape is NULL");
  const fv_view wanted{nullptr, dtype, rank, shape, nullptr, FV_DEVICE_CPU, 0, 0};
  validate_description(wanted, "the array");
  return wanted;
}

}  // namespace

fv_status fv_array_create(fv_session* session, const char* device, int32_t pinned, int32_t dtype, int32_t rank,
                          const int64_t* shape, fv_array** array, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    require(array != nullptr, "array is NULL");
    *array = nullptr;
    const fv_view wanted = described(dtype, rank, shape);
    *array = make_array(used.get(),
                        new_array(used.get(), place_given(device), pinned != 0, dtype_of(wanted), shape_of(wanted)));
  });
}

fv_status fv_to_device(fv_session* session, const fv_view* view, const char* device, fv_array** array,
                       fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    require(array != nullptr, "array is NULL");
    *array = nullptr;
    require(view != nullptr, "view is NULL");
    *array = make_array(used.get(), copied_to(used.get(), *view, place_given(device)));
  });
}

fv_status fv_to_host(fv_session* session, const fv_view* view, fv_array** array, fv_error** error) {
  return fv_to_device(session, view, "cpu", array, error);
}

fv_status fv_copy(fv_session* session, const fv_view* from, const fv_view* to, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    require(from != nullptr && to != nullptr, "from or to is NULL");
    copy_array(used.get(), *from, *to);
  });
}

fv_status fv_array_view(const fv_array* array, fv_view* view, fv_error** error) {
  const Use used(array);
  return guard(error, {}, [&] {
    const fv_array& known = used.get("array");
    require(view != nullptr, "view is NULL");
    *view = view_of(known.shared->array);
  });
}

fv_status fv_results_array(const fv_results* results, int32_t index, fv_array** array, fv_error** error) {
  const Use used(results);
  return guard(error, {}, [&] {
    require(array != nullptr, "array is NULL");
    *array = nullptr;
    const std::shared_ptr<const Results>& shared = used.get("results").results;
    require(index >= 0 && static_cast<size_t>(index) < shared->items.size(), "there is no result of that index");
    const Result& item = shared->items[static_cast<size_t>(index)];
    if (item.buffer.size() == 0 && !item.on_device && item.data != nullptr)
      throw fuseval::Error(fuseval::ErrorCode::argument, "the result was written to an output, which is the caller's");
    Result view;
    view.data = item.data;
    view.place = item.place;
    view.dtype = item.dtype;
    view.shape = item.shape;
    view.strides = item.strides;
    *array = make_handle<fv_array>("array", std::make_shared<const OwnedArray>(OwnedArray{shared, std::move(view)}));
  });
}

fv_status fv_array_from_dlpack(fv_session* session, void* managed, int32_t versioned, fv_array** array,
                               fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    require(array != nullptr, "array is NULL");
    *array = nullptr;
    require(managed != nullptr, "managed is NULL");
    *array = make_handle<fv_array>("array", from_dlpack(used.get(), managed, versioned != 0));
  });
}

fv_status fv_array_to_dlpack(const fv_array* array, int32_t versioned, void** managed, fv_error** error) {
  const Use used(array);
  return guard(error, {}, [&] {
    require(managed != nullptr, "managed is NULL");
    *managed = nullptr;
    *managed = to_dlpack(used.get("array").shared, versioned != 0);
  });
}

void fv_array_release(fv_array* array) { release_handle(array); }

fv_status fv_synchronize(fv_session* session, const char* device, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] { device_of(used.get(), device).queue().synchronize(); });
}

fv_status fv_session_stream(fv_session* session, const char* device, void** stream, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    require(stream != nullptr, "stream is NULL");
    *stream = nullptr;
    *stream = device_of(used.get(), device).queue().native();
  });
}

fv_status fv_session_wait_for_stream(fv_session* session, const char* device, void* stream, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    Device& known = device_of(used.get(), device);
    known.queue().wait_for(*known.borrow_queue(stream));
  });
}

fv_status fv_stream_wait_for_session(fv_session* session, const char* device, void* stream, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    Device& known = device_of(used.get(), device);
    known.borrow_queue(stream)->wait_for(known.queue());
  });
}
