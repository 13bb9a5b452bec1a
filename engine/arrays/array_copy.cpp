#include "engine/arrays/array_copy.hpp"

#include <fmt/format.h>

#include "engine/base/views.hpp"
#include "engine/dispatch/local_call.hpp"
#include "engine/run/mapped_ranges.hpp"
#include "ir/checked.hpp"
#include "ir/error.hpp"

namespace fuseval::engine {
namespace {

bool is_c_order(const fv_view& view) {
  return view.byte_strides == nullptr || strides_of(view) == c_strides(shape_of(view), size_of(dtype_of(view)));
}

size_t bytes_of(const fv_view& view) {
  return static_cast<size_t>(element_count(shape_of(view)) * size_of(dtype_of(view)));
}

void check_pair(const fv_view& from, const fv_view& to) {
  for (const auto& [view, name] : {std::pair(&from, "from"), std::pair(&to, "to")}) {
    validate(*view, name);
    require_bounded(*view, name);
  }
  if (from.dtype != to.dtype)
    throw Error(ErrorCode::dtype, fmt::format("cannot copy {0} to an array of {1}; evaluate \"a.astype({1})\" into it",
                                              name_of(dtype_of(from)), name_of(dtype_of(to))));
  if (shape_of(from) != shape_of(to))
    throw Error(ErrorCode::shape, fmt::format("cannot copy an array of shape {} to one of shape {}",
                                              to_string(shape_of(from)), to_string(shape_of(to))));
  if ((to.flags & FV_VIEW_READONLY) != 0) throw Error(ErrorCode::argument, "the array to copy to is read-only");
}

// Bytes that lie the same way in both: no kernel is needed.
void copy_bytes(DeviceSpace& space, const fv_view& from, const fv_view& to) {
  Device& device = *space.device;
  DeviceQueue& queue = device.queue();
  char* const target = static_cast<char*>(to.data);
  const char* const source = static_cast<const char*>(from.data);
  const size_t bytes = bytes_of(from);
  if (!place_of(from).is_host()) require_memory(device, source, bytes, "from");
  if (!place_of(to).is_host()) require_memory(device, target, bytes, "to");
  if (place_of(from) == place_of(to)) return queue.copy(target, source, bytes);
  read_guarded(from, [&] {
    try {
      place_of(to).is_host() ? queue.download(target, source, bytes) : queue.upload(target, source, bytes);
      queue.synchronize();
    } catch (...) {
      queue.settle();
      throw;
    }
  });
}

bool overlap(const fv_view& from, const fv_view& to) {
  const auto a = reinterpret_cast<uintptr_t>(from.data), b = reinterpret_cast<uintptr_t>(to.data);
  return a < b + bytes_of(to) && b < a + bytes_of(from);
}

// Strides of all kinds are what programs are for.
void copy_by_program(Session& session, const fv_view& from, const fv_view& to) {
  const char* const name = "a";
  RunOptions options;
  run_locally(*session.program("a", &name, &from, 1), &from, 1, &to, 1, options, nullptr);
}

}  // namespace

Result new_array(Session& session, Place place, bool pinned, DType dtype, const Shape& shape) {
  Runtime& runtime = *session.runtime();
  Result array;
  array.dtype = dtype;
  array.shape = shape;
  array.strides = c_strides(shape, size_of(dtype));
  const auto bytes = static_cast<size_t>(checked_multiply(element_count(shape), size_of(dtype)));
  if (bytes > runtime.memory_limit)
    throw Error(ErrorCode::limit, fmt::format("an array of shape {} takes more than the {} bytes that are allowed",
                                              to_string(shape), runtime.memory_limit));
  if (place.is_host()) {
    if (pinned) throw Error(ErrorCode::argument, "pinned memory is for copies from and to a device: name one");
    array.buffer = runtime::Buffer(std::max<size_t>(bytes, 1), runtime.hooks.memory());
    array.data = array.buffer.data();
    return array;
  }
  Device& device = *runtime.devices.get(place).device;
  if (!pinned) array.place = place;
  if (bytes > 0) array.on_device = pinned ? device.allocate_pinned(bytes) : device.allocate(bytes);
  array.data = bytes > 0 ? array.on_device->data() : nullptr;
  return array;
}

fv_view view_of(const Result& array) {
  return {array.data,
          static_cast<int32_t>(array.dtype),
          static_cast<int32_t>(array.shape.size()),
          array.shape.data(),
          array.strides.data(),
          static_cast<int32_t>(array.place.kind),
          array.place.ordinal,
          (array.is_weak ? FV_VIEW_WEAK : 0u) | (array.is_readonly ? FV_VIEW_READONLY : 0u) |
              (array.mapping ? FV_VIEW_MAPPED : 0u)};
}

void copy_array(Session& session, const fv_view& from, const fv_view& to) {
  check_pair(from, to);
  if (bytes_of(from) == 0) return;
  const Place source = place_of(from), target = place_of(to);
  if (source.is_host() && target.is_host()) return copy_by_program(session, from, to);
  if (!source.is_host() && !target.is_host() && source != target) {  // two devices: through the host
    const Result between = copied_to(session, from, {});
    return copy_array(session, view_of(between), to);
  }
  const bool plain = is_c_order(from) && is_c_order(to) && (source != target || !overlap(from, to));
  if (!plain) return copy_by_program(session, from, to);
  copy_bytes(session.runtime()->devices.get(source.is_host() ? target : source), from, to);
}

Result copied_to(Session& session, const fv_view& from, Place place) {
  validate(from, "the array");
  Result array = new_array(session, place, false, dtype_of(from), shape_of(from));
  copy_array(session, from, view_of(array));
  return array;
}

}  // namespace fuseval::engine
