// How many CPUs this process may use.
#pragma once

#include <string>

namespace fuseval::runtime {

/// CPUs that this process may use: affinity and cgroup quota considered, at least 1.
int usable_cpus();

/// CPUs (rounded up) that the tightest cgroup quota above this process allows; 0: no quota. `membership` is the text of
/// /proc/self/cgroup, `mount` the folder where cgroups are mounted (/sys/fs/cgroup): versions 1 and 2.
int cgroup_cpu_quota(const std::string& membership, const std::string& mount);

}  // namespace fuseval::runtime
