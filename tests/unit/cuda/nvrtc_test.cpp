// What can be said of the texts without a GPU: NVRTC compiles them for every architecture that it knows, nothing
// spills, registers leave room for enough warps, and loads are 128 bits wide where the layouts allow.
#include "nvrtc.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "sample_nests.hpp"

namespace fuseval::test {

TEST_CASE("static checks by NVRTC") {
  std::string reason;
  const std::optional<Nvrtc> nvrtc = Nvrtc::find(reason);
  if (!nvrtc) {
    MESSAGE("skipped: ", reason);
    return;
  }
  const std::vector<int> all = nvrtc->architectures();
  nvrtc->compile("__global__ void first() {}", all.front());  // the first one in a process is slower
  const std::vector<SampleNest> nests = sample_nests();
  for (size_t k = 0; k < nests.size(); ++k) {
    const SampleNest& sample = nests[k];
    const codegen::CudaKernel kernel = codegen::cuda_kernel(sample.builder->nest, {"kernel", sample.variant});
    // Every architecture for a few nests, an early and the H100's for the others.
    std::vector<int> archs = k % 8 == 0 ? all : std::vector<int>{80, 90};
    for (const int arch : archs) {
      CAPTURE(sample.name);
      CAPTURE(arch);
      const Compiled compiled = nvrtc->compile(kernel.text, arch);
      REQUIRE(compiled.error == "");
      if (arch == 90)
        fmt::print("  {:16} {:5.1f} ms, {:3} registers, {:4} bytes of stack, cubin {} bytes\n", sample.name,
                   compiled.milliseconds, compiled.registers, compiled.stack_bytes, compiled.cubin_bytes);
      CHECK(compiled.spill_bytes == 0);
      CHECK(compiled.registers <= sample.registers);
      CHECK(compiled.registers > 0);
      const bool wide_loads = compiled.ptx.find("ld.global.v2.") != std::string::npos ||
                              compiled.ptx.find("ld.global.v4.") != std::string::npos;
      CHECK(wide_loads == sample.vector_loads);
    }
  }
}

}  // namespace fuseval::test
