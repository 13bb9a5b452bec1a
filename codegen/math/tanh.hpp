// tanh(x) = m / (m + 2) with m = exp(2x) - 1 for x >= 0, numerator and denominator as pairs. exp's kernel gives
// exp(2x) = 2^k (1 + p) with p as a pair, and m = (2^k - 1) + 2^k p loses nothing, so that the same few operations are
// within a unit for the smallest x (k = 0, m = p) and for the largest.
#pragma once

#include "codegen/math/exp.hpp"

namespace fuseval::codegen::math {

template <Emitter E>
typename E::Value tanh(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const ExpRange& range = exp_range(given.dtype());
  // tanh rounds to 1 above both; NaN stays.
  const double saturation = given.dtype() == DType::float32 ? 9.5 : 19.5;
  const auto magnitude = abs(given);
  const auto x = select(magnitude > saturation, saturation, magnitude) * 2.0;

  const auto k = round_product(x, inverse_ln2);
  const auto reduced = fma(k.value, -range.ln2[0], x);
  const auto r = fma(k.value, -range.ln2[1], reduced);
  const auto r_low = fma(k.value, -range.ln2[1], reduced - r);
  const auto [p, p_low] = fast_two_sum(r, fma(r * r, polynomial(r, range.q), r_low));

  const auto power = scale_by_low_bits(x.real(1.0), k.shifted);
  const auto high = power * p, low = power * p_low;
  const auto numerator = fast_two_sum(power - 1.0, high);
  const auto denominator = fast_two_sum(power + 1.0, high);
  const auto result =
      quotient(Pair<E>{numerator.high, numerator.low + low}, Pair<E>{denominator.high, denominator.low + low});
  return flip_sign(result.high + result.low, sign_of(given)).v;
}

}  // namespace fuseval::codegen::math
