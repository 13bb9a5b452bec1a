// sin, cos, tan. x = n pi/2 + r with |r| <= pi/4, r as a pair; then one of two short polynomials, and n's low bits say
// which and with which sign.
//
// The residual r must have all its bits even where x is the float next to a multiple of pi/2 and r is 2^-60: a fused
// multiply-add gives x - n P1 exactly for any n (a multiple of P1's last place, below 1; Boldo, Daumas and Li,
// "Formally verified argument reduction with a fused multiply-add", IEEE Trans. Computers 58, 2009), the next part is
// subtracted without loss as a pair, and only the third rounds. Leaving out the pair costs 4 units in the last place.
// Past the range where that holds, reduce_huge multiplies by the bits of 2/pi that matter (Payne and Hanek, SIGNUM
// Newsletter 18, 1983) on a rare path.
#pragma once

#include <array>

#include "codegen/math/coefficients/coefficients.hpp"
#include "codegen/math/format.hpp"
#include "codegen/math/reduce_huge.hpp"

namespace fuseval::codegen::math {

/// float64: the second part of pi/2 has 32 bits, so that its product with n < 2^21 is exact.
template <Emitter E>
Reduced<E> reduce_double(Num<E> x) {
  const auto n = round_product(x, two_over_pi);
  const auto& parts = coefficients::half_pi_double;
  const auto first = fma(n.value, -parts[0], x);
  const auto high = fma(n.value, -parts[1], first);
  const auto low = fma(n.value, -parts[2], fma(n.value, -parts[1], first - high));
  return {{high, low}, bits_of(n.shifted)};
}

/// float32: three full parts, the second product as a pair, holds for n < 2^17.
template <Emitter E>
Reduced<E> reduce_single(Num<E> x) {
  const auto n = round_product(x, two_over_pi);
  const auto& parts = coefficients::half_pi_single;
  const auto first = fma(n.value, -parts[0], x);
  const auto [product, product_low] = two_product(n.value, x.real(parts[1]));
  const auto high = first - product;
  const auto low = fma(n.value, -parts[2], (first - high) - product - product_low);
  return {{high, low}, bits_of(n.shifted)};
}

/// |x| up to this is reduced without the rare path.
inline double reduction_limit(DType dtype) { return dtype == DType::float32 ? 200'000.0 : 3'200'000.0; }

/// x less the nearest multiple of pi/2, for x >= 0; NaN for inf and NaN. The rare path is a loop of at most one turn:
/// a branch that three values come out of, so that the polynomials stand in the code once.
template <Emitter E>
Reduced<E> reduce(Num<E> x) {
  using State = std::array<typename E::Value, 4>;  // the residual's high and low part, n, and whether it is yet to do
  const bool single = x.dtype() == DType::float32;
  const auto common = single ? reduce_single(x) : reduce_double(x);
  const auto huge = x > reduction_limit(x.dtype());
  const auto active = [](const State& state) { return state[3]; };
  const auto step = [&](const State&) {
    const auto r = single ? reduce_huge_single(x) : reduce_huge_double(x);
    return State{(r.r.high + (x - x)).v, r.r.low.v, r.n.v, (x != x).v};  // x - x is NaN for inf and else 0
  };
  const State end = x.e->repeat_while(State{common.r.high.v, common.r.low.v, common.n.v, huge.v}, active, step);
  return {{x.with(end[0]), x.with(end[1])}, x.with(end[2])};
}

inline std::span<const double> sine_coefficients(DType dtype) {
  if (dtype == DType::float32) return coefficients::sin_single;
  return coefficients::sin_double;
}
inline std::span<const double> cosine_coefficients(DType dtype) {
  if (dtype == DType::float32) return coefficients::cos_single;
  return coefficients::cos_double;
}

/// 1 - square/2, as a pair: halves are exact, so either fused product rounds once.
template <Emitter E>
Pair<E> cosine_head(Num<E> square) {
  const auto high = fma(square, -0.5, 1.0);
  return {high, fma(square, -0.5, 1.0 - high)};
}

/// sin and cos of a reduced argument, as pairs whose sum holds a few bits more than the format:
/// sin(r + r_low) = sin(r) + r_low cos(r), for which 1 - r^2/2 is cosine enough, and cos(r + r_low) = cos(r) - r_low r.
template <Emitter E>
struct SineCosine {
  Pair<E> sine, cosine;
};

template <Emitter E>
SineCosine<E> sine_cosine(Pair<E> r) {
  const DType dtype = r.high.dtype();
  const auto square = r.high * r.high;
  const auto head = cosine_head(square);
  const auto sine_tail = fma(square * r.high, polynomial(square, sine_coefficients(dtype)), r.low * head.high);
  const auto cosine_tail =
      fma(square * square, polynomial(square, cosine_coefficients(dtype)), fma(-r.high, r.low, head.low));
  return {{r.high, sine_tail}, {head.high, cosine_tail}};
}

/// The cosine in the lanes of the mask, the sine in the others: sine_cosine's operations, to the bit, on operands that
/// are selected before instead of after them. Half as many products, and selections run beside products: 0.9 times as
/// long with AVX-512 (constants in registers), 0.98 with AVX2.
template <Emitter E>
Num<E> sine_or_cosine(Pair<E> r, Num<E> is_cosine) {
  const DType dtype = r.high.dtype();
  const auto square = r.high * r.high;
  const auto cosine = cosine_head(square);
  const EitherCoefficients<E> either{is_cosine, cosine_coefficients(dtype), sine_coefficients(dtype), square};
  const auto correction = fma(r.low, select(is_cosine, -r.high, cosine.high), select(is_cosine, cosine.low, 0.0));
  const auto factor = square * select(is_cosine, square, r.high);
  return select(is_cosine, cosine.high, r.high) + fma(factor, polynomial_of(square, either), correction);
}

/// The bit `position` of n as the sign bit of x's format, and as a mask.
template <Emitter E>
Num<E> bit_as_sign(Num<E> n, int position, DType dtype) {
  const Format& format = format_of(dtype);
  return (n << (format.width - 1 - position)) & format.sign_mask();
}
template <Emitter E>
Num<E> is_odd(Num<E> n) {
  return (n & 1) != n.raw(0);
}

template <Emitter E>
Num<E> is_even(Num<E> n) {
  return (n & 1) == n.raw(0);
}

template <Emitter E>
typename E::Value sin(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const auto reduced = reduce(abs(given));
  const auto value = sine_or_cosine(reduced.r, is_odd(reduced.n));
  return flip_sign(value, bit_as_sign(reduced.n, 1, given.dtype()) ^ sign_of(given)).v;
}

template <Emitter E>
typename E::Value cos(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const auto reduced = reduce(abs(given));
  const auto value = sine_or_cosine(reduced.r, is_even(reduced.n));
  return flip_sign(value, bit_as_sign(reduced.n + reduced.n.raw(1), 1, given.dtype())).v;
}

/// The quotient of sine and cosine, both as pairs; odd n gives -cos/sin.
template <Emitter E>
typename E::Value tan(E& e, typename E::Value argument) {
  const Num<E> given{&e, argument};
  const auto reduced = reduce(abs(given));
  const auto both = sine_cosine(reduced.r);
  const auto sine = fast_two_sum(both.sine.high, both.sine.low);
  const auto cosine = fast_two_sum(both.cosine.high, both.cosine.low);
  const auto odd = is_odd(reduced.n);
  const auto [high, low] = quotient(Pair<E>{select(odd, cosine.high, sine.high), select(odd, cosine.low, sine.low)},
                                    Pair<E>{select(odd, sine.high, cosine.high), select(odd, sine.low, cosine.low)});
  return flip_sign(high + low, bit_as_sign(reduced.n, 0, given.dtype()) ^ sign_of(given)).v;
}

}  // namespace fuseval::codegen::math
