// What can be said of the texts without a GPU: NVRTC compiles them for every architecture that it knows, nothing
// spills, registers leave room for enough warps, and loads are 128 bits wide where the layouts allow.
#include "runtime/cuda/nvrtc.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "sample_nests.hpp"

namespace fuseval::test {
namespace {

using runtime::cuda::Nvrtc;

std::vector<std::string> options() {
  std::vector<std::string> list(std::begin(codegen::cuda_compile_options), std::end(codegen::cuda_compile_options));
  list.push_back("--ptxas-options=-v");
  return list;
}

/// The numbers right before `words` in ptxas' report. (Not by a regular expression: GCC 12 warns of its library's own.)
std::vector<int> numbers_before(const std::string& log, const std::string& words) {
  std::vector<int> numbers;
  for (size_t at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) {
    const size_t begin = log.find_last_not_of("0123456789", at - 1) + 1;
    if (begin < at) numbers.push_back(std::stoi(log.substr(begin, at - begin)));
  }
  return numbers;
}
int largest(const std::vector<int>& numbers) { return numbers.empty() ? 0 : *std::ranges::max_element(numbers); }

bool has_wide_loads(const std::string& ptx) {
  return ptx.find("ld.global.v2.") != std::string::npos || ptx.find("ld.global.v4.") != std::string::npos;
}

void check(const Nvrtc& nvrtc, const SampleNest& sample, const std::string& entry, const std::string& text, int arch) {
  CAPTURE(sample.name);
  CAPTURE(entry);
  CAPTURE(arch);
  const Nvrtc::Compiled compiled = nvrtc.compile(text, "fuseval.cu", fmt::format("sm_{}", arch), options());
  const int registers = largest(numbers_before(compiled.log, " registers"));
  if (arch == 90)
    fmt::print("  {:16} {:15} {:5.1f} ms, {:3} registers, {:4} bytes of stack, cubin {} bytes\n", sample.name, entry,
               1e3 * compiled.seconds, registers, largest(numbers_before(compiled.log, " bytes stack frame")),
               compiled.image.size());
  CHECK(largest(numbers_before(compiled.log, " bytes spill")) == 0);
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
