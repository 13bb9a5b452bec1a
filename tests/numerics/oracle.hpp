// The independent reference of the elementary functions: MPFR, and the distance from it in units in the last place.
#pragma once

#include <mpfr.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "codegen/host/host_emitter.hpp"

namespace fuseval::numerics {

using codegen::HostEmitter;
using codegen::HostValue;

/// An elementary function: through the host emitter, in MPFR, and what it promises. One argument: the second is
/// ignored.
struct MathFunction {
  std::string name;
  int arity;
  double bound;  // units in the last place, both formats
  HostValue (*host)(HostEmitter&, HostValue, HostValue);
  void (*exact)(mpfr_t result, mpfr_t x, mpfr_t y);
  double (*libm)(double, double);
};
const std::vector<MathFunction>& math_functions();
const MathFunction& math_function(const std::string& name);

template <class T>
constexpr DType dtype_for = std::is_same_v<T, float> ? DType::float32 : DType::float64;

template <class T>
T evaluate(const MathFunction& function, T x, T y = 0) {
  HostEmitter emitter;
  return codegen::host_get<T>(
      function.host(emitter, codegen::host_value(dtype_for<T>, x), codegen::host_value(dtype_for<T>, y)));
}

/// |got - exact| in units of the last place of the exact value, which is the format's spacing there (the subnormal
/// spacing below the normal range). An infinite `got` counts as the power of two above the largest finite number; a
/// NaN is right only where the exact value is NaN. MPFR's numbers are reused: one Oracle a thread.
class Oracle {
 public:
  Oracle();
  ~Oracle();
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  template <class T>
  double error(const MathFunction& function, T x, T y, T got) {
    return distance(function, x, y, got, std::numeric_limits<T>::digits, std::numeric_limits<T>::max_exponent,
                    std::numeric_limits<T>::min_exponent);
  }

 private:
  double distance(const MathFunction& function, double x, double y, double got, int digits, int max_exponent,
                  int min_exponent);
  mpfr_t x_, y_, exact_, got_;
};

}  // namespace fuseval::numerics
