// Chains of nests as one CUDA text: golden, static checks by NVRTC, and what the simulator says of texts that lack
// something. Their bits are tests/unit/engine/device_rows_test.cpp's.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "plan_on_device.hpp"
#include "runtime/cuda/nvrtc.hpp"
#include "tests/unit/ir/plan_builder.hpp"

namespace fuseval::test {
namespace {

constexpr int64_t rows = 64;
constexpr ChainLimits single_rows{.tile_bytes = 0, .row_bytes = 1 << 20, .threads = 1, .single_rows = true};

// exp(a - max(a, axis=1)) / sum(exp(a - max(a, axis=1)), axis=1)
Plan softmax(int64_t columns, DType dtype) {
  PlanBuilder b;
  const NodeId a = b.array({rows, columns}, dtype);
  const NodeId largest = b.keep(b.reduce(Reduction::max, a, {1}), 1);
  const NodeId powers = b.apply(Op::exp, {b.apply(Op::subtract, {a, largest})});
  const NodeId sum = b.keep(b.reduce(Reduction::sum, powers, {1}), 1);
  return b.plan({b.apply(Op::divide, {powers, sum})}, single_rows);
}
// a - sum(a, axis=1)
Plan centred(int64_t columns, DType dtype) {
  PlanBuilder b;
  const NodeId a = b.array({rows, columns}, dtype);
  const NodeId sum = b.keep(b.reduce(Reduction::sum, a, {1}), 1);
  return b.plan({b.apply(Op::subtract, {a, sum})}, single_rows);
}

/// A plan that is one chain.
class ChainOnDevice : public PlanOnDevice {
 public:
  explicit ChainOnDevice(Plan made) : PlanOnDevice(std::move(made)) {
    REQUIRE(plan.chains.size() == 1);
    REQUIRE(plan.chains[0].size() == plan.kernels.size());
    REQUIRE(plan.chains[0].is_tiled());
    chain_.shared = static_cast<int>(plan.chains[0].extents.size());
    for (const LoopNest& nest : plan.kernels) chain_.nests.push_back(&nest);
    REQUIRE(cuda_can_chain(chain_));
  }

  codegen::CudaKernel kernel() const {
    std::vector<codegen::CudaVariant> variants;
    for (size_t k = 0; k < plan.kernels.size(); ++k) {
      variants.push_back(cuda_variant(plan.kernels[k], arguments()[k]));
      CHECK(variants.back().vectors);
    }
    return cuda_chain_kernel(chain_, variants, "kernel");
  }

 private:
  codegen::CudaChain chain_;
};

std::string nest_of(const std::string& text) { return text.substr(text.find("// the nest")); }

}  // namespace

TEST_CASE("golden text of a chain") {
  const std::string path = FUSEVAL_GOLDEN_FOLDER "/cuda_chain.txt";
  const std::string now = nest_of(ChainOnDevice(centred(300, DType::float64)).kernel().text);
  if (std::getenv("FUSEVAL_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << now;
  std::ifstream file(path, std::ios::binary);
  CHECK(now == std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST_CASE("a wrong text of a chain is noticed") {
  ChainOnDevice chain(softmax(5000, DType::float64));
  const codegen::CudaKernel kernel = chain.kernel();
  const codegen::CudaLaunch launch = cuda_chain_launch(kernel, chain.arguments());
  const std::string expected = chain.run(kernel.text, launch, 0);
  CHECK_FALSE(chain.is_wrong(kernel.text, launch, expected));
  int barriers = 0;
  for (std::string text; !(text = with_replaced(kernel.text, "__syncthreads();", "", barriers)).empty(); ++barriers) {
    CAPTURE(barriers);
    CHECK(chain.is_wrong(text, launch, expected));
  }
  CHECK(barriers == 4);  // two reductions, two ways from nest to nest
  for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{
           {"of_warp[first + thread % group]", "of_warp[thread % group]"},
           {"d < group", "d < 1"},
           {"block += (ix)member * 2", "block += (ix)member"},
           {"(ix)team * 8 <=", "(ix)team * 4 <="},
           {"block < ", "block <= "},
           {"(8 / group)", "(4 / group)"}}) {
    CAPTURE(from);
    const std::string text = with_replaced(kernel.text, from, to, 0);
    REQUIRE_FALSE(text.empty());
    CHECK(chain.is_wrong(text, launch, expected));
  }
}

TEST_CASE("static checks of chains by NVRTC") {
  const runtime::cuda::NvrtcFound found = runtime::cuda::Nvrtc::find(0);
  if (!found.nvrtc) {
    MESSAGE("skipped: ", found.reason);
    return;
  }
  std::vector<std::string> options(std::begin(codegen::cuda_compile_options), std::end(codegen::cuda_compile_options));
  options.push_back("--ptxas-options=-v");
  for (const DType dtype : {DType::float32, DType::float64})
    for (const bool is_softmax : {false, true}) {
      CAPTURE(is_softmax);
      const codegen::CudaKernel kernel =
          ChainOnDevice(is_softmax ? softmax(1000, dtype) : centred(1000, dtype)).kernel();
      for (const int arch : {80, 90, 100}) {
        const auto compiled = found.nvrtc->compile(kernel.text, "fuseval.cu", fmt::format("sm_{}", arch), options);
        const size_t at = compiled.log.find("Used ");
        REQUIRE(at != std::string::npos);
        const int registers = std::atoi(compiled.log.c_str() + at + 5);
        if (arch == 90)
          fmt::print("  {} {} {:5.1f} ms, {} registers\n", is_softmax ? "softmax" : "centred", name_of(dtype),
                     1e3 * compiled.seconds, registers);
        CHECK(registers <= 80);
        CHECK(compiled.log.find(" 0 bytes spill stores, 0 bytes spill loads") != std::string::npos);
      }
      const auto ptx = found.nvrtc->compile(kernel.text, "fuseval.cu", "compute_90", options);
      CHECK((ptx.image.find("ld.global.v2.") != std::string::npos ||
             ptx.image.find("ld.global.v4.") != std::string::npos));
    }
}

}  // namespace fuseval::test
