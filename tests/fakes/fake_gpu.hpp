// The fake NVIDIA machine, as a test sees it: loaded as the real one is, and steered.
#pragma once

#include <dlfcn.h>
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "runtime/cuda/device.hpp"
#include "tests/fakes/driver/control.hpp"
#include "tests/fakes/nvrtc/control.hpp"
#include "tests/unit/environment_variables.hpp"

/// The control that a fake's library has.
template <class Control>
Control* control_of(const char* library, const char* symbol) {
  void* loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  REQUIRE(loaded != nullptr);
  Control* control = reinterpret_cast<Control* (*)()>(dlsym(loaded, symbol))();
  dlclose(loaded);
  return control;
}

/// FUSEVAL_LIBCUDA names the fake while this lives. Ends with a check that nothing leaked and nothing was done wrong.
class FakeGpu {
 public:
  explicit FakeGpu(const fake::Settings& settings = {}) {
    variables_.set("FUSEVAL_LIBCUDA", FUSEVAL_FAKE_DRIVER);
    control_->reset(settings);
  }
  ~FakeGpu() {
    CHECK(control_->leaks() == "");
    if (!expects_violations) CHECK(control_->violations() == "");
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
  EnvironmentVariables variables_;
  fake::Control* const control_ = control_of<fake::Control>(FUSEVAL_FAKE_DRIVER, "fuseval_fake_control");
};

/// FUSEVAL_LIBNVRTC names the fake while this lives. Ends with a check that nothing leaked.
class FakeNvrtc {
 public:
  explicit FakeNvrtc(const fake::NvrtcSettings& settings = {}) {
    variables_.set("FUSEVAL_LIBNVRTC", FUSEVAL_FAKE_NVRTC);
    control_->reset(settings);
  }
  ~FakeNvrtc() { CHECK(control_->leaks() == ""); }
  FakeNvrtc(const FakeNvrtc&) = delete;
  FakeNvrtc& operator=(const FakeNvrtc&) = delete;

  fake::NvrtcControl* operator->() const { return control_; }

 private:
  EnvironmentVariables variables_;
  fake::NvrtcControl* const control_ = control_of<fake::NvrtcControl>(FUSEVAL_FAKE_NVRTC, "fuseval_fake_nvrtc_control");
};

/// Kernel "scale": words (out, in, n, factor) -> out[i] = in[i] * factor.
inline void scale_kernel(const fake::Launch& launch) {
  auto* out = reinterpret_cast<uint64_t*>(launch.words[0]);
  const auto* in = reinterpret_cast<const uint64_t*>(launch.words[1]);
  for (uint64_t i = 0; i < launch.words[2]; ++i) out[i] = in[i] * launch.words[3];
}
