#include "runtime/cpu_limits.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/temporary_folder.hpp"

using fuseval::runtime::cgroup_cpu_quota;
using fuseval::runtime::usable_cpus;

namespace {

void put(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

}  // namespace

TEST_CASE("cgroup version 2: the tightest quota on the way up counts, rounded up") {
  const TemporaryFolder folder;
  const std::string mount = folder.path("");
  CHECK(cgroup_cpu_quota("0::/a/b\n", mount) == 0);
  put(mount + "/a/b/cpu.max", "max 100000\n");
  CHECK(cgroup_cpu_quota("0::/a/b\n", mount) == 0);
  put(mount + "/a/cpu.max", "250000 100000\n");
  CHECK(cgroup_cpu_quota("0::/a/b\n", mount) == 3);
  put(mount + "/a/b/cpu.max", "50000 100000\n");
  CHECK(cgroup_cpu_quota("0::/a/b\n", mount) == 1);
  put(mount + "/a/b/cpu.max", "nonsense");
  CHECK(cgroup_cpu_quota("0::/a/b\n", mount) == 3);
}

TEST_CASE("cgroup version 1: the cpu controller's line, and the mount point when the path is the host's") {
  const TemporaryFolder folder;
  const std::string mount = folder.path("");
  put(mount + "/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
  put(mount + "/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  CHECK(cgroup_cpu_quota("3:cpuset:/docker/1\n2:cpuacct,cpu:/docker/1\n", mount) == 2);
  CHECK(cgroup_cpu_quota("3:cpuset:/docker/1\n", mount) == 0);
  put(mount + "/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  CHECK(cgroup_cpu_quota("2:cpuacct,cpu:/docker/1\n", mount) == 0);
}

TEST_CASE("a text that is no membership names no quota") {
  CHECK(cgroup_cpu_quota("", "/nowhere") == 0);
  CHECK(cgroup_cpu_quota("no colons\n:\n::\n", "/nowhere") == 0);
}

TEST_CASE("affinity bounds the usable CPUs") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(usable_cpus() >= 1);
  CHECK(usable_cpus() <= CPU_COUNT(&before));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const int usable = usable_cpus();
  sched_setaffinity(0, sizeof before, &before);
  CHECK(usable == 1);
}
