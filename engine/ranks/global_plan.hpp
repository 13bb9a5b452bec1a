// The plan of a distributed call: what all ranks do, told in global indexes. A function of the program, of the arrays'
// shapes and layouts, and of the number of ranks: every rank makes the same one by itself, and so knows whom it will
// send what.
//
// Kernels run in order of their *levels*: how many exchanges of partial results come before them. Before a level's
// kernels, the partial results of all reductions of the levels before go round in one exchange; boxes that a kernel
// needs of others' memory are on their way before it starts, together with all others that are there to be sent by
// then.
#pragma once

#include <string>
#include <vector>

#include "engine/ranks/split.hpp"
#include "engine/world/box_exchange.hpp"
#include "ir/plan.hpp"

namespace fuseval::engine {

/// Boxes of one array that kernels need beside what they hold.
struct Fetch {
  /// What it is for: an edge of a kernel, the kernel's epilogue, or a result in its output's layout.
  enum class For { low_edge, high_edge, epilogue, output };
  uint32_t array = 0;
  For purpose = For::low_edge;
  uint32_t target = 0;      ///< a kernel; an output's array
  std::vector<Box> needed;  ///< [rank]
};

struct GlobalKernel {
  GlobalNest global;
  Split split;
  int level = 0;
  /// Fetches for it; positions in GlobalPlan::fetches.
  std::vector<uint32_t> fetches;
};

struct GlobalPlan {
  struct Step {
    std::vector<uint32_t> combined;  ///< kernels whose partial results go round first, in one exchange
    std::vector<uint32_t> posted;    ///< fetches that are sent for then, in one exchange
    int32_t kernel = -1;             ///< that runs then; -1: none, the end
  };

  int ranks = 1;
  std::vector<std::string> names;  ///< [slot], for messages
  std::vector<BufferInfo>
      buffers;  ///< [array]: the plan's, then results that are made in a layout that is not their output's
  std::vector<GlobalArray> arrays;
  std::vector<GlobalKernel> kernels;  ///< in order of execution
  std::vector<Fetch> fetches;
  std::vector<Step> steps;
  std::vector<uint32_t> results;  ///< [result]: its array; of an output, where it ends up
  size_t result_count = 0;        ///< behind these: bools of what is wrong with values

  BoxTransfer transfer(const Fetch& fetch) const;
};

/// layouts: [buffer of the plan]; those of inputs and given outputs count. given: [buffer]: outputs of the caller's.
/// names: [slot], for messages.
/// Throws Error(unsupported) where an array would have to be gathered on every rank, Error(argument) for an output that
/// every rank has of a result that is distributed.
GlobalPlan make_global_plan(const Plan& plan, std::vector<Layout> layouts, const std::vector<bool>& given, int ranks,
                            std::vector<std::string> names);

/// `explain --stage distributed`: layouts, kernels, messages and bytes.
std::string print(const GlobalPlan& plan);

}  // namespace fuseval::engine
