// The sizes of this CPU's caches.
#pragma once

#include <cstdint>
#include <string>

namespace fuseval::runtime {

struct CacheSizes {
  int64_t second_level = 0;  ///< bytes; of one core on most CPUs
  int64_t last_level = 0;    ///< bytes of the largest cache that a core uses
  int last_level_cpus = 0;   ///< CPUs that share it
};

/// Of the first CPU; usual sizes where the system does not say. Read once.
const CacheSizes& cache_sizes();

/// What a folder laid out as /sys/devices/system/cpu/cpu0/cache says; 0 for what it does not.
CacheSizes read_cache_sizes(const std::string& folder);

}  // namespace fuseval::runtime
