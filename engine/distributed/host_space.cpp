#include "engine/distributed/host_space.hpp"

#include "engine/streaming_stores.hpp"

namespace fuseval::engine {
namespace {

PreparedKernel prepared(const LoopNest& nest, const Workshop& workshop) {
  codegen::TargetOptions options = workshop.target;
  options.streaming_stores = wants_streaming_stores(nest, {});
  return prepare(nest, workshop.kernels.get(nest, options, workshop.control));
}

void poke(BoxExchange& exchange) noexcept {
  try {
    exchange.progress();
  } catch (...) {  // the communicator is broken: whoever waits next throws why
  }
}

}  // namespace

void HostSpace::prepare(const GlobalPlan&, const LocalPlan& local, const Workshop& workshop) {
  kernels_.assign(local.parts, {});
  for (const LocalPlan::Kernel& kernel : local.kernels)
    for (const auto* parts : {&kernel.interior, &kernel.edges})
      for (const LocalPlan::Part& part : *parts) kernels_[part.number] = prepared(part.nest, workshop);
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
  f(ExecutionContext{runtime_.pool, runtime_.counters, threads_of(*options_, runtime_), control});
  if (meanwhile != nullptr) control->between_blocks({});
  if (control != nullptr) control->check();
}

void HostSpace::run(const LocalPlan::Part& part, char* const* arrays, BoxExchange* meanwhile) {
  with_context(meanwhile, [&](const ExecutionContext& context) { execute(kernels_[part.number], arrays, context); });
}

void HostSpace::reduce(const LocalPlan::Part& part, char* const* arrays, char* states, BoxExchange* meanwhile) {
  with_context(meanwhile, [&](const ExecutionContext& context) {
    reduce_nodes(kernels_[part.number], arrays, part.nodes, states, context);
  });
}

void HostSpace::finish(const LocalPlan::Home& home, char* const* arrays, const char* states) {
  finish_reduction(home.kernel, arrays, states);
}

}  // namespace fuseval::engine
