#include "engine/ranks/host_space.hpp"

#include "engine/cpu/streaming_stores.hpp"
#include "engine/plan/runtime.hpp"

namespace fuseval::engine {
namespace {

PreparedKernel compiled(const LoopNest& nest, std::span<const int32_t> tile_of, const CompileContext& context) {
  codegen::TargetOptions options = context.target;
  options.streaming_stores = wants_streaming_stores(nest, tile_of);
  return prepare(nest, context.kernels.get(nest, options, context.control));
}

void poke(BoxExchange& exchange) noexcept {
  try {
    exchange.progress();
  } catch (...) {  // the communicator is broken: whoever waits next throws why
  }
}

}  // namespace

HostSpace::Prepared HostSpace::prepared(const LocalPlan::Part& part, const CompileContext& context) {
  Prepared made;
  if (part.run == nullptr) {
    made.kernels.push_back(compiled(part.nest, {}, context));
    return made;
  }
  const Chain& chain = part.run->chains[part.chain];
  made.kernels.resize(part.run->kernels.size());
  for (size_t k = chain.first; k < chain.first + chain.size(); ++k)
    made.kernels[k] = compiled(part.run->kernels[k], part.run->tile_of, context);
  made.chain = engine::prepare(*part.run, part.chain, made.kernels);
  return made;
}

void HostSpace::prepare(const GlobalPlan&, const LocalPlan& local, const CompileContext& context) {
  parts_.assign(local.parts, {});
  for (const LocalPlan::Kernel& kernel : local.kernels)
    for (const auto* parts : {&kernel.interior, &kernel.edges})
      for (const LocalPlan::Part& part : *parts) parts_[part.number] = prepared(part, context);
}

void HostSpace::begin(const RunOptions& options, CallMemory& memory) {
  options_ = &options;
  memory_ = &memory;
}

// Open MPI has no progress in the background: an exchange that nobody looks at waits for the end of the kernel.
template <class F>
void HostSpace::with_context(BoxExchange* meanwhile, F&& f) const {
  RunControl own(nullptr, {});
  RunControl* const control = options_->control == nullptr && meanwhile != nullptr ? &own : options_->control;
  if (meanwhile != nullptr) control->between_blocks([&] { poke(*meanwhile); });
  f(ExecutionContext{runtime_.pool, runtime_.counters, *memory_, threads_of(*options_, runtime_), control});
  if (meanwhile != nullptr) control->between_blocks({});
  if (control != nullptr) control->check();
}

void HostSpace::run(const LocalPlan::Part& part, char* const* arrays, BoxExchange* meanwhile) {
  const Prepared& made = parts_[part.number];
  with_context(meanwhile, [&](const ExecutionContext& context) {
    if (made.chain)
      execute(*made.chain, made.kernels, arrays, context);
    else
      execute(made.kernels[0], arrays, context);
  });
}

void HostSpace::reduce(const LocalPlan::Part& part, char* const* arrays, char* states, BoxExchange* meanwhile) {
  with_context(meanwhile, [&](const ExecutionContext& context) {
    reduce_nodes(parts_[part.number].kernels[0], arrays, part.nodes, states, context);
  });
}

void HostSpace::finish(const LocalPlan::Home& home, char* const* arrays, const char* states) {
  finish_reduction(home.kernel, arrays, states);
}

}  // namespace fuseval::engine
