#include "runtime/distributed/cpu_share.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <atomic>

#include "runtime/distributed/thread_transport.hpp"

using namespace fuseval::runtime;
using namespace fuseval::runtime::distributed;

namespace {

CpuSet cpus(int first, int last) {
  CpuSet set;
  for (int cpu = first; cpu < last; ++cpu) {
    set.resize(static_cast<size_t>(cpu) / 64 + 1);  // it only grows
    set.back() |= uint64_t{1} << (cpu % 64);
  }
  return set;
}

std::vector<int> shares(const std::vector<CpuSet>& all) {
  std::vector<int> result;
  for (const CpuSet& mine : all) result.push_back(share_of_cpus(mine, all));
  return result;
}

using Counts = std::vector<int>;

}  // namespace

TEST_CASE("shares of CPUs: all of one's own, parts of what others may use as well") {
  CHECK(shares({cpus(0, 8)}) == Counts{8});
  CHECK(shares({cpus(0, 8), cpus(0, 8)}) == Counts{4, 4});  // not bound
  CHECK(shares({cpus(0, 4), cpus(4, 8)}) == Counts{4, 4});  // bound, each to its socket
  CHECK(shares({cpus(0, 3), cpus(0, 3), cpus(0, 3)}) == Counts{1, 1, 1});
  CHECK(shares({cpus(0, 4), cpus(0, 4), cpus(4, 8), cpus(4, 8)}) == Counts{2, 2, 2, 2});
  CHECK(shares({cpus(0, 1), cpus(0, 8)}) == Counts{1, 7});
  CHECK(shares({cpus(0, 6), cpus(4, 8)}) == Counts{5, 3});
  CHECK(shares({cpus(0, 2), cpus(0, 2), cpus(0, 2), cpus(0, 2)}) == Counts{1, 1, 1, 1});  // more ranks than CPUs
  CHECK(shares({cpus(0, 200), cpus(100, 300)}) == Counts{150, 150});
  CHECK(shares({CpuSet{}, cpus(0, 2)}) == Counts{1, 2});  // a system that does not say
}

TEST_CASE("shares of CPUs: ranks tell each other where they may run") {
  for (const int ranks : {1, 2, 3, 5}) {
    std::atomic<int> sum = 0;
    run_ranks(ranks, [&](const auto& transport) {
      Communicator all(transport);
      const int quota = cpu_quota() == 0 ? 1 << 20 : std::max(1, cpu_quota() / ranks);
      CHECK(share_of_cpus(all, cpus(70 * all.rank(), 70 * all.rank() + 7)) == std::min(7, quota));
      sum += share_of_cpus(all, cpus(64, 64 + 6 * ranks));
    });
    CHECK(sum <= 6 * ranks);
    if (cpu_quota() == 0) CHECK(sum == 6 * ranks);
  }
}

TEST_CASE("the CPUs of the calling thread are those that it is bound to") {
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  int cpu = CPU_SETSIZE - 1;
  while (!CPU_ISSET(cpu, &before)) --cpu;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(allowed_cpus() == cpus(cpu, cpu + 1));
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
  CHECK(share_of_cpus(allowed_cpus(), std::vector<CpuSet>{allowed_cpus()}) == CPU_COUNT(&before));
}
