// The floating-point environment that the promise of equal bits needs: round to nearest, subnormals kept, and no
// exception that raises a signal. A host built with -ffast-math sets FTZ and DAZ for its threads, and workers inherit
// what their creator had. The host gets back what it had, without the flags that our arithmetic raises (x87's are never
// touched: nothing here computes with it).
#pragma once

#include <xmmintrin.h>

namespace fuseval::runtime {

/// Whatever happens to the environment of the thread while this exists is undone.
class KeptFloatEnvironment {
 public:
  KeptFloatEnvironment() : before_(_mm_getcsr()) {}
  // Mostly there is nothing to restore: writing the register takes several times as long as reading it.
  ~KeptFloatEnvironment() {
    if (_mm_getcsr() != before_) _mm_setcsr(before_);
  }
  KeptFloatEnvironment(const KeptFloatEnvironment&) = delete;
  KeptFloatEnvironment& operator=(const KeptFloatEnvironment&) = delete;

 protected:
  const unsigned before_;
};

/// Ours, while this exists.
class FloatEnvironment : public KeptFloatEnvironment {
 public:
  FloatEnvironment() {
    if ((before_ & ~sticky_flags) != default_control) _mm_setcsr(default_control);
  }

 private:
  static constexpr unsigned default_control = 0x1f80;  // every exception masked, nearest, no FTZ, no DAZ
  static constexpr unsigned sticky_flags = 0x3f;
};

}  // namespace fuseval::runtime
