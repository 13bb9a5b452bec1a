// Partial results: the states that ranks have of split reductions, to all ranks, which combine them alike.
//
// All reductions that a step combines go in one allgather, with a word of flags of each rank. Where a reduction has
// many outputs (column sums), that would send all states of all ranks to every rank: there each rank first gets all
// states of a slice of the outputs (one message to each other rank), combines those, and only what they come to goes to
// all.
#pragma once

#include <vector>

#include "engine/ranks/local_plan.hpp"
#include "engine/world/box_exchange.hpp"
#include "runtime/buffer.hpp"

namespace fuseval::engine {

/// A split reduction of a step, as all ranks know it.
struct PartialReduction {
  uint32_t kernel = 0;
  size_t outputs = 0;
  size_t state_bytes = 0;          ///< of one output
  std::vector<TreeNode> nodes;     ///< all ranks', in order
  std::vector<size_t> rank_nodes;  ///< [rank]: how many of them
  bool by_slices = false;          ///< slices of outputs go to their ranks first

  /// The first output of a rank's slice.
  size_t slice_begin(size_t rank) const { return outputs * rank / rank_nodes.size(); }
  size_t slice(size_t rank) const { return slice_begin(rank + 1) - slice_begin(rank); }
  /// What rank `from` sends to rank `to` for its slice.
  size_t slice_bytes(size_t from, size_t to) const;
  /// What a rank gives to the allgather.
  size_t gathered_bytes(size_t rank) const;
};

/// Those of a step, in the plan's order.
std::vector<PartialReduction> partial_reductions(const GlobalPlan& plan, const GlobalPlan::Step& step);

/// Messages and bytes that a rank sends in an exchange; of the allgather, bytes are those of all ranks together, which
/// every rank gets.
struct PartialTraffic {
  int64_t slice_messages = 0, slice_bytes = 0;
  int64_t gather_messages = 0, gathered_bytes = 0;
};
PartialTraffic traffic_of(const std::vector<PartialReduction>& reductions, int rank);

/// One step's, with its memory, for call after call.
class PartialExchange {
 public:
  using Flags = BoxExchange::Flags;

  PartialExchange(std::vector<PartialReduction> reductions, int rank);

  const std::vector<PartialReduction>& reductions() const { return reductions_; }
  /// Where the rank's own states of reduction `k` go before an exchange: [node][output].
  char* own(size_t k) const { return own_[k]; }

  // An exchange, on all ranks: share_slices, combine_slices unless this rank cannot go on, gather. `local` is the
  // rank's plan, whose kernels combine.

  /// Errors: communication.
  void share_slices(runtime::distributed::Communicator& communicator);
  void combine_slices(const LocalPlan& local);
  /// Errors: communication.
  void gather(runtime::distributed::Communicator& communicator, Flags flags);

  /// What a rank said in the last one.
  Flags flags_of(size_t rank) const;
  /// The complete states of reduction `k`, from what was gathered; they are there until those of another are asked for.
  const char* complete(size_t k, const LocalPlan& local);

 private:
  /// Blocks of ranks in memory, and what each has of each reduction.
  struct Blocks {
    std::vector<size_t> counts;  ///< [rank]
    std::vector<size_t> places;  ///< [reduction * ranks + rank]: bytes from the begin of all blocks
    size_t bytes() const;
  };
  template <class Bytes>
  Blocks blocks(size_t header, Bytes&& bytes) const;
  void place_own();
  void send_slices();
  /// Reduction k's part of all ranks' blocks, one behind another, to ordered_.
  template <class Bytes>
  char* collected(size_t k, const char* from, const Blocks& blocks, Bytes&& bytes);

  std::vector<PartialReduction> reductions_;
  size_t ranks_, rank_;
  bool has_slices_ = false;
  Blocks gathered_, sent_, got_;
  runtime::Buffer mine_, all_;                        // of the allgather
  runtime::Buffer whole_, sent_slices_, got_slices_;  // states of reductions by slices, and these on their way
  runtime::Buffer ordered_;
  std::vector<char*> own_;  // [reduction]
};

}  // namespace fuseval::engine
