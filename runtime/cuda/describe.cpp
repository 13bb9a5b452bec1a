#include "runtime/cuda/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/cuda/device_properties.hpp"

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

Installation find_installation() {
  Installation found;
  found.driver = Driver::find();
  found.compiler = Nvrtc::find(found.driver.driver ? found.driver.driver->version() : 0);
  return found;
}

std::string describe(const Installation& found) {
  std::string text;
  if (const auto& driver = found.driver.driver) {
    text += fmt::format("cuda driver: CUDA {}, {}\n", driver->version_text(), driver->path());
    for (int k = 0; k < driver->device_count(); ++k)
      text += fmt::format("cuda device {}: {}\n", k, device_line(*driver, k));
  } else {
    text += fmt::format("cuda driver: none: {}\n", found.driver.reason);
  }
  const NvrtcFound& compiler = found.compiler;
  if (!compiler.nvrtc) return text + fmt::format("cuda compiler: none: {}\n", compiler.reason);
  return text + fmt::format("cuda compiler: NVRTC {}, {}, for sm_{}\n", compiler.nvrtc->version(),
                            compiler.nvrtc->path(), fmt::join(compiler.nvrtc->archs(), ", sm_"));
}

}  // namespace fuseval::runtime::cuda
