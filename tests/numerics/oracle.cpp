#include "tests/numerics/oracle.hpp"

#include <algorithm>
#include <stdexcept>

#include "codegen/math/math.hpp"

namespace fuseval::numerics {

namespace {

namespace math = codegen::math;
using Value = HostValue;

#define ONE_ARGUMENT(name, mpfr, libm)                                                                               \
  {                                                                                                                  \
#name, 1, 1.0,                                                                                                   \
        [](HostEmitter & e, Value x,                                                                                 \
           Value) { return math::name(e, x); },                                                                      \
                                             [](mpfr_t result, mpfr_t x,                                             \
                                                mpfr_t) { mpfr(result, x, MPFR_RNDN); },                             \
                                                                                      [](double x,                   \
                                                                                         double) { return libm(x); } \
  }
#define TWO_ARGUMENTS(name, bound, mpfr, libm)                                                    \
  {                                                                                               \
#name, 2, bound, [](HostEmitter& e, Value x, Value y) { return math::name(e, x, y); },          \
   [](mpfr_t result, mpfr_t x, mpfr_t y) { mpfr(result, x, y, MPFR_RNDN); }, [](double x, double y) { return libm(x, y); } \
  }

}  // namespace

const std::vector<MathFunction>& math_functions() {
  static const std::vector<MathFunction> functions = {
      ONE_ARGUMENT(exp, mpfr_exp, std::exp),       ONE_ARGUMENT(log, mpfr_log, std::log),
      ONE_ARGUMENT(sin, mpfr_sin, std::sin),       ONE_ARGUMENT(cos, mpfr_cos, std::cos),
      ONE_ARGUMENT(tan, mpfr_tan, std::tan),       ONE_ARGUMENT(arcsin, mpfr_asin, std::asin),
      ONE_ARGUMENT(arccos, mpfr_acos, std::acos),  ONE_ARGUMENT(arctan, mpfr_atan, std::atan),
      ONE_ARGUMENT(tanh, mpfr_tanh, std::tanh),    TWO_ARGUMENTS(arctan2, 1.0, mpfr_atan2, std::atan2),
      TWO_ARGUMENTS(pow, 1.0, mpfr_pow, std::pow), TWO_ARGUMENTS(hypot, 1.0, mpfr_hypot, std::hypot),
  };
  return functions;
}

const MathFunction& math_function(const std::string& name) {
  const auto& all = math_functions();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& function) { return function.name == name; });
  if (found == all.end()) throw std::invalid_argument("no elementary function is called " + name);
  return *found;
}

Oracle::Oracle() {
  for (auto* number : {&x_, &y_, &exact_, &got_}) mpfr_init2(*number, 140);
}
Oracle::~Oracle() {
  for (auto* number : {&x_, &y_, &exact_, &got_}) mpfr_clear(*number);
}

double Oracle::distance(const MathFunction& function, double x, double y, double got, int digits, int max_exponent,
                        int min_exponent) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  mpfr_set_d(x_, x, MPFR_RNDN);
  mpfr_set_d(y_, y, MPFR_RNDN);
  function.exact(exact_, x_, y_);
  if (mpfr_nan_p(exact_) || std::isnan(got)) return mpfr_nan_p(exact_) && std::isnan(got) ? 0 : wrong;
  const bool same_sign = std::signbit(got) == (mpfr_signbit(exact_) != 0);
  if (mpfr_inf_p(exact_)) return std::isinf(got) && same_sign ? 0 : wrong;
  if (mpfr_zero_p(exact_)) return got == 0 && same_sign ? 0 : wrong;
  if (!same_sign) return wrong;
  const long exponent = mpfr_get_exp(exact_);
  if (exponent > max_exponent) return std::isinf(got) ? 0 : wrong;
  mpfr_set_d(got_, got, MPFR_RNDN);
  if (std::isinf(got)) mpfr_set_si_2exp(got_, got > 0 ? 1 : -1, max_exponent, MPFR_RNDN);
  mpfr_sub(got_, got_, exact_, MPFR_RNDN);
  mpfr_mul_2si(got_, got_, digits - std::max<long>(exponent, min_exponent), MPFR_RNDN);
  return std::fabs(mpfr_get_d(got_, MPFR_RNDN));
}

}  // namespace fuseval::numerics
