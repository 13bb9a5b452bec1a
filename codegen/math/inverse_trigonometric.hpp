// arcsin and arccos: t + t^3 p(t^2) for |t| <= 1/2, and beyond by arcsin(x) = pi/2 - 2 arcsin(sqrt((1 - x) / 2)), where
// 1 - x is exact (Sterbenz) and the root is a pair: its residual is divided by a reciprocal of two digits.
#pragma once

#include "codegen/math/arctan.hpp"

namespace fuseval::codegen::math {

/// arcsin of t as a pair: t = |x| where that is at most 1/2, else sqrt((1 - |x|) / 2). NaN beyond 1.
template <Emitter E>
struct HalfArcsine {
  Num<E> outer;  // mask: |x| > 1/2
  Pair<E> value;
};
template <Emitter E>
HalfArcsine<E> half_arcsine(Num<E> magnitude) {
  const bool single = magnitude.dtype() == DType::float32;
  const std::span<const double> p =
      single ? std::span<const double>(coefficients::arcsin_single) : coefficients::arcsin_double;
  const auto outer = magnitude > 0.5;
  const auto square = select(outer, fma(magnitude, -0.5, 0.5), magnitude * magnitude);
  const auto root = sqrt(square);
  const auto root_low = fma(-root, root, square) * rough_reciprocal(root) * 0.5;
  const auto t = select(outer, root, magnitude);
  const auto tail = fma(square * t, polynomial(square, p), select(outer, root_low, 0.0));
  return {outer, {t, tail}};
}

template <Emitter E>
typename E::Value arcsin(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const auto [outer, inner] = half_arcsine(abs(given));
  const auto angle = reflect(
      outer, 0.5, Pair<E>{select(outer, inner.high * 2.0, inner.high), select(outer, inner.low * 2.0, inner.low)});
  return flip_sign(angle.high + angle.low, sign_of(given)).v;
}

/// pi/2 - x near 0; 2 arcsin(root) above 1/2; pi less that below -1/2.
template <Emitter E>
typename E::Value arccos(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const auto [outer, inner] = half_arcsine(abs(given));
  const auto negative = given < 0.0;
  const auto half = pi_times(0.5, given.dtype()), whole = pi_times(1.0, given.dtype());
  // base + s v: base is pi/2, 0 or pi; v is arcsin of t, doubled in the outer part; s is - in the inner part.
  const auto base = select(outer, select(negative, given.real(whole.high), 0.0), half.high);
  const auto base_low = select(outer, select(negative, given.real(whole.low), 0.0), half.low);
  const auto factor = select(outer, select(negative, given.real(-2.0), 2.0), select(negative, given.real(1.0), -1.0));
  const auto [angle, angle_low] = fast_two_sum(base, factor * inner.high);
  return (angle + fma(factor, inner.low, angle_low + base_low)).v;
}

}  // namespace fuseval::codegen::math
