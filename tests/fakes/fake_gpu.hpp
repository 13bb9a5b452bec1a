// The fake driver, as a test sees it: loaded as the real one is, and steered.
#pragma once

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "runtime/cuda/device.hpp"
#include "tests/fakes/driver/control.hpp"

/// FUSEVAL_LIBCUDA names the fake while this lives. Ends with a check that nothing leaked and nothing was done wrong.
class FakeGpu {
 public:
  explicit FakeGpu(const fake::Settings& settings = {}) {
    setenv("FUSEVAL_LIBCUDA", FUSEVAL_FAKE_DRIVER, 1);
    void* library = dlopen(FUSEVAL_FAKE_DRIVER, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    REQUIRE(library != nullptr);
    control_ = reinterpret_cast<fake::Control* (*)()>(dlsym(library, "fuseval_fake_control"))();
    dlclose(library);
    control_->reset(settings);
  }
  ~FakeGpu() {
    CHECK(control_->leaks() == "");
    if (!expects_violations) CHECK(control_->violations() == "");
    unsetenv("FUSEVAL_LIBCUDA");
  }
  FakeGpu(const FakeGpu&) = delete;
  FakeGpu& operator=(const FakeGpu&) = delete;

  fake::Control& operator*() const { return *control_; }
  fake::Control* operator->() const { return control_; }

  std::shared_ptr<const fuseval::runtime::cuda::Driver> driver() const {
    const auto found = fuseval::runtime::cuda::Driver::find();
    REQUIRE_MESSAGE(found.driver, found.reason);
    return found.driver;
  }
  std::shared_ptr<fuseval::runtime::cuda::Device> device(int ordinal = 0,
                                                         fuseval::runtime::cuda::DeviceOptions options = {}) const {
    return fuseval::runtime::cuda::Device::open(driver(), ordinal, options);
  }

  bool expects_violations = false;

 private:
  fake::Control* control_;
};

/// Kernel "scale": words (out, in, n, factor) -> out[i] = in[i] * factor.
inline void scale_kernel(const fake::Launch& launch) {
  auto* out = reinterpret_cast<uint64_t*>(launch.words[0]);
  const auto* in = reinterpret_cast<const uint64_t*>(launch.words[1]);
  for (uint64_t i = 0; i < launch.words[2]; ++i) out[i] = in[i] * launch.words[3];
}
