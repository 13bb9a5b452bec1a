// What fuseval uses of the CUDA driver API, declared by hand so that no CUDA header is needed to build: the binary
// finds libcuda at run time, or does without. Symbols carry the suffixes (_v2) that cuda.h hides behind macros; the
// variants with per-thread default streams are not used, because fuseval's streams are its own or the caller's.
// tests/unit/cuda_runtime compares every prototype, number and layout with cuda.h where a toolkit is installed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace fuseval::runtime::cuda {

using DeviceNumber = int;
using DevicePointer = unsigned long long;
using ContextHandle = struct CUctx_st*;
using StreamHandle = struct CUstream_st*;
using EventHandle = struct CUevent_st*;
using ModuleHandle = struct CUmod_st*;
using FunctionHandle = struct CUfunc_st*;
using PoolHandle = struct CUmemPoolHandle_st*;

/// CUresult: the values that fuseval tells apart. Others occur.
enum class Result : int {
  success = 0,
  invalid_value = 1,
  out_of_memory = 2,
  not_initialized = 3,
  deinitialized = 4,
  stub_library = 34,
  device_unavailable = 46,
  no_device = 100,
  invalid_device = 101,
  invalid_image = 200,
  invalid_context = 201,
  no_binary_for_gpu = 209,
  ecc_uncorrectable = 214,
  invalid_ptx = 218,
  nvlink_uncorrectable = 220,
  jit_compiler_not_found = 221,
  unsupported_ptx_version = 222,
  contained = 226,
  invalid_handle = 400,
  not_found = 500,
  not_ready = 600,
  illegal_address = 700,
  launch_out_of_resources = 701,
  launch_timeout = 702,
  context_is_destroyed = 709,
  device_assert = 710,
  hardware_stack_error = 714,
  illegal_instruction = 715,
  misaligned_address = 716,
  invalid_address_space = 717,
  invalid_pc = 718,
  launch_failed = 719,
  tensor_memory_leak = 721,
  not_permitted = 800,
  not_supported = 801,
  system_not_ready = 802,
  system_driver_mismatch = 803,
  compat_not_supported_on_device = 804,
  mps_client_terminated = 810,
  external_device = 911,
  unknown = 999,
};

/// CUdevice_attribute
enum class DeviceAttribute : int {
  max_threads_per_block = 1,
  max_shared_memory_per_block = 8,
  warp_size = 10,
  multiprocessor_count = 16,
  integrated = 18,
  compute_mode = 20,
  l2_cache_size = 38,
  max_threads_per_multiprocessor = 39,
  async_engine_count = 40,
  unified_addressing = 41,
  compute_capability_major = 75,
  compute_capability_minor = 76,
  max_shared_memory_per_block_optin = 97,
  memory_pools_supported = 115,
};

/// CUcomputemode: no context can be made on this device
inline constexpr int compute_mode_prohibited = 2;

/// CUfunction_attribute
enum class FunctionAttribute : int {
  max_threads_per_block = 0,
  shared_size_bytes = 1,
  local_size_bytes = 3,
  num_regs = 4,
  max_dynamic_shared_size_bytes = 8,
};

/// CUjit_option
enum class JitOption : int {
  info_log_buffer = 3,
  info_log_buffer_size_bytes = 4,
  error_log_buffer = 5,
  error_log_buffer_size_bytes = 6,
};

/// CUmemPool_attribute
enum class PoolAttribute : int { release_threshold = 4, reserved_mem_current = 5, used_mem_current = 7 };

/// CUpointer_attribute
enum class PointerAttribute : int { memory_type = 2, device_ordinal = 9, range_start_addr = 11, range_size = 12 };
/// CUmemorytype; none: the driver does not know the address
enum class MemoryType : unsigned { none = 0, host = 1, device = 2 };

enum class MemoryAllocationType : int { pinned = 1 };  ///< CUmemAllocationType
enum class MemoryHandleType : int { none = 0 };        ///< CUmemAllocationHandleType
enum class MemoryLocationType : int { device = 1 };    ///< CUmemLocationType

/// CUmemLocation
struct MemoryLocation {
  MemoryLocationType type = MemoryLocationType::device;
  int id = 0;
};

/// CUmemPoolProps. CUDA 11's ends in 64 reserved bytes where maxSize and usage are now; zeros mean the same to both.
struct PoolProperties {
  MemoryAllocationType allocation_type = MemoryAllocationType::pinned;
  MemoryHandleType handle_types = MemoryHandleType::none;
  MemoryLocation location;
  void* win32_security_attributes = nullptr;
  size_t max_size = 0;
  unsigned short usage = 0;
  unsigned char reserved[54] = {};
};

inline constexpr unsigned stream_non_blocking = 1;    ///< CU_STREAM_NON_BLOCKING
inline constexpr unsigned event_default = 0;          ///< CU_EVENT_DEFAULT
inline constexpr unsigned event_disable_timing = 2;   ///< CU_EVENT_DISABLE_TIMING
inline constexpr unsigned host_alloc_portable = 1;    ///< CU_MEMHOSTALLOC_PORTABLE
inline constexpr uintptr_t launch_param_end = 0;      ///< CU_LAUNCH_PARAM_END
inline constexpr uintptr_t launch_param_pointer = 1;  ///< CU_LAUNCH_PARAM_BUFFER_POINTER
inline constexpr uintptr_t launch_param_size = 2;     ///< CU_LAUNCH_PARAM_BUFFER_SIZE

/// X(member, symbol, what it returns and takes): one row a function; all are in drivers from CUDA 11.2 on.
// clang-format off
#define FUSEVAL_CUDA_DRIVER(X) \
  X(init, cuInit, Result(unsigned flags)) \
  X(driver_get_version, cuDriverGetVersion, Result(int* version)) \
  X(get_error_name, cuGetErrorName, Result(Result error, const char** name)) \
  X(get_error_string, cuGetErrorString, Result(Result error, const char** text)) \
  X(device_get_count, cuDeviceGetCount, Result(int* count)) \
  X(device_get, cuDeviceGet, Result(DeviceNumber* device, int ordinal)) \
  X(device_get_name, cuDeviceGetName, Result(char* name, int length, DeviceNumber device)) \
  X(device_get_attribute, cuDeviceGetAttribute, Result(int* value, DeviceAttribute attribute, DeviceNumber device)) \
  X(device_total_mem, cuDeviceTotalMem_v2, Result(size_t* bytes, DeviceNumber device)) \
  X(primary_ctx_retain, cuDevicePrimaryCtxRetain, Result(ContextHandle* context, DeviceNumber device)) \
  X(primary_ctx_release, cuDevicePrimaryCtxRelease_v2, Result(DeviceNumber device)) \
  X(ctx_get_current, cuCtxGetCurrent, Result(ContextHandle* context)) \
  X(ctx_push_current, cuCtxPushCurrent_v2, Result(ContextHandle context)) \
  X(ctx_pop_current, cuCtxPopCurrent_v2, Result(ContextHandle* context)) \
  X(ctx_synchronize, cuCtxSynchronize, Result()) \
  X(stream_create, cuStreamCreate, Result(StreamHandle* stream, unsigned flags)) \
  X(stream_destroy, cuStreamDestroy_v2, Result(StreamHandle stream)) \
  X(stream_synchronize, cuStreamSynchronize, Result(StreamHandle stream)) \
  X(stream_query, cuStreamQuery, Result(StreamHandle stream)) \
  X(stream_wait_event, cuStreamWaitEvent, Result(StreamHandle stream, EventHandle event, unsigned flags)) \
  X(event_create, cuEventCreate, Result(EventHandle* event, unsigned flags)) \
  X(event_destroy, cuEventDestroy_v2, Result(EventHandle event)) \
  X(event_record, cuEventRecord, Result(EventHandle event, StreamHandle stream)) \
  X(event_synchronize, cuEventSynchronize, Result(EventHandle event)) \
  X(event_query, cuEventQuery, Result(EventHandle event)) \
  X(event_elapsed_time, cuEventElapsedTime, Result(float* milliseconds, EventHandle start, EventHandle end)) \
  X(mem_get_info, cuMemGetInfo_v2, Result(size_t* free, size_t* total)) \
  X(mem_alloc, cuMemAlloc_v2, Result(DevicePointer* pointer, size_t bytes)) \
  X(mem_free, cuMemFree_v2, Result(DevicePointer pointer)) \
  X(mem_alloc_from_pool_async, cuMemAllocFromPoolAsync, \
    Result(DevicePointer* pointer, size_t bytes, PoolHandle pool, StreamHandle stream)) \
  X(mem_free_async, cuMemFreeAsync, Result(DevicePointer pointer, StreamHandle stream)) \
  X(mem_pool_create, cuMemPoolCreate, Result(PoolHandle* pool, const PoolProperties* properties)) \
  X(mem_pool_destroy, cuMemPoolDestroy, Result(PoolHandle pool)) \
  X(mem_pool_set_attribute, cuMemPoolSetAttribute, Result(PoolHandle pool, PoolAttribute attribute, void* value)) \
  X(mem_pool_get_attribute, cuMemPoolGetAttribute, Result(PoolHandle pool, PoolAttribute attribute, void* value)) \
  X(mem_pool_trim_to, cuMemPoolTrimTo, Result(PoolHandle pool, size_t bytes_to_keep)) \
  X(pointer_get_attributes, cuPointerGetAttributes, \
    Result(unsigned count, PointerAttribute* attributes, void** values, DevicePointer pointer)) \
  X(mem_host_alloc, cuMemHostAlloc, Result(void** pointer, size_t bytes, unsigned flags)) \
  X(mem_free_host, cuMemFreeHost, Result(void* pointer)) \
  X(memcpy_to_device_async, cuMemcpyHtoDAsync_v2, \
    Result(DevicePointer to, const void* from, size_t bytes, StreamHandle stream)) \
  X(memcpy_to_host_async, cuMemcpyDtoHAsync_v2, \
    Result(void* to, DevicePointer from, size_t bytes, StreamHandle stream)) \
  X(memcpy_on_device_async, cuMemcpyDtoDAsync_v2, \
    Result(DevicePointer to, DevicePointer from, size_t bytes, StreamHandle stream)) \
  X(memset_async, cuMemsetD8Async, Result(DevicePointer to, unsigned char value, size_t bytes, StreamHandle stream)) \
  X(memset_words_async, cuMemsetD32Async, Result(DevicePointer to, unsigned value, size_t count, StreamHandle stream)) \
  X(module_load, cuModuleLoadDataEx, \
    Result(ModuleHandle* module, const void* image, unsigned count, JitOption* options, void** values)) \
  X(module_unload, cuModuleUnload, Result(ModuleHandle module)) \
  X(module_get_function, cuModuleGetFunction, Result(FunctionHandle* function, ModuleHandle module, const char* name)) \
  X(func_get_attribute, cuFuncGetAttribute, Result(int* value, FunctionAttribute attribute, FunctionHandle function)) \
  X(func_set_attribute, cuFuncSetAttribute, Result(FunctionHandle function, FunctionAttribute attribute, int value)) \
  X(launch_kernel, cuLaunchKernel, \
    Result(FunctionHandle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, \
           unsigned block_y, unsigned block_z, unsigned shared_bytes, StreamHandle stream, void** parameters, \
           void** extra))
// clang-format on

/// The functions, as dlsym found them. All of them are there once a Driver exists.
struct DriverApi {
#define FUSEVAL_MEMBER(member, symbol, ...) std::add_pointer_t<__VA_ARGS__> member = nullptr;
  FUSEVAL_CUDA_DRIVER(FUSEVAL_MEMBER)
#undef FUSEVAL_MEMBER
};

}  // namespace fuseval::runtime::cuda
