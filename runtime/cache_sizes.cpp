// From /sys, and from sysconf where /sys is not there: on AMD the latter counts the last level of all dies together
// (320 MiB where a core has 32), and no core can have that to itself.
#include "runtime/cache_sizes.hpp"

#include <unistd.h>

#include <fstream>
#include <string>

#include "runtime/lasting.hpp"

namespace fuseval::runtime {
namespace {

// "1024K"
int64_t read_size(const std::string& path) {
  std::ifstream file(path);
  int64_t number = 0;
  char unit = 0;
  file >> number >> unit;
  return number << (unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0);
}

// CPUs in a list such as "0-3,8-11".
int count_cpus(const std::string& path) {
  std::ifstream file(path);
  int count = 0, first = 0, last = 0;
  while (file >> first) {
    last = first;
    if (file.peek() == '-') file.ignore() >> last;
    count += last - first + 1;
    if (file.peek() == ',') file.ignore();
  }
  return count;
}

int64_t ask(int name, int64_t usual) {
  const long bytes = sysconf(name);
  return bytes > 0 ? bytes : usual;
}

}  // namespace

CacheSizes read_cache_sizes(const std::string& folder) {
  CacheSizes sizes;
  for (int index = 0; index < 16; ++index) {
    const std::string here = folder + "/index" + std::to_string(index);
    const int64_t level = read_size(here + "/level");
    const int64_t bytes = read_size(here + "/size");
    if (level == 2) sizes.second_level = bytes;
    if (level >= 2 && bytes >= sizes.last_level) {
      sizes.last_level = bytes;
      sizes.last_level_cpus = count_cpus(here + "/shared_cpu_list");
    }
  }
  return sizes;
}

const CacheSizes& cache_sizes() {
  static constinit Lasting<const CacheSizes> sizes;
  return sizes.get([] {
    CacheSizes result = read_cache_sizes("/sys/devices/system/cpu/cpu0/cache");
    if (result.second_level <= 0) result.second_level = ask(_SC_LEVEL2_CACHE_SIZE, 1 << 20);
    if (result.last_level <= 0) result.last_level = ask(_SC_LEVEL3_CACHE_SIZE, 32 << 20);
    if (result.last_level_cpus <= 0) result.last_level_cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
    return result;
  });
}

}  // namespace fuseval::runtime
