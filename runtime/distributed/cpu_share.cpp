#include "runtime/distributed/cpu_share.hpp"

#include <algorithm>
#include <numeric>

namespace fuseval::runtime::distributed {
namespace {

bool has(const CpuSet& set, size_t cpu) { return cpu / 64 < set.size() && ((set[cpu / 64] >> (cpu % 64)) & 1) != 0; }

/// What every rank says of itself, before its CPUs.
struct Header {
  int64_t machine;
  uint64_t words;
};

/// The sets of the ranks on this rank's machine.
std::vector<CpuSet> sets_of_machine(Communicator& ranks, const CpuSet& mine) {
  const auto size = static_cast<size_t>(ranks.size());
  const Header header{ranks.place().machine, mine.size()};
  std::vector<Header> headers(size);
  ranks.allgather(&header, std::vector<size_t>(size, sizeof header), headers.data());
  std::vector<size_t> counts;
  for (const Header& one : headers) counts.push_back(one.words * sizeof(uint64_t));
  std::vector<uint64_t> words(std::accumulate(counts.begin(), counts.end(), size_t{0}) / sizeof(uint64_t));
  ranks.allgather(mine.data(), counts, words.data());
  std::vector<CpuSet> sets;
  const uint64_t* next = words.data();
  for (const Header& one : headers) {
    if (one.machine == header.machine) sets.emplace_back(next, next + one.words);
    next += one.words;
  }
  return sets;
}

}  // namespace

int share_of_cpus(const CpuSet& mine, std::span<const CpuSet> all) {
  double share = 0;
  for (size_t cpu = 0; cpu < 64 * mine.size(); ++cpu) {
    if (!has(mine, cpu)) continue;
    const auto users = std::count_if(all.begin(), all.end(), [&](const CpuSet& set) { return has(set, cpu); });
    share += 1.0 / static_cast<double>(std::max<std::ptrdiff_t>(users, 1));
  }
  return std::max(1, static_cast<int>(share + 1e-6));  // thirds add up to one
}

int share_of_cpus(Communicator& ranks, const CpuSet& mine) {
  const std::vector<CpuSet> sets = sets_of_machine(ranks, mine);
  const int share = share_of_cpus(mine, sets);
  const int quota = cpu_quota();
  return quota == 0 ? share : std::clamp(quota / static_cast<int>(sets.size()), 1, share);
}

}  // namespace fuseval::runtime::distributed
