// The fake machine for tests of runtime/cuda itself.
#pragma once

#include <memory>

#include "runtime/cuda/device.hpp"
#include "tests/fakes/fake_machine.hpp"

class FakeGpu : public FakeDriver {
 public:
  using FakeDriver::FakeDriver;

  std::shared_ptr<const fuseval::runtime::cuda::Driver> driver() const {
    const auto found = fuseval::runtime::cuda::Driver::find();
    REQUIRE_MESSAGE(found.driver, found.reason);
    return found.driver;
  }
  std::shared_ptr<fuseval::runtime::cuda::Device> device(int ordinal = 0,
                                                         fuseval::runtime::cuda::DeviceOptions options = {}) const {
    return fuseval::runtime::cuda::Device::open(driver(), ordinal, options);
  }
};

/// Kernel "scale": words (out, in, n, factor) -> out[i] = in[i] * factor.
inline void scale_kernel(const fake::Launch& launch) {
  auto* out = reinterpret_cast<uint64_t*>(launch.words[0]);
  const auto* in = reinterpret_cast<const uint64_t*>(launch.words[1]);
  for (uint64_t i = 0; i < launch.words[2]; ++i) out[i] = in[i] * launch.words[3];
}
