// How many CPUs this process may use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fuseval::runtime {

/// CPUs that this process may use: affinity and cgroup quota considered, at least 1.
int usable_cpus();

/// A bit a CPU, the lowest of the first word being CPU 0; no words of zeros at the end.
using CpuSet = std::vector<uint64_t>;
/// Where the calling thread may run. Empty where the system does not say.
CpuSet allowed_cpus();
/// CPUs (rounded up) that control groups leave this process and all others in its group; 0: no quota.
int cpu_quota();

/// CPUs (rounded up) that the tightest cgroup quota above this process allows; 0: no quota. `membership` is the text of
/// /proc/self/cgroup, `mount` the folder where cgroups are mounted (/sys/fs/cgroup): versions 1 and 2.
int cgroup_cpu_quota(const std::string& membership, const std::string& mount);

}  // namespace fuseval::runtime
