#include "runtime/cpu_limits.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>

namespace fuseval::runtime {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int rounded_up(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::min<int64_t>((quota - 1) / period + 1, 1 << 20));
}

/// "max 100000" or "150000 100000".
int quota_v2(const std::string& folder) {
  std::istringstream text(read_text(folder + "/cpu.max"));
  std::string quota;
  int64_t period = 0;
  if (!(text >> quota >> period) || quota == "max") return 0;
  return rounded_up(std::strtoll(quota.c_str(), nullptr, 10), period);
}

/// -1 stands for no quota.
int quota_v1(const std::string& folder) {
  const std::string quota = read_text(folder + "/cpu.cfs_quota_us");
  const std::string period = read_text(folder + "/cpu.cfs_period_us");
  return rounded_up(std::strtoll(quota.c_str(), nullptr, 10), std::strtoll(period.c_str(), nullptr, 10));
}

/// A quota binds everything below its group, so every group up to the mount point is asked. In a container without its
/// own cgroup namespace the path is the host's and does not exist here: the walk up then ends at the mount point, which
/// is the container's own group.
int tightest(std::string path, const std::string& mount, int (*quota)(const std::string&)) {
  int result = 0;
  for (;;) {
    const int here = quota(mount + path);
    if (here > 0) result = result > 0 ? std::min(result, here) : here;
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return result;
    path.resize(slash);
  }
}

bool names_controller(std::string_view controllers, std::string_view wanted) {
  for (size_t begin = 0; begin <= controllers.size();) {
    const size_t end = std::min(controllers.find(',', begin), controllers.size());
    if (controllers.substr(begin, end - begin) == wanted) return true;
    begin = end + 1;
  }
  return false;
}

int affinity_cpus() {
  const CpuSet allowed = allowed_cpus();
  if (allowed.empty()) return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  int cpus = 0;
  for (const uint64_t word : allowed) cpus += std::popcount(word);
  return cpus;
}

}  // namespace

CpuSet allowed_cpus() {
  struct Free {
    void operator()(cpu_set_t* set) const { CPU_FREE(set); }
  };
  // The kernel refuses sets smaller than its own; machines with more than 1024 CPUs exist.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 4) {
    const std::unique_ptr<cpu_set_t, Free> set(CPU_ALLOC(static_cast<size_t>(cpus)));
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(cpus));
    if (!set || sched_getaffinity(0, bytes, set.get()) != 0) continue;
    CpuSet words(static_cast<size_t>(cpus) / 64);
    for (int cpu = 0; cpu < cpus; ++cpu)
      if (CPU_ISSET_S(static_cast<size_t>(cpu), bytes, set.get()))
        words[static_cast<size_t>(cpu) / 64] |= uint64_t{1} << (cpu % 64);
    while (!words.empty() && words.back() == 0) words.pop_back();
    return words;
  }
  return {};
}

int cpu_quota() { return cgroup_cpu_quota(read_text("/proc/self/cgroup"), "/sys/fs/cgroup"); }

int cgroup_cpu_quota(const std::string& membership, const std::string& mount) {
  int result = 0;
  const auto add = [&](int quota) {
    if (quota > 0) result = result > 0 ? std::min(result, quota) : quota;
  };
  std::istringstream lines(membership);  // hierarchy:controllers:path
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      add(tightest(path, mount, quota_v2));
      add(tightest(path, mount + "/unified", quota_v2));
    } else if (names_controller(controllers, "cpu")) {
      add(tightest(path, mount + "/cpu", quota_v1));
      add(tightest(path, mount + "/cpu,cpuacct", quota_v1));
    }
  }
  return result;
}

int usable_cpus() {
  const int allowed = std::max(affinity_cpus(), 1);
  const int quota = cpu_quota();
  return quota > 0 ? std::min(allowed, quota) : allowed;
}

}  // namespace fuseval::runtime
