#include "engine/plan/pipeline.hpp"

#include <fmt/format.h>

#include "codegen/host/fold.hpp"
#include "engine/cpu/streaming_stores.hpp"
#include "engine/device/device_jobs.hpp"
#include "ir/checked.hpp"
#include "ir/counted.hpp"
#include "ir/error.hpp"
#include "ir/simplify.hpp"

namespace fuseval::engine {
namespace {

[[noreturn]] void refuse_cast(const std::string& result, DType from, DType to, Casting casting) {
  throw Error(ErrorCode::casting, fmt::format("cannot cast {} from {} to {} under the casting rule '{}'", result,
                                              name_of(from), name_of(to), name_of(casting)));
}

[[noreturn]] void refuse_shape(const std::string& result, const Shape& shape, const Shape& output) {
  throw Error(ErrorCode::shape, fmt::format("{} of shape {} does not broadcast to its output of shape {}", result,
                                            to_string(shape), to_string(output)));
}

// ---- bind ----

void run_bind(Lowering& lowering) {
  lowering.bound = frontend::bind(*lowering.ast, lowering.signature.inputs, lowering.text_limits);
  lowering.function = std::move(lowering.bound.function);
  for (const DType dtype : lowering.bound.scalars.elements()) {
    lowering.signature.inputs.push_back({"a number", dtype, {}, true, 0});
    lowering.signature.layouts.emplace_back();
  }
}

// ---- results ----

void require_output_count(const Function& function, const std::vector<OutputRequest>& requests) {
  if (requests.empty() || requests.size() == function.outputs.size()) return;
  throw Error(ErrorCode::argument,
              fmt::format("the program has {}, but {} {} given", counted(function.outputs.size(), "result"),
                          counted(requests.size(), "output"), requests.size() == 1 ? "is" : "are"));
}

PlannedResult shape_result(Graph& graph, NodeId& id, const OutputRequest& request, Casting casting,
                           const std::string& name) {
  const DType own = graph.dtype(id), dtype = request.dtype.value_or(own);
  if (!can_cast(own, dtype, casting)) refuse_cast(name, own, dtype, casting);
  id = graph.cast(id, dtype);
  if (request.given) {
    if (!broadcasts_to(graph.shape(id), request.layout.shape))
      refuse_shape(name, graph.shape(id), request.layout.shape);
    id = graph.broadcast(id, request.layout.shape);
  }
  const Shape& shape = graph.shape(id);
  return {dtype, shape, request.given ? request.layout.strides : c_strides(shape, size_of(dtype)), request.given};
}

// The bools of value checks take part in the exchange of partial results between ranks.
void add_value_checks(Lowering& lowering) {
  for (const frontend::ValueCheck& check : lowering.bound.value_checks) {
    lowering.function.outputs.push_back(check.node);
    lowering.results.push_back({DType::bool_, {}, {}, false});
  }
}

void run_results(Lowering& lowering) {
  const auto& [inputs, layouts, requests, rule] = lowering.signature;
  Function& function = lowering.function;
  OutputRequest by_rule;
  if (rule.dtype >= 0) by_rule.dtype = static_cast<DType>(rule.dtype);
  require_output_count(function, requests);
  for (size_t k = 0; k < function.outputs.size(); ++k)
    lowering.results.push_back(shape_result(function.graph, function.outputs[k],
                                            requests.empty() ? by_rule : requests[k], rule.casting,
                                            function.outputs.size() == 1 ? "the result" : fmt::format("result {}", k)));
  if (requests.empty() && rule.dtype < 0)
    for (size_t k = 0; k < lowering.bound.weak_outputs.size(); ++k)
      lowering.results[k].is_weak = lowering.bound.weak_outputs[k];
  if (rule.for_ranks) add_value_checks(lowering);
}

// ---- simplify ----

void run_simplify(Lowering& lowering) {
  Function simple = simplify(lowering.function, codegen::host_folder());
#ifdef FUSEVAL_VERIFY
  verify(lowering.function);
  verify(simple);
#endif
  lowering.function = std::move(simple);
}

// ---- from the graph to loop nests ----

void run_fuse(Lowering& lowering) { lowering.fusion = fuse(lowering.function, lowering.signature.layouts); }

void run_lower(Lowering& lowering) {
  std::vector<ArrayLayout> outputs;
  for (const PlannedResult& result : lowering.results) outputs.push_back({result.shape, result.strides});
  lowering.plan = lower(lowering.function, lowering.fusion, lowering.signature.layouts, outputs);
}

void run_chain(Lowering& lowering) {
  const bool for_device = lowering.signature.rule.for_device;
  lowering.plan.chains = find_chains(lowering.plan, for_device ? device_chain_limits : lowering.chain_limits);
}

void run_collapse(Lowering& lowering) { collapse_axes(lowering.plan); }

void run_device_chains(Lowering& lowering) { keep_device_chains(lowering.plan); }

// ---- place ----

// A temporary of a tiled chain has memory for one tile in each thread, but on a device.
bool lives_in_tiles(const Lowering& lowering, size_t buffer) {
  return lowering.plan.tile_of[buffer] >= 0 && !lowering.signature.rule.for_device;
}

void run_place(Lowering& lowering) {
  const Plan& plan = lowering.plan;
  int64_t temporaries = 0;
  for (size_t b = 0; b < plan.buffers.size(); ++b) {
    const BufferInfo& buffer = plan.buffers[b];
    const bool temporary = buffer.role == BufferRole::temporary;
    lowering.buffers.push_back({buffer.role, temporary ? temporaries : static_cast<int64_t>(buffer.slot)});
    if (!temporary || lives_in_tiles(lowering, b)) continue;
    const int64_t bytes = checked_multiply(element_count(buffer.shape), size_of(buffer.dtype));
    temporaries = checked_add(temporaries, checked_round_up(bytes, 64));
  }
  lowering.temporary_bytes = static_cast<size_t>(temporaries);
  for (const LoopNest& nest : plan.kernels)
    lowering.streaming_stores.push_back(!lowering.signature.rule.for_device &&
                                        wants_streaming_stores(nest, plan.tile_of));
}

// ---- what explain shows ----

std::string print_function(const Lowering& lowering) { return print(lowering.function); }

std::string print_fusion(const Lowering& lowering) { return print(lowering.fusion); }

std::string print_nests(const Lowering& lowering) {
  std::string text;
  for (size_t k = 0; k < lowering.plan.kernels.size(); ++k)
    text += fmt::format("; kernel {}\n{}\n", k, print(lowering.plan.kernels[k]));
  return text;
}

std::string print_chained_nests(const Lowering& lowering) {
  return print_nests(lowering) + print_chains(lowering.plan);
}

std::string address_of(const Lowering& lowering, size_t buffer) {
  const auto [role, position] = lowering.buffers[buffer];
  if (role == BufferRole::input)
    return fmt::format("input {} ('{}')", position, lowering.signature.inputs[static_cast<size_t>(position)].name);
  if (role == BufferRole::output) return fmt::format("result {}", position);
  return lives_in_tiles(lowering, buffer) ? "a tile in each thread"
                                          : fmt::format("temporary memory, from byte {} on", position);
}

std::string print_places(const Lowering& lowering) {
  std::string text;
  for (size_t b = 0; b < lowering.buffers.size(); ++b)
    text += fmt::format("buffer {}: {}\n", b, address_of(lowering, b));
  for (size_t k = 0; k < lowering.streaming_stores.size(); ++k)
    if (lowering.streaming_stores[k]) text += fmt::format("kernel {}: non-temporal stores\n", k);
  return text;
}

using enum ProgramForm;
using enum PassScope;
constexpr Pass all_passes[] = {
    {"bind", "names, dtypes and shapes become an array graph", run_bind, print_function, graph, every_plan},
    {"results", "casts and broadcasts to what the caller requests", run_results, print_function, graph, every_plan},
    {"simplify", "exact rewrites, constants folded", run_simplify, print_function, graph, every_plan},
    {"fuse", "operations grouped into kernels", run_fuse, print_fusion, groups, every_plan},
    {"lower", "a loop nest for each kernel", run_lower, print_nests, nests, every_plan},
    {"chain", "kernels that run tile by tile", run_chain, print_chained_nests, nests, not_ranks},
    {"collapse", "axes ordered by stride and merged", run_collapse, print_nests, nests, not_ranks},
    {"device_chains", "chains that a device runs as one kernel", run_device_chains, print_chained_nests, nests, device},
    {"place", "memory of buffers, kind of stores", run_place, print_places, places, not_ranks},
};

}  // namespace

std::span<const Pass> passes() { return all_passes; }

void run_passes_after_bind(Lowering& lowering) {
  for (const Pass& pass : passes().subspan(1))
    if (pass.is_for(lowering.signature.rule)) pass.run(lowering);
}

}  // namespace fuseval::engine
