// The fake NVIDIA machine, as a test sees it: its libraries are loaded as the real ones are, and steered.
#pragma once

#include <dlfcn.h>
#include <doctest/doctest.h>

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
class FakeDriver {
 public:
  explicit FakeDriver(const fake::Settings& settings = {}) {
    variables_.set("FUSEVAL_LIBCUDA", FUSEVAL_FAKE_DRIVER);
    control_->reset(settings);
  }
  ~FakeDriver() {
    CHECK(control_->leaks() == "");
    if (!expects_violations) CHECK(control_->violations() == "");
  }
  FakeDriver(const FakeDriver&) = delete;
  FakeDriver& operator=(const FakeDriver&) = delete;

  fake::Control& operator*() const { return *control_; }
  fake::Control* operator->() const { return control_; }

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

/// The whole machine, with nothing kept on disk.
struct FakeMachine {
  explicit FakeMachine(const fake::Settings& settings = {}) : gpu(settings) { variables.set("FUSEVAL_CACHE_DIR", ""); }
  EnvironmentVariables variables;
  FakeDriver gpu;
  FakeNvrtc nvrtc;
};
