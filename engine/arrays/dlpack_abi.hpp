// DLPack's C structures, by hand: https://dmlc.github.io/dlpack/latest/c_api.html (versions 0 and 1). Arrays cross
// libraries by them, without a copy.
#pragma once

#include <cstdint>

namespace fuseval::engine::dlpack {

/// DLDeviceType: those that fuseval can look at
enum class DeviceType : int32_t { cpu = 1, cuda = 2, cuda_host = 3 };
/// DLDataTypeCode
enum class TypeCode : uint8_t { integer = 0, unsigned_integer = 1, floating = 2, complex = 5, boolean = 6 };

struct Device {
  DeviceType type;
  int32_t id;
};
struct DataType {
  TypeCode code;
  uint8_t bits;
  uint16_t lanes;
};
struct Tensor {
  void* data;
  Device device;
  int32_t rank;
  DataType dtype;
  int64_t* shape;
  int64_t* strides;  ///< in elements; may be null before version 1.2: C order
  uint64_t byte_offset;
};
/// DLManagedTensor: version 0
struct ManagedTensor {
  Tensor tensor;
  void* manager;
  void (*deleter)(ManagedTensor* self);
};
struct Version {
  uint32_t major, minor;
};
/// DLManagedTensorVersioned: version 1
struct ManagedTensorVersioned {
  Version version;
  void* manager;
  void (*deleter)(ManagedTensorVersioned* self);
  uint64_t flags;
  Tensor tensor;
};
inline constexpr Version version{1, 1};
inline constexpr uint64_t flag_read_only = 1;

static_assert(sizeof(DataType) == 4 && sizeof(Device) == 8 && sizeof(Tensor) == 48);
static_assert(sizeof(ManagedTensor) == 64 && sizeof(ManagedTensorVersioned) == 80);

}  // namespace fuseval::engine::dlpack
