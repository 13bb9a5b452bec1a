// How tests steer the fake NVRTC: a libnvrtc that looks whether a text has kernels and is whole, and makes an image
// that carries the text itself, which the fake driver compiles and runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/cuda/nvrtc_api.hpp"

namespace fake {

using fuseval::runtime::cuda::NvrtcResult;

struct NvrtcSettings {
  int major = 13;
  int minor = 0;
  /// What NVRTC 13.0 compiles for.
  std::vector<int> archs = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};
};

class NvrtcControl {
 public:
  virtual ~NvrtcControl() = default;
  /// Forgets everything, leaks included.
  virtual void reset(const NvrtcSettings& settings) = 0;
  /// The k-th call from now (1: the next) fails. 0: none. Neither error strings nor destroying a program are calls.
  virtual void fail_call(uint64_t k, NvrtcResult code) = 0;
  /// Calls since the last reset or fail_call.
  virtual uint64_t calls() const = 0;
  /// Every text is refused with these words, in its first line. "": none.
  virtual void refuse_texts(const std::string& words) = 0;
  /// Compilations begun since the last reset.
  virtual uint64_t compilations() const = 0;
  /// Programs that have not been destroyed; "" for none.
  virtual std::string leaks() const = 0;
};

}  // namespace fake
