// What a device is. Asking needs no context.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/cuda/driver.hpp"

namespace fuseval::runtime::cuda {

struct DeviceProperties {
  std::string name;
  int major = 0;  ///< compute capability: 9 and 0 for sm_90
  int minor = 0;
  int multiprocessors = 0;
  int warp_size = 0;
  int threads_per_block = 0;
  int threads_per_multiprocessor = 0;
  int shared_bytes_per_block = 0;  ///< without asking; more after opting in
  int shared_bytes_per_block_optin = 0;
  int second_level_cache_bytes = 0;
  int copy_engines = 0;
  bool integrated = false;  ///< shares its memory with the host
  bool has_pools = false;   ///< stream-ordered memory pools
  size_t memory_bytes = 0;

  int arch() const { return major * 10 + minor; }
};

/// Of device `ordinal`. Errors: argument (no such device), device (it forbids use, or the driver fails).
DeviceProperties read_properties(const Driver& driver, int ordinal);

}  // namespace fuseval::runtime::cuda
