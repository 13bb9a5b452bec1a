// The device that tests of devices use: the CUDA simulator, which needs no GPU, or what FUSEVAL_TEST_DEVICE names
// (./dev gpu-check: "cuda").
#pragma once

#include <cstdlib>
#include <string>

#include "fuseval/fuseval.hpp"

inline const char* device_under_test() {
  const char* const name = std::getenv("FUSEVAL_TEST_DEVICE");
  return name == nullptr ? "cudasim" : name;
}

inline fv_device_type type_under_test() {
  return std::string(device_under_test()).rfind("cuda:", 0) == 0 || std::string(device_under_test()) == "cuda"
             ? FV_DEVICE_CUDA
             : FV_DEVICE_CUDASIM;
}

inline fuseval::RunOptions on_device_under_test() {
  fuseval::RunOptions options;
  options.device = device_under_test();
  return options;
}
