// The floating-point environment that the promise of equal bits needs: round to nearest, subnormals kept. A host built
// with -ffast-math sets FTZ and DAZ for its threads, and workers inherit what their creator had.
#pragma once

#include <xmmintrin.h>

namespace fuseval::engine {

class FloatEnvironment {
 public:
  FloatEnvironment() : before_(_mm_getcsr()) {
    if (differs()) _mm_setcsr(default_control);
  }
  ~FloatEnvironment() {
    if (differs()) _mm_setcsr(before_);
  }
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
  static constexpr unsigned default_control = 0x1f80;  // every exception masked, nearest, no FTZ, no DAZ
  static constexpr unsigned sticky_flags = 0x3f;
  bool differs() const { return (before_ & ~sticky_flags) != default_control; }

  unsigned before_;
};

}  // namespace fuseval::engine
