// The floating-point environment that the promise of equal bits needs: round to nearest, subnormals kept, and no
// exception that raises a signal. A host built with -ffast-math sets FTZ and DAZ for its threads, and workers inherit
// what their creator had. The host gets back what it had, without the flags that our arithmetic raises (x87's are never
// touched: nothing here computes with it).
#pragma once

#include <fenv.h>
#include <xmmintrin.h>

#include <cstdint>

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

/// The same for code of the host, which may use x87 (long double), and fenv.h changes both units.
class KeptHostEnvironment : public KeptFloatEnvironment {
 public:
  KeptHostEnvironment() : x87_(x87()) {}
  ~KeptHostEnvironment() {
    if (x87() == x87_) return;
    fenv_t environment;
    fegetenv(&environment);
    environment.__control_word = x87_.control;
    environment.__status_word = x87_.status;
    fesetenv(&environment);
  }

 private:
  struct X87 {
    uint16_t control, status;
    bool operator==(const X87&) const = default;
  };
  // Reading these two words takes a few cycles; fegetenv() stores and reloads the whole environment.
  static X87 x87() {
    X87 words;
    __asm__ volatile("fnstcw\t%0" : "=m"(words.control));
    __asm__ volatile("fnstsw\t%0" : "=m"(words.status));
    return words;
  }

  const X87 x87_;
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
