#include "runtime/cuda/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/cuda/device_properties.hpp"
#include "runtime/cuda/nvrtc.hpp"

namespace fuseval::runtime::cuda {
namespace {

std::string device_line(const Driver& driver, int ordinal) {
  try {
    const DeviceProperties p = read_properties(driver, ordinal);
    return fmt::format("{}, sm_{}, {} multiprocessors, {:.1f} GiB", p.name, p.arch(), p.multiprocessors,
                       static_cast<double>(p.memory_bytes) / (1 << 30));
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace

std::string describe() {
  const DriverFound found = Driver::find();
  std::string text;
  if (!found.driver) text += fmt::format("cuda driver: none: {}\n", found.reason);
  if (found.driver) {
    text += fmt::format("cuda driver: CUDA {}, {}\n", found.driver->version_text(), found.driver->path());
    for (int k = 0; k < found.driver->device_count(); ++k)
      text += fmt::format("cuda device {}: {}\n", k, device_line(*found.driver, k));
  }
  const NvrtcFound compiler = Nvrtc::find(found.driver ? found.driver->version() : 0);
  if (!compiler.nvrtc) return text + fmt::format("cuda compiler: none: {}\n", compiler.reason);
  return text + fmt::format("cuda compiler: NVRTC {}, {}, for sm_{}\n", compiler.nvrtc->version(),
                            compiler.nvrtc->path(), fmt::join(compiler.nvrtc->archs(), ", sm_"));
}

}  // namespace fuseval::runtime::cuda
