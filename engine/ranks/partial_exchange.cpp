#include "engine/ranks/partial_exchange.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "codegen/reduction_layout.hpp"
#include "ir/checked.hpp"

namespace fuseval::engine {
namespace {

// What a message costs beside its bytes, in bytes: 1.5 us at 10 GB/s.
constexpr size_t message_worth = size_t{16} << 10;

// Slices take one message to each other rank, and bring every rank one rank's share of the states, and then the
// complete ones, instead of all.
bool pays_by_slices(const PartialReduction& reduction) {
  const size_t ranks = reduction.rank_nodes.size(), nodes = reduction.nodes.size();
  if (ranks < 2 || reduction.outputs < ranks || nodes <= nodes / ranks + 1) return false;
  const size_t saved =
      capped_multiply(capped_multiply(reduction.outputs, reduction.state_bytes), nodes - nodes / ranks - 1);
  return saved > (ranks - 1) * message_worth;
}

}  // namespace

size_t PartialReduction::slice_bytes(size_t from, size_t to) const {
  return by_slices ? checked_multiply(checked_multiply(slice(to), state_bytes), rank_nodes[from]) : 0;
}

size_t PartialReduction::gathered_bytes(size_t rank) const {
  return checked_multiply(by_slices ? slice(rank) : checked_multiply(outputs, rank_nodes[rank]), state_bytes);
}

std::vector<PartialReduction> partial_reductions(const GlobalPlan& plan, const GlobalPlan::Step& step) {
  std::vector<PartialReduction> reductions;
  for (const uint32_t k : step.combined) {
    const LoopNest& nest = plan.kernels[k].global.nest;
    PartialReduction reduction;
    reduction.kernel = k;
    reduction.outputs = static_cast<size_t>(nest.parallel_count());
    reduction.state_bytes = static_cast<size_t>(codegen::StateLayout(nest).bytes());
    for (int rank = 0; rank < plan.ranks; ++rank) {
      const auto nodes = nodes_of_rank(plan.kernels[k], plan, rank);
      reduction.nodes.insert(reduction.nodes.end(), nodes.begin(), nodes.end());
      reduction.rank_nodes.push_back(nodes.size());
    }
    reduction.by_slices = pays_by_slices(reduction);
    reductions.push_back(std::move(reduction));
  }
  return reductions;
}

PartialTraffic traffic_of(const std::vector<PartialReduction>& reductions, int rank) {
  PartialTraffic traffic;
  const size_t ranks = reductions[0].rank_nodes.size();
  for (size_t other = 0; other < ranks; ++other) {
    int64_t slices = 0;
    for (const PartialReduction& reduction : reductions) {
      slices = capped_add(slices, static_cast<int64_t>(reduction.slice_bytes(static_cast<size_t>(rank), other)));
      traffic.gathered_bytes =
          capped_add(traffic.gathered_bytes, static_cast<int64_t>(reduction.gathered_bytes(other)));
    }
    traffic.gathered_bytes = capped_add(traffic.gathered_bytes, static_cast<int64_t>(sizeof(PartialExchange::Flags)));
    if (other == static_cast<size_t>(rank)) continue;
    traffic.slice_messages += slices > 0 ? 1 : 0;
    traffic.slice_bytes = capped_add(traffic.slice_bytes, slices);
  }
  traffic.gather_messages = static_cast<int64_t>(std::bit_width(ranks - 1));
  return traffic;
}

size_t PartialExchange::Blocks::bytes() const {
  return std::accumulate(counts.begin(), counts.end(), size_t{0}, checked_add<size_t>);
}

PartialExchange::PartialExchange(std::vector<PartialReduction> reductions, int rank)
    : reductions_(std::move(reductions)),
      ranks_(reductions_[0].rank_nodes.size()),
      rank_(static_cast<size_t>(rank)),
      has_slices_(std::any_of(reductions_.begin(), reductions_.end(), [](const auto& one) { return one.by_slices; })) {
  gathered_ = blocks(sizeof(Flags), [](const PartialReduction& one, size_t from) { return one.gathered_bytes(from); });
  sent_ = blocks(0, [&](const PartialReduction& one, size_t to) { return one.slice_bytes(rank_, to); });
  got_ = blocks(0, [&](const PartialReduction& one, size_t from) { return one.slice_bytes(from, rank_); });
  mine_ = runtime::Buffer(gathered_.counts[rank_]);
  all_ = runtime::Buffer(gathered_.bytes());
  if (has_slices_) {
    sent_slices_ = runtime::Buffer(sent_.bytes());
    got_slices_ = runtime::Buffer(got_.bytes());
  }
  place_own();
}

template <class Bytes>
PartialExchange::Blocks PartialExchange::blocks(size_t header, Bytes&& bytes) const {
  Blocks result{std::vector<size_t>(ranks_, header), std::vector<size_t>(reductions_.size() * ranks_)};
  size_t begin = 0;
  for (size_t rank = 0; rank < ranks_; ++rank) {
    for (size_t k = 0; k < reductions_.size(); ++k) {
      result.places[k * ranks_ + rank] = checked_add(begin, result.counts[rank]);
      result.counts[rank] = checked_add(result.counts[rank], bytes(reductions_[k], rank));
    }
    begin = checked_add(begin, result.counts[rank]);
  }
  return result;
}

// States that go to all lie where they are sent from.
void PartialExchange::place_own() {
  size_t in_message = sizeof(Flags), apart = 0, most = 1;
  std::vector<size_t> places;
  for (const PartialReduction& one : reductions_) {
    const size_t node_bytes = checked_multiply(one.outputs, one.state_bytes);
    const size_t whole = checked_multiply(node_bytes, one.rank_nodes[rank_]);
    places.push_back(one.by_slices ? apart : in_message);
    in_message = checked_add(in_message, one.gathered_bytes(rank_));
    if (one.by_slices) apart = checked_add(apart, whole);
    const size_t states = checked_multiply(one.by_slices ? one.slice(rank_) : one.outputs, one.nodes.size());
    most = std::max({most, checked_multiply(states, one.state_bytes), node_bytes});
  }
  whole_ = runtime::Buffer(apart);
  ordered_ = runtime::Buffer(most);
  for (size_t k = 0; k < reductions_.size(); ++k)
    own_.push_back((reductions_[k].by_slices ? whole_ : mine_).data() + places[k]);
}

template <class Bytes>
char* PartialExchange::collected(size_t k, const char* from, const Blocks& blocks, Bytes&& bytes) {
  char* to = ordered_.data();
  for (size_t rank = 0; rank < ranks_; ++rank) {
    const size_t count = bytes(reductions_[k], rank);
    std::memcpy(to, from + blocks.places[k * ranks_ + rank], count);
    to += count;
  }
  return ordered_.data();
}

void PartialExchange::share_slices(runtime::distributed::Communicator& communicator) {
  if (!has_slices_) return;
  send_slices();
  communicator.alltoall(sent_slices_.data(), sent_.counts, got_slices_.data(), got_.counts);
}

void PartialExchange::send_slices() {
  for (size_t k = 0; k < reductions_.size(); ++k) {
    const PartialReduction& one = reductions_[k];
    if (!one.by_slices) continue;
    for (size_t to = 0; to < ranks_; ++to) {
      const size_t bytes = one.slice(to) * one.state_bytes;
      char* place = sent_slices_.data() + sent_.places[k * ranks_ + to];
      for (size_t node = 0; node < one.rank_nodes[rank_]; ++node, place += bytes)
        std::memcpy(place, own_[k] + (node * one.outputs + one.slice_begin(to)) * one.state_bytes, bytes);
    }
  }
}

void PartialExchange::combine_slices(const LocalPlan& local) {
  size_t place = sizeof(Flags);
  for (size_t k = 0; k < reductions_.size(); ++k) {
    const PartialReduction& one = reductions_[k];
    if (one.by_slices && one.slice(rank_) > 0) {
      char* const states = collected(k, got_slices_.data(), got_, [&](const PartialReduction& some, size_t from) {
        return some.slice_bytes(from, rank_);
      });
      combine_nodes(local.kernels[one.kernel].home[0].kernel, one.nodes, states,
                    static_cast<int64_t>(one.slice(rank_)));
      std::memcpy(mine_.data() + place, states, one.gathered_bytes(rank_));
    }
    place += one.gathered_bytes(rank_);
  }
}

void PartialExchange::gather(runtime::distributed::Communicator& communicator, Flags flags) {
  std::memcpy(mine_.data(), &flags, sizeof flags);
  communicator.allgather(mine_.data(), gathered_.counts, all_.data());
}

// Before the rank's states of the first reduction.
PartialExchange::Flags PartialExchange::flags_of(size_t rank) const {
  Flags flags = 0;
  std::memcpy(&flags, all_.data() + gathered_.places[rank] - sizeof flags, sizeof flags);
  return flags;
}

const char* PartialExchange::complete(size_t k, const LocalPlan& local) {
  const PartialReduction& one = reductions_[k];
  char* const states = collected(k, all_.data(), gathered_,
                                 [](const PartialReduction& some, size_t from) { return some.gathered_bytes(from); });
  if (!one.by_slices)
    combine_nodes(local.kernels[one.kernel].home[0].kernel, one.nodes, states, static_cast<int64_t>(one.outputs));
  return states;
}

}  // namespace fuseval::engine
