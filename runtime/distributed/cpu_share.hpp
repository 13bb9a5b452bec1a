// How many threads a rank may have, where ranks share CPUs.
#pragma once

#include <span>

#include "runtime/cpu_limits.hpp"
#include "runtime/distributed/communicator.hpp"

namespace fuseval::runtime::distributed {

/// Each CPU in parts for those who may use it: how many this one gets in all, rounded down, at least 1. Ranks that a
/// launcher has bound to CPUs of their own get all of these; those that may run anywhere, the machine's over their
/// number. `all` has `mine` in it.
int share_of_cpus(const CpuSet& mine, std::span<const CpuSet> all);

/// Collective: the share of this rank among those on its machine, also of a quota that their control group has. Two
/// allgathers.
int share_of_cpus(Communicator& ranks, const CpuSet& mine);

}  // namespace fuseval::runtime::distributed
