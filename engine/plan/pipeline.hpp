// The pipeline: the passes that turn a text into the kernels of one call's plan, by name and in order. A specialisation
// runs them, and `explain` shows what each of them leaves behind (docs/architecture.md, "From a text to kernels").
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/bind.hpp"
#include "ir/chain.hpp"
#include "ir/plan.hpp"

namespace fuseval::engine {

/// What a call asks of one result.
struct OutputRequest {
  bool given = false;          ///< written into the caller's array
  std::optional<DType> dtype;  ///< empty: the result's own
  ArrayLayout layout;          ///< given only
};

/// How results that the text gives become what the caller gets.
struct ResultRule {
  Casting casting = Casting::same_kind;  ///< allowed between a result and its output
  int32_t dtype = -1;                    ///< of owned results when no outputs are requested; -1: each its own
  bool for_device = false;               ///< planned only: a device compiles the plan's kernels itself
  bool for_ranks = false;                ///< planned only: nests as they are lowered, from which ranks take their parts
  bool operator==(const ResultRule&) const = default;
};

/// Everything about a call that its graph depends on: all but addresses and the values of weak scalars.
struct CallSignature {
  std::vector<frontend::InputInfo> inputs;  ///< once bound also the numbers that a call computes, behind the caller's
  std::vector<ArrayLayout> layouts;         ///< [slot]
  std::vector<OutputRequest> outputs;       ///< empty: every result owned, in its own dtype
  ResultRule rule;
};

struct PlannedResult {
  DType dtype;
  Shape shape;
  std::vector<int64_t> strides;  ///< as written: the request's, or C order
  bool given;
  bool is_weak = false;  ///< a plain number, in its own dtype
};

/// Where the address of a plan's buffer comes from: position is a slot, a result, or an offset into the temporaries.
struct BufferSource {
  BufferRole role;
  int64_t position;
};

/// What one pass leaves to the next. Each pass fills in the members that are named after it.
struct Lowering {
  const frontend::Ast* ast = nullptr;  ///< read by bind
  frontend::Limits text_limits;        ///< read by bind
  ChainLimits chain_limits;            ///< read by chain
  CallSignature signature;             ///< bind adds the numbers that a call computes

  frontend::BoundFunction bound;       ///< bind; its function has moved to `function`
  Function function;                   ///< bind, results, simplify
  std::vector<PlannedResult> results;  ///< results
  FusionPlan fusion;                   ///< fuse
  Plan plan;                           ///< lower, chain, collapse, device_chains
  std::vector<BufferSource> buffers;   ///< place
  size_t temporary_bytes = 0;          ///< place
  std::vector<bool> streaming_stores;  ///< place; [kernel]: whether its code has non-temporal stores
};

/// Which plans a pass is for. Ranks take parts of the nests as they are lowered.
enum class PassScope { every_plan, not_ranks, device };

/// What a pass leaves, as explain prints it: texts of one form are compared line by line.
enum class ProgramForm { graph, groups, nests, places };

struct Pass {
  std::string_view name;
  std::string_view purpose;  ///< for `explain --trace`
  void (*run)(Lowering& lowering);
  std::string (*print)(const Lowering& lowering);
  ProgramForm form;
  PassScope scope;

  bool is_for(const ResultRule& rule) const {
    return scope == PassScope::every_plan || (scope == PassScope::device ? rule.for_device : !rule.for_ranks);
  }
};

/// In order; bind is the first. Passes throw Error; spans are those of the text.
std::span<const Pass> passes();

/// Runs all passes but bind: the caller has run it, or has set `function` itself.
void run_passes_after_bind(Lowering& lowering);

}  // namespace fuseval::engine
