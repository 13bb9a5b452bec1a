// exp: x = k ln2 + r with |r| <= ln2/2, then exp(x) = 2^k (1 + r + r^2 q(r)) with q from Sollya.
// k ln2 is subtracted in two parts, of which the first is exact (Cody and Waite, "Software Manual for the Elementary
// Functions", 1980). The rounding of r costs a quarter of a unit in the last place; 1 + r is kept as a pair, since the
// rounding of r + r^2 q(r) would cost another, and 0.94 was then measured.
#pragma once

#include "codegen/math/coefficients/coefficients.hpp"
#include "codegen/math/format.hpp"

namespace fuseval::codegen::math {

/// What exp needs to know about a format.
struct ExpRange {
  double largest;    // exp overflows above
  double smallest;   // exp is 0 below, with room to spare
  double subnormal;  // results may be subnormal below
  double lift;       // those are computed times 2^lift
  std::span<const double> q, ln2;
};
inline const ExpRange& exp_range(DType dtype) {
  static constexpr ExpRange of_double{0x1.62e42fefa39efp+9,    -750.0, -700.0, 128.0, coefficients::exp_double,
                                      coefficients::ln2_double};
  static constexpr ExpRange of_single{0x1.62e42ep+6,           -106.0, -80.0, 64.0, coefficients::exp_single,
                                      coefficients::ln2_single};
  return dtype == DType::float32 ? of_single : of_double;
}
inline constexpr double inverse_ln2 = coefficients::reciprocals[0];

template <Emitter E>
typename E::Value exp(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const ExpRange& range = exp_range(given.dtype());
  const auto x = select(given < range.smallest, range.smallest, given);
  const auto k = round_product(x, inverse_ln2);
  const auto r = fma(k.value, -range.ln2[1], fma(k.value, -range.ln2[0], x));
  const auto [head, head_low] = fast_two_sum(r.real(1.0), r);
  const auto mantissa = head + fma(r * r, polynomial(r, range.q), head_low);
  const auto tiny = x < range.subnormal;
  const auto lifted = scale_by_low_bits(mantissa, k.shifted + select(tiny, x.real(range.lift), 0.0));
  const auto scaled = lifted * select(tiny, x.real(std::ldexp(1.0, -static_cast<int>(range.lift))), 1.0);
  return select(given <= range.largest, scaled, given + infinity).v;
}

}  // namespace fuseval::codegen::math
