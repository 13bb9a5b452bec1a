// Compiled by a test, where a CUDA toolkit is installed: every prototype, number and layout that fuseval declares by
// hand is that of cuda.h and nvrtc.h.
#include <cuda.h>
#include <nvrtc.h>

#include <cstddef>
#include <type_traits>

#include "runtime/cuda/driver_api.hpp"
#include "runtime/cuda/nvrtc_api.hpp"

using namespace fuseval::runtime::cuda;

// Alike: the same registers and bytes. Enumerations are ours and theirs; so are the structs behind pointers, which are
// compared below.
template <class Ours, class Theirs>
constexpr bool alike() {
  if constexpr (std::is_pointer_v<Ours> && std::is_pointer_v<Theirs>) {
    using A = std::remove_pointer_t<Ours>;
    using B = std::remove_pointer_t<Theirs>;
    if constexpr (std::is_const_v<A> != std::is_const_v<B>) return false;
    if constexpr (std::is_class_v<std::remove_cv_t<A>> && std::is_class_v<std::remove_cv_t<B>>)
      return true;
    else
      return alike<std::remove_cv_t<A>, std::remove_cv_t<B>>();
  } else if constexpr (std::is_enum_v<Theirs>) {
    return std::is_enum_v<Ours> && sizeof(Ours) == sizeof(Theirs);
  } else {
    return std::is_same_v<Ours, Theirs>;
  }
}

template <class Ours, class Theirs>
struct Prototype : std::false_type {};
template <class R, class... P, class S, class... Q>
struct Prototype<R(P...), S(Q...)> {
  static constexpr bool compare() {
    if constexpr (sizeof...(P) != sizeof...(Q))
      return false;
    else
      return alike<R, S>() && (alike<P, Q>() && ...);
  }
  static constexpr bool value = compare();
};

constexpr bool equal(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a == *b;
}

// cuda.h declares functions under plain names and gives them versions by macros: a symbol that the macros would change
// is an old one, and a version that they do not yield is not declared.
// One is old on purpose: the second cuEventElapsedTime came with CUDA 12.8, and both do the same to events of ours.
constexpr bool old_on_purpose(const char* symbol) { return equal(symbol, "cuEventElapsedTime"); }
#define FUSEVAL_TEXT_OF(name) #name
#define FUSEVAL_EXPANDED(name) FUSEVAL_TEXT_OF(name)
#define FUSEVAL_COMPARE(member, symbol, ...)                                                   \
  static_assert(equal(#symbol, FUSEVAL_EXPANDED(symbol)) || old_on_purpose(#symbol), #symbol); \
  static_assert(Prototype<__VA_ARGS__, std::remove_pointer_t<decltype(&symbol)>>::value, "prototype of " #symbol);
FUSEVAL_CUDA_DRIVER(FUSEVAL_COMPARE)
FUSEVAL_NVRTC(FUSEVAL_COMPARE)

#define FUSEVAL_NUMBER(ours, theirs) \
  static_assert(static_cast<long long>(ours) == static_cast<long long>(theirs), #theirs);
FUSEVAL_NUMBER(Result::success, CUDA_SUCCESS)
FUSEVAL_NUMBER(Result::invalid_value, CUDA_ERROR_INVALID_VALUE)
FUSEVAL_NUMBER(Result::out_of_memory, CUDA_ERROR_OUT_OF_MEMORY)
FUSEVAL_NUMBER(Result::not_initialized, CUDA_ERROR_NOT_INITIALIZED)
FUSEVAL_NUMBER(Result::deinitialized, CUDA_ERROR_DEINITIALIZED)
FUSEVAL_NUMBER(Result::stub_library, CUDA_ERROR_STUB_LIBRARY)
FUSEVAL_NUMBER(Result::device_unavailable, CUDA_ERROR_DEVICE_UNAVAILABLE)
FUSEVAL_NUMBER(Result::no_device, CUDA_ERROR_NO_DEVICE)
FUSEVAL_NUMBER(Result::invalid_device, CUDA_ERROR_INVALID_DEVICE)
FUSEVAL_NUMBER(Result::invalid_image, CUDA_ERROR_INVALID_IMAGE)
FUSEVAL_NUMBER(Result::invalid_context, CUDA_ERROR_INVALID_CONTEXT)
FUSEVAL_NUMBER(Result::no_binary_for_gpu, CUDA_ERROR_NO_BINARY_FOR_GPU)
FUSEVAL_NUMBER(Result::ecc_uncorrectable, CUDA_ERROR_ECC_UNCORRECTABLE)
FUSEVAL_NUMBER(Result::invalid_ptx, CUDA_ERROR_INVALID_PTX)
FUSEVAL_NUMBER(Result::nvlink_uncorrectable, CUDA_ERROR_NVLINK_UNCORRECTABLE)
FUSEVAL_NUMBER(Result::jit_compiler_not_found, CUDA_ERROR_JIT_COMPILER_NOT_FOUND)
FUSEVAL_NUMBER(Result::unsupported_ptx_version, CUDA_ERROR_UNSUPPORTED_PTX_VERSION)
FUSEVAL_NUMBER(Result::contained, 226)  // named since CUDA 12.8
FUSEVAL_NUMBER(Result::invalid_handle, CUDA_ERROR_INVALID_HANDLE)
FUSEVAL_NUMBER(Result::not_found, CUDA_ERROR_NOT_FOUND)
FUSEVAL_NUMBER(Result::not_ready, CUDA_ERROR_NOT_READY)
FUSEVAL_NUMBER(Result::illegal_address, CUDA_ERROR_ILLEGAL_ADDRESS)
FUSEVAL_NUMBER(Result::launch_out_of_resources, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)
FUSEVAL_NUMBER(Result::launch_timeout, CUDA_ERROR_LAUNCH_TIMEOUT)
FUSEVAL_NUMBER(Result::context_is_destroyed, CUDA_ERROR_CONTEXT_IS_DESTROYED)
FUSEVAL_NUMBER(Result::device_assert, CUDA_ERROR_ASSERT)
FUSEVAL_NUMBER(Result::hardware_stack_error, CUDA_ERROR_HARDWARE_STACK_ERROR)
FUSEVAL_NUMBER(Result::illegal_instruction, CUDA_ERROR_ILLEGAL_INSTRUCTION)
FUSEVAL_NUMBER(Result::misaligned_address, CUDA_ERROR_MISALIGNED_ADDRESS)
FUSEVAL_NUMBER(Result::invalid_address_space, CUDA_ERROR_INVALID_ADDRESS_SPACE)
FUSEVAL_NUMBER(Result::invalid_pc, CUDA_ERROR_INVALID_PC)
FUSEVAL_NUMBER(Result::launch_failed, CUDA_ERROR_LAUNCH_FAILED)
FUSEVAL_NUMBER(Result::tensor_memory_leak, 721)  // named since CUDA 12.8
FUSEVAL_NUMBER(Result::not_permitted, CUDA_ERROR_NOT_PERMITTED)
FUSEVAL_NUMBER(Result::not_supported, CUDA_ERROR_NOT_SUPPORTED)
FUSEVAL_NUMBER(Result::system_not_ready, CUDA_ERROR_SYSTEM_NOT_READY)
FUSEVAL_NUMBER(Result::system_driver_mismatch, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)
FUSEVAL_NUMBER(Result::compat_not_supported_on_device, CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE)
FUSEVAL_NUMBER(Result::mps_client_terminated, CUDA_ERROR_MPS_CLIENT_TERMINATED)
FUSEVAL_NUMBER(Result::external_device, CUDA_ERROR_EXTERNAL_DEVICE)
FUSEVAL_NUMBER(Result::unknown, CUDA_ERROR_UNKNOWN)
FUSEVAL_NUMBER(DeviceAttribute::max_threads_per_block, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
FUSEVAL_NUMBER(DeviceAttribute::max_shared_memory_per_block, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK)
FUSEVAL_NUMBER(DeviceAttribute::warp_size, CU_DEVICE_ATTRIBUTE_WARP_SIZE)
FUSEVAL_NUMBER(DeviceAttribute::multiprocessor_count, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)
FUSEVAL_NUMBER(DeviceAttribute::integrated, CU_DEVICE_ATTRIBUTE_INTEGRATED)
FUSEVAL_NUMBER(DeviceAttribute::compute_mode, CU_DEVICE_ATTRIBUTE_COMPUTE_MODE)
FUSEVAL_NUMBER(DeviceAttribute::l2_cache_size, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)
FUSEVAL_NUMBER(DeviceAttribute::max_threads_per_multiprocessor, CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR)
FUSEVAL_NUMBER(DeviceAttribute::async_engine_count, CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT)
FUSEVAL_NUMBER(DeviceAttribute::unified_addressing, CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING)
FUSEVAL_NUMBER(DeviceAttribute::compute_capability_major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
FUSEVAL_NUMBER(DeviceAttribute::compute_capability_minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)
FUSEVAL_NUMBER(DeviceAttribute::max_shared_memory_per_block_optin,
               CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)
FUSEVAL_NUMBER(DeviceAttribute::memory_pools_supported, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED)
FUSEVAL_NUMBER(compute_mode_prohibited, CU_COMPUTEMODE_PROHIBITED)
FUSEVAL_NUMBER(FunctionAttribute::max_threads_per_block, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
FUSEVAL_NUMBER(FunctionAttribute::shared_size_bytes, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES)
FUSEVAL_NUMBER(FunctionAttribute::local_size_bytes, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES)
FUSEVAL_NUMBER(FunctionAttribute::num_regs, CU_FUNC_ATTRIBUTE_NUM_REGS)
FUSEVAL_NUMBER(FunctionAttribute::max_dynamic_shared_size_bytes, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
FUSEVAL_NUMBER(JitOption::info_log_buffer, CU_JIT_INFO_LOG_BUFFER)
FUSEVAL_NUMBER(JitOption::info_log_buffer_size_bytes, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES)
FUSEVAL_NUMBER(JitOption::error_log_buffer, CU_JIT_ERROR_LOG_BUFFER)
FUSEVAL_NUMBER(JitOption::error_log_buffer_size_bytes, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
FUSEVAL_NUMBER(PointerAttribute::memory_type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE)
FUSEVAL_NUMBER(PointerAttribute::device_ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL)
FUSEVAL_NUMBER(PointerAttribute::range_start_addr, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR)
FUSEVAL_NUMBER(PointerAttribute::range_size, CU_POINTER_ATTRIBUTE_RANGE_SIZE)
FUSEVAL_NUMBER(MemoryType::host, CU_MEMORYTYPE_HOST)
FUSEVAL_NUMBER(MemoryType::device, CU_MEMORYTYPE_DEVICE)
FUSEVAL_NUMBER(PoolAttribute::release_threshold, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD)
FUSEVAL_NUMBER(PoolAttribute::reserved_mem_current, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT)
FUSEVAL_NUMBER(PoolAttribute::used_mem_current, CU_MEMPOOL_ATTR_USED_MEM_CURRENT)
FUSEVAL_NUMBER(MemoryAllocationType::pinned, CU_MEM_ALLOCATION_TYPE_PINNED)
FUSEVAL_NUMBER(MemoryHandleType::none, CU_MEM_HANDLE_TYPE_NONE)
FUSEVAL_NUMBER(MemoryLocationType::device, CU_MEM_LOCATION_TYPE_DEVICE)
FUSEVAL_NUMBER(stream_non_blocking, CU_STREAM_NON_BLOCKING)
FUSEVAL_NUMBER(event_default, CU_EVENT_DEFAULT)
FUSEVAL_NUMBER(event_disable_timing, CU_EVENT_DISABLE_TIMING)
FUSEVAL_NUMBER(host_alloc_portable, CU_MEMHOSTALLOC_PORTABLE)
FUSEVAL_NUMBER(launch_param_end, CU_LAUNCH_PARAM_END_AS_INT)
FUSEVAL_NUMBER(launch_param_pointer, CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT)
FUSEVAL_NUMBER(launch_param_size, CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT)
FUSEVAL_NUMBER(NvrtcResult::success, NVRTC_SUCCESS)
FUSEVAL_NUMBER(NvrtcResult::out_of_memory, NVRTC_ERROR_OUT_OF_MEMORY)
FUSEVAL_NUMBER(NvrtcResult::invalid_option, NVRTC_ERROR_INVALID_OPTION)
FUSEVAL_NUMBER(NvrtcResult::compilation, NVRTC_ERROR_COMPILATION)
FUSEVAL_NUMBER(NvrtcResult::builtin_operation_failure, NVRTC_ERROR_BUILTIN_OPERATION_FAILURE)
FUSEVAL_NUMBER(NvrtcResult::internal_error, NVRTC_ERROR_INTERNAL_ERROR)

static_assert(sizeof(MemoryLocation) == sizeof(CUmemLocation));
static_assert(offsetof(MemoryLocation, type) == offsetof(CUmemLocation, type));
static_assert(offsetof(MemoryLocation, id) == offsetof(CUmemLocation, id));
static_assert(sizeof(PoolProperties) == sizeof(CUmemPoolProps));
static_assert(offsetof(PoolProperties, allocation_type) == offsetof(CUmemPoolProps, allocType));
static_assert(offsetof(PoolProperties, handle_types) == offsetof(CUmemPoolProps, handleTypes));
static_assert(offsetof(PoolProperties, location) == offsetof(CUmemPoolProps, location));
static_assert(offsetof(PoolProperties, win32_security_attributes) == offsetof(CUmemPoolProps, win32SecurityAttributes));
static_assert(sizeof(DeviceNumber) == sizeof(CUdevice) && sizeof(DevicePointer) == sizeof(CUdeviceptr));
