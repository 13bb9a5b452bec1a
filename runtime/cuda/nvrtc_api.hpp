// What fuseval uses of NVRTC, declared by hand like the driver's API (driver_api.hpp).
#pragma once

#include <cstddef>
#include <type_traits>

namespace fuseval::runtime::cuda {

using NvrtcProgram = struct _nvrtcProgram*;

/// nvrtcResult: the values that fuseval tells apart. Others occur.
enum class NvrtcResult : int {
  success = 0,
  out_of_memory = 1,
  invalid_option = 5,
  compilation = 6,
  builtin_operation_failure = 7,
  internal_error = 11,
};

/// X(member, symbol, what it returns and takes): all are in NVRTC from CUDA 11.2 on.
// clang-format off
#define FUSEVAL_NVRTC(X) \
  X(get_error_string, nvrtcGetErrorString, const char*(NvrtcResult result)) \
  X(version, nvrtcVersion, NvrtcResult(int* major, int* minor)) \
  X(get_num_supported_archs, nvrtcGetNumSupportedArchs, NvrtcResult(int* count)) \
  X(get_supported_archs, nvrtcGetSupportedArchs, NvrtcResult(int* archs)) \
  X(create_program, nvrtcCreateProgram, \
    NvrtcResult(NvrtcProgram* program, const char* text, const char* name, int headers, const char* const* sources, \
                const char* const* names)) \
  X(destroy_program, nvrtcDestroyProgram, NvrtcResult(NvrtcProgram* program)) \
  X(compile_program, nvrtcCompileProgram, NvrtcResult(NvrtcProgram program, int count, const char* const* options)) \
  X(get_ptx_size, nvrtcGetPTXSize, NvrtcResult(NvrtcProgram program, size_t* bytes)) \
  X(get_ptx, nvrtcGetPTX, NvrtcResult(NvrtcProgram program, char* ptx)) \
  X(get_cubin_size, nvrtcGetCUBINSize, NvrtcResult(NvrtcProgram program, size_t* bytes)) \
  X(get_cubin, nvrtcGetCUBIN, NvrtcResult(NvrtcProgram program, char* cubin)) \
  X(get_program_log_size, nvrtcGetProgramLogSize, NvrtcResult(NvrtcProgram program, size_t* bytes)) \
  X(get_program_log, nvrtcGetProgramLog, NvrtcResult(NvrtcProgram program, char* log))
// clang-format on

struct NvrtcApi {
#define FUSEVAL_MEMBER(member, symbol, ...) std::add_pointer_t<__VA_ARGS__> member = nullptr;
  FUSEVAL_NVRTC(FUSEVAL_MEMBER)
#undef FUSEVAL_MEMBER
};

}  // namespace fuseval::runtime::cuda
