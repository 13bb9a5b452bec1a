#include "engine/arrays/dlpack.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/arrays/array_copy.hpp"
#include "engine/arrays/dlpack_abi.hpp"
#include "engine/base/views.hpp"
#include "engine/plan/runtime.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"
#include "runtime/mapped_files.hpp"

namespace fuseval::engine {
namespace {

using dlpack::TypeCode;

[[noreturn]] void refuse(ErrorCode code, const std::string& why) { throw Error(code, "DLPack: " + why); }

DType dtype_of_tensor(dlpack::DataType type) {
  if (type.lanes == 1)
    for (int k = 0; k < dtype_count; ++k) {
      const auto dtype = static_cast<DType>(k);
      const TypeCode code = dtype == DType::bool_ ? TypeCode::boolean
                            : is_float(dtype)     ? TypeCode::floating
                            : is_complex(dtype)   ? TypeCode::complex
                            : is_signed(dtype)    ? TypeCode::integer
                                                  : TypeCode::unsigned_integer;
      if (code == type.code && size_of(dtype) * 8 == type.bits) return dtype;
    }
  refuse(ErrorCode::unsupported,
         fmt::format("elements of code {}, {} and {} are no dtype of fuseval's", static_cast<int>(type.code),
                     counted(type.bits, "bit"), counted(type.lanes, "lane")));
}

dlpack::DataType type_of(DType dtype) {
  const auto bits = static_cast<uint8_t>(size_of(dtype) * 8);
  if (dtype == DType::bool_) return {TypeCode::boolean, bits, 1};
  if (is_float(dtype)) return {TypeCode::floating, bits, 1};
  if (is_complex(dtype)) return {TypeCode::complex, bits, 1};
  return {is_signed(dtype) ? TypeCode::integer : TypeCode::unsigned_integer, bits, 1};
}

Place place_of_tensor(dlpack::Device device) {
  switch (device.type) {
    case dlpack::DeviceType::cpu:
    case dlpack::DeviceType::cuda_host:
      return {};
    case dlpack::DeviceType::cuda:
      return {DeviceKind::cuda, device.id};
  }
  refuse(ErrorCode::unsupported, fmt::format("the array is on a device of type {}; fuseval takes the CPU's and CUDA's",
                                             static_cast<int>(device.type)));
}

Result array_of_tensor(const dlpack::Tensor& tensor, bool is_readonly) {
  Result array;
  array.dtype = dtype_of_tensor(tensor.dtype);
  array.place = place_of_tensor(tensor.device);
  array.is_readonly = is_readonly;
  const fv_view view{tensor.data, static_cast<int32_t>(array.dtype),      tensor.rank,         tensor.shape,
                     nullptr,     static_cast<int32_t>(array.place.kind), array.place.ordinal, 0};
  validate(view, "DLPack");
  require_bounded(view, "DLPack");
  array.shape.assign(tensor.shape, tensor.shape + tensor.rank);
  array.data = static_cast<char*>(tensor.data) + tensor.byte_offset;
  const int64_t size = size_of(array.dtype);
  array.strides = c_strides(array.shape, size);
  for (size_t k = 0; tensor.strides != nullptr && k < array.strides.size(); ++k)
    if (__builtin_mul_overflow(tensor.strides[k], size, &array.strides[k]))
      refuse(ErrorCode::argument, "its strides leave the address space");
  return array;
}

/// That it is in the address space, and where it is on a device, that it is alive there and that the device can read
/// it.
void check(Session& session, const Result& array) {
  const int64_t size = size_of(array.dtype);
  const ByteExtent extent = byte_extent({array.shape, array.strides}, size, "DLPack");
  if (array.place.is_host() || extent.begin == extent.end) return;
  if (reinterpret_cast<uintptr_t>(array.data) % static_cast<uintptr_t>(size) != 0)
    refuse(
        ErrorCode::argument,
        fmt::format("its elements of {} bytes are not aligned to as many, which a device needs; copy it first", size));
  require_memory(*session.runtime()->devices.get(array.place).device, array.data + extent.begin,
                 static_cast<size_t>(extent.end - extent.begin), "DLPack");
}

/// Gives a foreign tensor back once what uses its memory is done: its owner knows nothing of our work.
template <class Managed>
struct Taken {
  std::shared_ptr<Runtime> runtime;
  Place place;
  Managed* managed = nullptr;

  Taken(std::shared_ptr<Runtime> of, Place where) : runtime(std::move(of)), place(where) {}
  ~Taken() {
    if (managed == nullptr) return;
    if (!place.is_host()) runtime->devices.get(place).device->queue().settle();
    if (managed->deleter != nullptr) managed->deleter(managed);
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
};

template <class Managed>
SharedArray take(Session& session, Managed* managed, bool is_readonly) {
  Result array = array_of_tensor(managed->tensor, is_readonly);
  check(session, array);
  auto taken = std::make_shared<Taken<Managed>>(session.runtime(), array.place);
  if (runtime::is_known_mapping(array.data)) array.mapping = taken;  // it came from here
  auto made = std::make_shared<const OwnedArray>(OwnedArray{taken, std::move(array)});
  taken->managed = managed;  // nothing can fail any more
  return made;
}

/// What a tensor that we made refers to.
template <class Managed>
struct Exported {
  Managed managed;
  SharedArray shared;
  Shape shape;
  std::vector<int64_t> strides;

  static void destroy(Managed* managed) { delete static_cast<Exported*>(managed->manager); }
};

template <class Managed>
Managed* exported(const SharedArray& shared) {
  const Result& array = shared->array;
  auto made = std::make_unique<Exported<Managed>>();
  made->shared = shared;
  made->shape = array.shape;
  const int64_t size = size_of(array.dtype);
  // Arrays that own their memory are in C order or came by DLPack: their strides are whole elements.
  for (const int64_t stride : array.strides) made->strides.push_back(stride / size);
  const dlpack::Device device = array.place.is_host() ? dlpack::Device{dlpack::DeviceType::cpu, 0}
                                                      : dlpack::Device{dlpack::DeviceType::cuda, array.place.ordinal};
  made->managed.tensor = {
      array.data,           device, static_cast<int32_t>(array.shape.size()), type_of(array.dtype), made->shape.data(),
      made->strides.data(), 0};
  made->managed.manager = made.get();
  made->managed.deleter = &Exported<Managed>::destroy;
  return &made.release()->managed;
}

}  // namespace

SharedArray from_dlpack(Session& session, void* managed, bool versioned) {
  if (!versioned) return take(session, static_cast<dlpack::ManagedTensor*>(managed), false);
  auto* const tensor = static_cast<dlpack::ManagedTensorVersioned*>(managed);
  if (tensor->version.major != dlpack::version.major)
    refuse(ErrorCode::unsupported, fmt::format("the array is of version {}.{}; fuseval reads version {}",
                                               tensor->version.major, tensor->version.minor, dlpack::version.major));
  return take(session, tensor, (tensor->flags & dlpack::flag_read_only) != 0);
}

void* to_dlpack(const SharedArray& shared, bool versioned) {
  const Result& array = shared->array;
  if (array.place.kind == DeviceKind::cudasim)
    refuse(ErrorCode::unsupported, "the simulator's memory is not for other libraries; copy it to the host");
  if (!versioned) {
    if (array.is_readonly) refuse(ErrorCode::argument, "a read-only array needs version 1, which says so");
    return exported<dlpack::ManagedTensor>(shared);
  }
  auto* const tensor = exported<dlpack::ManagedTensorVersioned>(shared);
  tensor->version = dlpack::version;
  tensor->flags = array.is_readonly ? dlpack::flag_read_only : 0;
  return tensor;
}

}  // namespace fuseval::engine
