// Combines of more states than a test has elements for: random numbers are put where the first kernel's states go.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "device_nest.hpp"

namespace fuseval::test {
namespace {

namespace cudasim = runtime::cudasim;

constexpr int64_t outputs = 3;

/// A sum of float64 into three outputs.
NestBuilder sum_nest(ReductionOrder order) {
  NestBuilder builder({outputs}, {100});
  builder.nest.order = order;
  const bool in_lanes = order == ReductionOrder::lanes;
  builder.accumulate(Reduction::sum,
                     builder.load(DType::float64, in_lanes ? builder.c_strides() : std::vector<int64_t>{1, outputs}));
  builder.epilogue();
  builder.store(builder.result(0), builder.parallel_strides());
  return builder;
}

/// [output][state]
std::vector<std::vector<double>> random_states(int64_t states) {
  std::mt19937_64 random(static_cast<uint64_t>(states));
  std::vector<std::vector<double>> numbers(outputs);
  for (std::vector<double>& row : numbers)
    for (int64_t k = 0; k < states; ++k)
      row.push_back(std::ldexp(static_cast<double>(static_cast<int64_t>(random())), static_cast<int>(random() % 20)));
  return numbers;
}

/// Neighbours, level by level; an odd last one passes up.
double tree_sum(std::vector<double> level) {
  while (level.size() > 1) {
    for (size_t k = 0; k < level.size() / 2; ++k) level[k] = level[2 * k] + level[2 * k + 1];
    if (level.size() % 2 != 0) level[level.size() / 2] = level.back();
    level.resize((level.size() + 1) / 2);
  }
  return level[0];
}

/// As the first kernel leaves them: (A) an output's side by side, (B) a state's of all outputs.
std::vector<double> laid_out(const std::vector<std::vector<double>>& numbers, ReductionOrder order) {
  const size_t states = numbers[0].size();
  std::vector<double> memory(outputs * states);
  for (size_t o = 0; o < outputs; ++o)
    for (size_t k = 0; k < states; ++k)
      memory[order == ReductionOrder::lanes ? o * states + k : k * outputs + o] = numbers[o][k];
  return memory;
}

void check(const CompiledKernel& compiled, NestBuilder& builder, int64_t states) {
  cudasim::Simulator device;
  const DeviceNest nest(device, builder);
  const NestArguments arguments = nest.arguments();
  codegen::KernelArguments given = arguments.get();
  const ReductionOrder order = builder.nest.order;
  // As many elements as make that many states.
  const int64_t extents[] = {outputs, states * compiled.kernel->block * (order == ReductionOrder::lanes ? 8 : 1) - 1};
  given.extents = extents;
  const auto bytes = static_cast<size_t>(cuda_scratch_bytes(*compiled.kernel, extents));
  const DeviceBytes scratch(device, bytes, 16);
  const std::vector<codegen::CudaLaunch> launches = cuda_launches(*compiled.kernel, given, scratch.data());
  REQUIRE(launches.size() > 1);
  const std::vector<std::vector<double>> numbers = random_states(states);
  const std::vector<double> memory = laid_out(numbers, order);
  REQUIRE(memory.size() * sizeof(double) <= bytes);
  device.copy_in(scratch.address(), memory.data(), memory.size() * sizeof(double));
  for (size_t k = 1; k < launches.size(); ++k) nest.launch(compiled, launches[k], {});
  const std::string result = nest.outputs();
  for (size_t o = 0; o < outputs; ++o) {
    double found;
    std::memcpy(&found, result.data() + o * sizeof found, sizeof found);
    CHECK(found == tree_sum(numbers[o]));
  }
}

}  // namespace

TEST_CASE("combine: more states than one launch takes, in both orders") {
  const ReductionOrder orders[] = {ReductionOrder::lanes, ReductionOrder::serial16};
  std::vector<codegen::CudaKernel> kernels;
  for (const ReductionOrder order : orders) kernels.push_back(codegen::cuda_kernel(sum_nest(order).nest, {}));
  const std::vector<CompiledKernel> compiled = compile_all(kernels);
  for (size_t k = 0; k < compiled.size(); ++k)
    for (const int64_t states : {2, 3, 31, 33, 129, 1000, 1023, 1024, 1025, 5000, 40001}) {
      CAPTURE(states);
      NestBuilder builder = sum_nest(orders[k]);
      check(compiled[k], builder, states);
    }
}

}  // namespace fuseval::test
