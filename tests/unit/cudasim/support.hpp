// Kernels compiled and run in a line or two.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ir/error.hpp"
#include "runtime/cudasim/simulator.hpp"

namespace cudasim = fuseval::runtime::cudasim;

/// The machine has a compiler. Without one a test case says so and ends.
bool have_compiler();
#define NEEDS_COMPILER() \
  if (!have_compiler()) return

/// The message of the fuseval::Error that a call throws; empty when there is none.
std::string message_of(const std::function<void()>& call);

/// `text` with all `from` replaced; fails the test when there is none.
std::string replaced(std::string text, const std::string& from, const std::string& to);

/// Where each `part` of a text begins.
std::vector<size_t> places_of(const std::string& text, const std::string& part);

/// Kernel `name` of one text.
cudasim::Function compile(const std::string& text, const std::string& name);

/// An array on the simulated device, freed in the end.
template <class T>
class DeviceArray {
 public:
  DeviceArray(cudasim::Simulator& device, const std::vector<T>& values) : DeviceArray(device, values.size()) {
    device_.copy_in(address_, values.data(), values.size() * sizeof(T));
  }
  /// Poisoned.
  DeviceArray(cudasim::Simulator& device, size_t count)
      : device_(device), count_(count), address_(device.allocate(count * sizeof(T), sizeof(T) * 4)) {}
  ~DeviceArray() { device_.free(address_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  uint64_t address() const { return address_; }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    device_.copy_out(result.data(), address_, count_ * sizeof(T));
    return result;
  }

 private:
  cudasim::Simulator& device_;
  size_t count_;
  uint64_t address_;
};
