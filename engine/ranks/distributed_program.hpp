// A program made ready for the ranks of a world and the layouts of one kind of call.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/plan/expected_view.hpp"
#include "engine/plan/run_options.hpp"
#include "engine/ranks/distributed_run.hpp"
#include "engine/ranks/partial_exchange.hpp"
#include "engine/ranks/rank_place.hpp"
#include "engine/ranks/rank_space.hpp"
#include "engine/world/collective_call.hpp"
#include "engine/world/world.hpp"

namespace fuseval::engine {

/// What all ranks know of an array of a call.
struct GlobalType {
  bool given = true;  ///< an output: written into the caller's array
  int32_t dtype = -1;
  Shape shape;
  Layout layout;
  bool operator==(const GlobalType&) const = default;
};

/// One plan, with its exchanges.
class RankProgram {
 public:
  RankProgram(const Specialisation& made, const std::vector<Layout>& inputs, const std::vector<Layout>& outputs,
              World& world, std::unique_ptr<RankSpace> space);

  const Specialisation& made() const { return *made_; }
  const GlobalPlan& plan() const { return plan_; }
  RankSpace& space() { return *space_; }
  /// outputs: nullptr: none is given.
  std::vector<std::vector<int64_t>> strides_for(const fv_view* inputs, const fv_view* outputs) const;
  /// For these strides, as make_local_plan's. Made if the last call's were others.
  LocalPlan& local(const std::vector<std::vector<int64_t>>& strides, const CompileContext& context);
  /// The last one.
  LocalPlan* local() { return local_.get(); }

  struct Step {
    std::unique_ptr<BoxExchange> exchange;     ///< of fetches; nullptr: nothing to move between ranks or to assemble
    std::vector<uint32_t> fetches;             ///< in its order
    std::vector<BoxMemory> from, to;           ///< [fetch], of the local plan; a call fills in the addresses
    std::unique_ptr<PartialExchange> partial;  ///< results, which go round first
    std::vector<uint32_t> copied;              ///< fetches of replicated arrays
  };
  /// [step of the plan]
  std::vector<Step>& steps() { return steps_; }
  /// Where a rank's own states of a split reduction go: to where they are sent from.
  char* states(size_t kernel) const { return states_[kernel]; }

 private:
  void make_exchanges(World& world);
  void place_boxes();
  std::vector<int64_t> fetched_strides(const Fetch& fetch) const;
  void note_states(const PartialExchange& partial);

  const Specialisation* made_;
  int rank_;
  GlobalPlan plan_;
  std::unique_ptr<RankSpace> space_;  // before the exchanges, which are in it
  std::vector<Step> steps_;
  std::vector<char*> states_;
  std::unique_ptr<LocalPlan> local_;
  std::vector<std::vector<int64_t>> local_for_;
};

class DistributedProgram {
 public:
  /// Validates, types, plans and compiles, and throws the same error on every rank if any cannot. Collective. where:
  /// call_place's.
  static std::unique_ptr<DistributedProgram> make(const Program& program, const fv_view* inputs, const fv_view* outputs,
                                                  int32_t output_count, const RunOptions& options,
                                                  const DistributedCall& call, const CallPlace& where);

  /// Plans and compiles for this rank's memory, and for calls with such strides. The views have been checked.
  void make_local(const Program& program, const fv_view* inputs, const fv_view* outputs, const RunOptions& options);
  /// Whether views like these were the last that were checked and planned for.
  bool is_ready_for(const fv_view* inputs, const fv_view* outputs) const;
  /// What ranks compare.
  CollectiveCall call(const Program& program) const;
  /// Whether it serves this call: a function of what all ranks know.
  bool serves(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
              const ResultRule& rule, const CallPlace& where, const DistributedCall& call) const;

  RankProgram& run() { return *run_; }
  /// This rank's.
  Place place() const { return place_; }
  const Specialisation& made() const { return *made_; }

 private:
  uint64_t program_ = 0;
  ResultRule rule_;
  CallPlace where_;
  Place place_;
  void note_ready(const Program& program, const fv_view* inputs, const fv_view* outputs);

  std::vector<GlobalType> inputs_, outputs_;
  bool is_ready_ = false;                  // run_ is for the views below
  std::deque<ArrayLayout> ready_layouts_;  // which the expected views point to
  std::vector<ExpectedView> ready_inputs_, ready_outputs_;
  std::unique_ptr<Specialisation> made_;
  std::unique_ptr<RankProgram> run_;
};

/// A world's programs, the most recent ones. What is kept is the same on all ranks, since they make the same calls; a
/// world that checks calls compares them each time, others at the first one of a kind.
class DistributedPrograms : public Attachment {
 public:
  /// failure: what this rank has found already; it is everybody's if ranks compare the call.
  DistributedProgram& get(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                          const RunOptions& options, const DistributedCall& call, const CallPlace& where,
                          const std::optional<Error>& failure);

 private:
  static constexpr size_t limit = 64;
  std::vector<std::unique_ptr<DistributedProgram>> recent_;
};

/// The plan for `ranks` ranks, without a world. Errors: as a call's.
std::unique_ptr<Specialisation> specialise_for_ranks(const Program& program, const fv_view* inputs,
                                                     const fv_view* outputs, int32_t output_count,
                                                     const RunOptions& options, const DistributedCall& call);
std::vector<Layout> layouts_of(const Distribution* const* distributions, size_t count);
GlobalPlan global_plan_of(const Specialisation& made, const std::vector<Layout>& inputs,
                          const std::vector<Layout>& outputs, int ranks);

/// Throws Error(argument) unless the views are the local parts that the distributions say. Where they are is
/// place_on_rank's to look at.
void check_local_parts(const Program& program, const fv_view* inputs, const fv_view* outputs, int32_t output_count,
                       const DistributedCall& call);

}  // namespace fuseval::engine
