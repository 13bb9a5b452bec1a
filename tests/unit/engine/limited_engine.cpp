#include "limited_engine.hpp"

#include "engine/call/explain.hpp"
#include "engine/call/run.hpp"
#include "engine/plan/runtime.hpp"

namespace engine_test {

using fuseval::engine::Program;
using fuseval::engine::Runtime;

struct LimitedEngine::State {
  std::shared_ptr<Runtime> runtime;

  Program compile(const std::string& text, const fv_view& a) const {
    return Program(runtime, text, {{"a", static_cast<fuseval::DType>(a.dtype), a.rank, false}});
  }
};

LimitedEngine::LimitedEngine(const Limits& limits, int threads) : state_(new State) {
  fuseval::engine::SessionOptions options;
  options.threads = threads;
  state_->runtime = std::make_shared<Runtime>(options, fuseval::codegen::TargetOptions{});
  state_->runtime->chains = {limits.tile_bytes, limits.row_bytes, limits.threads};
}

LimitedEngine::~LimitedEngine() = default;

std::vector<char> LimitedEngine::run_bytes(const std::string& text, const fv_view& a) {
  const Program program = state_->compile(text, a);
  const fuseval::engine::Counters& counters = state_->runtime->counters;
  const std::int64_t launched = counters.launches, chained = counters.chained_kernels, handed = counters.tasks;
  fuseval::engine::Results results;
  fuseval::engine::run(program, &a, 1, nullptr, 0, {}, &results);
  launches = counters.launches - launched;
  kernels = launches + counters.chained_kernels - chained;
  tasks = counters.tasks - handed;
  const auto& result = results.items.at(0);
  return {result.data, result.data + fuseval::element_count(result.shape) * fuseval::size_of(result.dtype)};
}

std::string LimitedEngine::plan(const std::string& text, const fv_view& a) const {
  return fuseval::engine::explain(state_->compile(text, a), &a, 1, "plan");
}

std::int64_t LimitedEngine::threads_used() const { return state_->runtime->counters.threads_used; }

}  // namespace engine_test
