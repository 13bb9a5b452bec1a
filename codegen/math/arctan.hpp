// arctan and arctan2: the angle of a point in the first octant, from the quotient t of its coordinates, larger last.
// Where t would exceed tan(pi/8), the point is turned by pi/4 first: (b, a) becomes (b - a, b + a), exactly, as pairs.
// So |t| <= tan(pi/8), where 11 terms do instead of the 20 that [0, 1] takes. One division for all that.
#pragma once

#include "codegen/math/coefficients/coefficients.hpp"
#include "codegen/math/format.hpp"

namespace fuseval::codegen::math {

/// pi times a small factor, as a pair of constants of the format.
struct PiPair {
  double high, low;
};
inline PiPair pi_times(double factor, DType dtype) {
  if (dtype == DType::float32)
    return {factor * coefficients::pi_pair_single[0], factor * coefficients::pi_pair_single[1]};
  return {factor * coefficients::pi_pair_double[0], factor * coefficients::pi_pair_double[1]};
}

/// The angle of the point (larger, smaller) with 0 <= smaller <= larger, in [0, pi/4], as a pair. Neither the
/// reciprocal of larger nor of the sum may leave the normal range, nor the residual of the quotient.
template <Emitter E>
Pair<E> octant_angle(Num<E> smaller, Num<E> larger) {
  const bool single = larger.dtype() == DType::float32;
  const std::span<const double> p =
      single ? std::span<const double>(coefficients::arctan_single) : coefficients::arctan_double;
  const auto quarter = pi_times(0.25, larger.dtype());
  const auto turned = smaller > larger * 0.4140625;
  const auto [sum, sum_low] = fast_two_sum(larger, smaller);
  const auto [difference, difference_low] = fast_two_sum(larger, -smaller);
  const auto zero = larger.real(0.0);
  const auto t = quotient(Pair<E>{select(turned, -difference, smaller), select(turned, -difference_low, zero)},
                          Pair<E>{select(turned, sum, larger), select(turned, sum_low, zero)});
  const auto square = t.high * t.high;
  // t.low is up to 2 units of t.high, so that the arc tangent's slope 1 - t^2 there counts: 0.34 units without it.
  const auto tail = fma(square * t.high, polynomial(square, p), fma(-square, t.low, t.low));
  const auto [angle, angle_low] = fast_two_sum(select(turned, larger.real(quarter.high), 0.0), t.high);
  return {angle, angle_low + (tail + select(turned, larger.real(quarter.low), 0.0))};
}

/// pi * factor - angle where mask, else the angle.
template <Emitter E>
Pair<E> reflect(Num<E> mask, double factor, Pair<E> angle) {
  const auto pi = pi_times(factor, angle.high.dtype());
  const auto [high, low] = fast_two_sum(angle.high.real(pi.high), -angle.high);
  return {select(mask, high, angle.high), select(mask, low + (pi.low - angle.low), angle.low)};
}

template <Emitter E>
typename E::Value arctan(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const double far = given.dtype() == DType::float32 ? 0x1p60 : 0x1p120;  // arctan rounds to pi/2 long before
  const auto magnitude = abs(given);
  const auto x = select(magnitude > far, far, magnitude);
  const auto steep = x > 1.0;
  const auto one = x.real(1.0);
  const auto angle = reflect(steep, 0.5, octant_angle(select(steep, one, x), select(steep, x, one)));
  return flip_sign(angle.high + angle.low, sign_of(given)).v;
}

/// arctan2 of points whose coordinates' ratio or magnitude leaves the common path's range: 0 <= smaller <= larger.
/// A quotient below 2^-30 is its own arc tangent, correctly rounded; otherwise the coordinates are close and can be
/// scaled together, without a rounding.
template <Emitter E>
Pair<E> extreme_octant_angle(Num<E> smaller, Num<E> larger) {
  const bool single = larger.dtype() == DType::float32;
  const double step = single ? 0x1p70 : 0x1p600, thin = single ? 0x1p-14 : 0x1p-30;
  const auto infinite = larger == infinity;
  const auto one = larger.real(1.0), zero = larger.real(0.0);
  const auto b = select(infinite, select(smaller == infinity, one, zero), smaller);
  const auto a = select(infinite | (larger == 0.0), one, larger);
  const auto ratio = b / a;
  const auto factor = select(a > 1.0, larger.real(1 / step), step);
  const auto flat = ratio < thin;
  const auto scaled = octant_angle(select(flat, zero, b * factor), select(flat, one, a * factor));
  return {select(flat, ratio, scaled.high), select(flat, zero, scaled.low)};
}

template <Emitter E>
typename E::Value arctan2(E& e, typename E::Value ordinate, typename E::Value abscissa) {
  const Num<E> y{&e, ordinate}, x{&e, abscissa};
  const bool single = x.dtype() == DType::float32;
  const double large = single ? 0x1p60 : 0x1p500, small = single ? 0x1p-40 : 0x1p-400;
  const auto ay = abs(y), ax = abs(x);
  const auto steep = ay > ax;
  const auto larger = select(steep, ay, ax), smaller = select(steep, ax, ay);
  const auto left = sign_of(x) != bits_of(x).raw(0);
  const auto whole = [&](Pair<E> octant) {
    const auto angle = reflect(left, 1.0, reflect(steep, 0.5, octant));
    return angle.high + angle.low;
  };
  const auto extreme = (larger > large) | (larger < small) | ((smaller < small) & (smaller != 0.0));
  const auto common = whole(octant_angle(smaller, larger));
  const auto angle = e.rarely(extreme.v, common.v, [&] { return whole(extreme_octant_angle(smaller, larger)).v; });
  return flip_sign(select((x == x) & (y == y), x.with(angle), not_a_number), sign_of(y)).v;
}

}  // namespace fuseval::codegen::math
