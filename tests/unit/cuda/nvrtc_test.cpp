// What can be said of the texts without a GPU: NVRTC compiles them for every architecture that it knows, nothing
// spills, registers leave room for enough warps, and loads are 128 bits wide where the layouts allow.
#include "runtime/cuda/nvrtc.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "sample_nests.hpp"

namespace fuseval::test {
namespace {

using runtime::cuda::Nvrtc;

std::vector<std::string> options() {
  std::vector<std::string> list(std::begin(codegen::cuda_compile_options), std::end(codegen::cuda_compile_options));
  list.push_back("--ptxas-options=-v");
  return list;
}

// The sum, or the largest, of the numbers that a pattern's group catches in ptxas' report.
template <class F>
int fold(const std::string& log, const char* pattern, F&& f) {
  const std::regex expression(pattern);
  int result = 0;
  for (std::sregex_iterator at(log.begin(), log.end(), expression), end; at != end; ++at)
    result = f(result, std::stoi((*at)[1].str()));
  return result;
}
int most(int a, int b) { return std::max(a, b); }

bool has_wide_loads(const std::string& ptx) {
  return ptx.find("ld.global.v2.") != std::string::npos || ptx.find("ld.global.v4.") != std::string::npos;
}

void check(const Nvrtc& nvrtc, const SampleNest& sample, const std::string& entry, const std::string& text, int arch) {
  CAPTURE(sample.name);
  CAPTURE(entry);
  CAPTURE(arch);
  const Nvrtc::Compiled compiled = nvrtc.compile(text, "fuseval.cu", fmt::format("sm_{}", arch), options());
  const int registers = fold(compiled.log, "Used ([0-9]+) registers", most);
  if (arch == 90)
    fmt::print("  {:16} {:15} {:5.1f} ms, {:3} registers, {:4} bytes of stack, cubin {} bytes\n", sample.name, entry,
               1e3 * compiled.seconds, registers, fold(compiled.log, "([0-9]+) bytes stack frame", most),
               compiled.image.size());
  CHECK(fold(compiled.log, "([0-9]+) bytes spill", std::plus<>()) == 0);
  CHECK(registers > 0);
  CHECK(registers <= sample.registers);
}

}  // namespace

TEST_CASE("static checks by NVRTC") {
  const runtime::cuda::NvrtcFound found = Nvrtc::find(0);
  if (!found.nvrtc) {
    MESSAGE("skipped: ", found.reason);
    return;
  }
  const std::vector<SampleNest> nests = sample_nests();
  for (size_t k = 0; k < nests.size(); ++k) {
    const SampleNest& sample = nests[k];
    const codegen::CudaKernel kernel = codegen::cuda_kernel(sample.builder->nest, {"kernel", sample.variant});
    // Every architecture for a few nests, an early and the H100's for the others. Entries apart, as a device does.
    for (size_t entry = 0; entry < kernel.entries.size(); ++entry)
      for (const int arch : k % 8 == 0 ? found.nvrtc->archs() : std::vector<int>{80, 90})
        check(*found.nvrtc, sample, kernel.entries[entry].name, cuda_entry_text(kernel, entry), arch);
    CAPTURE(sample.name);
    const Nvrtc::Compiled ptx = found.nvrtc->compile(cuda_entry_text(kernel, 0), "fuseval.cu", "compute_90", options());
    CHECK(has_wide_loads(ptx.image) == sample.vector_loads);
  }
}

}  // namespace fuseval::test
