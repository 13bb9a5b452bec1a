// tanh(x) = m / (m + 2) with m = exp(2x) - 1 for x >= 0, numerator and denominator as pairs. exp's kernel gives
// exp(2x) = 2^k (1 + p) with p as a pair, and m = (2^k - 1) + 2^k p loses nothing, so that the same few operations are
// within a unit for the smallest x (k = 0, m = p) and for the largest.
#pragma once

#include "codegen/math/exp.hpp"

namespace fuseval::codegen::math {

template <Emitter E>
typename E::Value tanh(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const bool single = given.dtype() == DType::float32;
  const ExpRange& range = exp_range(given.dtype());
  const std::span<const double> q =
      single ? std::span<const double>(coefficients::expm1_single) : coefficients::expm1_double;
  // tanh rounds to 1 above both; NaN stays.
  const double saturation = single ? 9.5 : 19.5;
  const auto magnitude = abs(given);
  const auto x = select(magnitude > saturation, saturation, magnitude) * 2.0;

  const auto k = round_product(x, inverse_ln2);
  const auto reduced = fma(k.value, -range.ln2[0], x);
  const auto r = fma(k.value, -range.ln2[1], reduced);
  const auto r_low = fma(k.value, -range.ln2[1], reduced - r);
  const auto [p, p_low] = fast_two_sum(r, fma(r * r, polynomial(r, q), r_low));

  const auto power = scale_by_low_bits(x.real(1.0), k.shifted);
  const auto high = power * p, low = power * p_low;
  // From k = 53 on, power - 1 rounds. That does no harm so long as the denominator is the numerator, as computed,
  // plus 2.
  const auto numerator = fast_two_sum(power - 1.0, high);
  const auto denominator = two_sum(numerator.high, power.real(2.0));
  const auto numerator_low = numerator.low + low;
  const auto result =
      quotient(Pair<E>{numerator.high, numerator_low}, Pair<E>{denominator.high, denominator.low + numerator_low});
  return flip_sign(result.high + result.low, sign_of(given)).v;
}

}  // namespace fuseval::codegen::math
