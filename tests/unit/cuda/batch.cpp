#include "batch.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "ir/error.hpp"

namespace fuseval::test {
namespace {

constexpr uint64_t steps_of_a_thread = 1'000'000;

}  // namespace

std::string failure_of(runtime::cudasim::Simulator& device, NestBuilder& builder, const CompiledKernel& compiled,
                       uint64_t seed) {
  const std::string expected = run_interpreted(builder);
  builder.clear_outputs();
  try {
    const DeviceNest nest(device, builder);
    nest.run(compiled, {.seed = seed, .step_limit = steps_of_a_thread});
    return nest.outputs() == expected ? "" : "other bits";
  } catch (const Error& error) {
    return error.message();
  }
}

void Batch::add(std::unique_ptr<NestBuilder> builder, std::string what) {
  verify(builder->nest);
  cases_.push_back({std::move(builder), std::move(what)});
}

// The variant that the arguments allow, and for some structures one that always works.
void Batch::collect() {
  for (size_t c = 0; c < cases_.size(); ++c) {
    const LoopNest& nest = cases_[c].builder->nest;
    const NestArguments arguments(nest, cases_[c].builder->buffers());
    const codegen::CudaVariant best = cuda_variant(nest, arguments.get());
    std::vector<codegen::CudaVariant> variants = {best};
    const size_t extra = std::hash<std::string>()(serialise_structure(nest)) % 5;
    if (extra == 0) variants.push_back({best.vectors, true, best.short_rows});
    if (extra == 1 && (best.vectors || best.short_rows)) variants.push_back({false, best.wide, false});
    for (const codegen::CudaVariant& variant : variants) {
      const std::string key = serialise(variant) + serialise_structure(nest);
      const auto [place, is_new] = known_.try_emplace(key, texts_.size());
      if (is_new) texts_.push_back(codegen::cuda_kernel(nest, {.variant = variant}));
      runs_.push_back({c, place->second});
    }
  }
}

// Threads go on in ascending and descending order, and in others.
void Batch::check(const Run& run, const CompiledKernel& compiled) {
  const Case& the_case = cases_[run.the_case];
  const std::string failure = failure_of(device_, *the_case.builder, compiled, run.the_case);
  if (failure.empty()) return;
  const codegen::CudaVariant& variant = compiled.kernel->variant;
  FAIL(failure, " in ", the_case.what, " vectors ", variant.vectors, " wide ", variant.wide, " short ",
       variant.short_rows, "\n", print(the_case.builder->nest), compiled.kernel->text);
}

size_t Batch::run() {
  collect();
  const std::vector<CompiledKernel> compiled = compile_all(texts_);
  for (const Run& run : runs_) check(run, compiled[run.text]);
  return runs_.size();
}

}  // namespace fuseval::test
