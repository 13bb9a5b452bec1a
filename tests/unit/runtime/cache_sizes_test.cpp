#include "runtime/cache_sizes.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/unit/temporary_folder.hpp"

using fuseval::runtime::cache_sizes;
using fuseval::runtime::CacheSizes;
using fuseval::runtime::read_cache_sizes;

namespace {

void put_cache(const TemporaryFolder& folder, const std::string& index, const char* level, const char* size,
               const char* cpus) {
  std::filesystem::create_directories(folder.path(index));
  folder.write(index + "/level", level);
  folder.write(index + "/size", size);
  folder.write(index + "/shared_cpu_list", cpus);
}

}  // namespace

TEST_CASE("caches as /sys lays them out") {
  const TemporaryFolder folder;
  put_cache(folder, "index0", "1\n", "32K\n", "0\n");
  put_cache(folder, "index1", "1\n", "32K\n", "0\n");
  put_cache(folder, "index2", "2\n", "2048K\n", "0,64\n");
  CacheSizes sizes = read_cache_sizes(folder.path(""));
  CHECK(sizes.second_level == 2048 << 10);
  CHECK(sizes.last_level == 2048 << 10);
  CHECK(sizes.last_level_cpus == 2);
  put_cache(folder, "index3", "3\n", "32768K\n", "0-7,64-71\n");
  sizes = read_cache_sizes(folder.path(""));
  CHECK(sizes.second_level == 2048 << 10);
  CHECK(sizes.last_level == 32 << 20);
  CHECK(sizes.last_level_cpus == 16);
  put_cache(folder, "index3", "3\n", "1G\n", "nonsense");
  CHECK(read_cache_sizes(folder.path("")).last_level_cpus == 0);
}

TEST_CASE("no such folder says nothing, this machine has caches") {
  CHECK(read_cache_sizes("/no/such/folder").last_level == 0);
  CHECK(cache_sizes().second_level > 0);
  CHECK(cache_sizes().last_level >= cache_sizes().second_level);
  CHECK(cache_sizes().last_level_cpus > 0);
}
