// pow: exp(y log |x|), then C99's special cases (annex F.10.4.4). The product reaches 745, and its absolute error is
// the result's relative one, so that float64's logarithm is a pair good to about 2^-67: log(m) = 2 artanh(s), s = f /
// (2 + f), of whose series the first two terms are pairs. float32 is computed in float64: shorter there than pairs in
// float32.
#pragma once

#include "codegen/math/exp.hpp"
#include "codegen/math/log.hpp"

namespace fuseval::codegen::math {

/// log of a positive finite float64 as a pair.
template <Emitter E>
Pair<E> log_pair(Num<E> x) {
  const auto [k, f] = decompose(x);
  const auto zero = f.real(0.0);
  const auto s = quotient(Pair<E>{f, zero}, fast_two_sum(f.real(2.0), f));
  const auto square = two_product(s.high, s.high);
  const auto square_low = fma(s.high * 2.0, s.low, square.low);
  const auto cube = two_product(s.high, square.high);
  const auto cube_low = cube.low + fma(s.high, square_low, s.low * square.high);
  const auto& third = coefficients::two_thirds_double;
  // The rounding of this product and the low part of s^2 must not be dropped: near sqrt(2), where s is largest, they
  // come to 2^-65, which is half a unit in the last place of the largest results.
  const auto series = polynomial(square.high, coefficients::pow_log_double);
  const auto rest = two_product(square.high, series);
  const auto factor = fast_two_sum(f.real(third[0]), rest.high);
  const auto factor_low = factor.low + (fma(square_low, series, rest.low) + third[1]);
  const auto term = two_product(cube.high, factor.high);
  const auto term_low = term.low + fma(cube.high, factor_low, cube_low * factor.high);
  const auto mantissa = fast_two_sum(s.high * 2.0, term.high);
  const auto& ln2 = coefficients::ln2_double;
  const auto sum = fast_two_sum(k * ln2[0], mantissa.high);
  const auto low = fma(k, ln2[1], sum.low + (mantissa.low + fma(s.low, 2.0, term_low)));
  return fast_two_sum(sum.high, low);
}

/// x^y for x positive and finite, y finite; anything for others.
template <Emitter E>
Num<E> power_double(Num<E> x, Num<E> y) {
  const auto logarithm = log_pair(x);
  const auto product = y * logarithm.high;
  const auto within = abs(product) < 800.0;
  const auto bound = select(product > 0.0, product.real(800.0), -800.0);
  const auto high = select(within, product, bound);
  const auto low = select(within, fma(y, logarithm.low, fma(y, logarithm.high, -product)), 0.0);

  const auto& ln2 = coefficients::ln2_double;
  const auto k = round_product(high, inverse_ln2);
  const auto [r, r_low] = fast_two_sum(fma(k.value, -ln2[0], high), fma(k.value, -ln2[1], low));
  const auto [head, head_low] = fast_two_sum(r.real(1.0), r);
  const auto mantissa = head + (head_low + fma(r * r, polynomial(r, coefficients::exp_double), r_low));
  const auto tiny = high<-700.0, vast = high> 700.0;
  const auto lift = select(tiny, high.real(256.0), select(vast, high.real(-256.0), 0.0));
  const auto back = select(tiny, high.real(0x1p-256), select(vast, high.real(0x1p256), 1.0));
  return scale_by_low_bits(mantissa, k.shifted + lift) * back;
}

/// The same for float32, by way of float64, whose range holds every intermediate.
template <Emitter E>
Num<E> power_single(Num<E> x_single, Num<E> y_single) {
  const auto x = x_single.to(DType::float64), y = y_single.to(DType::float64);
  const auto [k, f] = decompose_normal(x, x.real(0x1p52 + double_format.bias));
  const auto half = f * -0.5;
  const auto mantissa_log = fma(f * f * f, polynomial(f, coefficients::pow_log_single), fma(half, f, f));
  const auto product = y * fma(k, coefficients::ln2_double[0], fma(k, coefficients::ln2_double[1], mantissa_log));
  const auto capped = select(product > 150.0, 150.0, select(product < -150.0, -150.0, product));
  const auto n = round_product(capped, inverse_ln2);
  const auto r = fma(n.value, -coefficients::ln2_double[1], fma(n.value, -coefficients::ln2_double[0], capped));
  const auto mantissa = fma(r * r, polynomial(r, coefficients::pow_exp_single), r) + 1.0;
  return scale_by_low_bits(mantissa, n.shifted).to(DType::float32);
}

template <Emitter E>
typename E::Value pow(E& e, typename E::Value base, typename E::Value exponent) {
  const Num<E> x{&e, base}, y{&e, exponent};
  const auto ax = abs(x), ay = abs(y);
  const auto finite = x.dtype() == DType::float32 ? power_single(ax, y) : power_double(ax, y);

  const auto integer = rint(y) == y;
  const auto half = y * 0.5;
  const auto odd = integer & (rint(half) != half);
  const auto extreme = (ax == 0.0) | (ax == infinity) | (ay == infinity);
  const auto shrinks = (ax > 1.0) ^ (y > 0.0);
  const auto magnitude = select(extreme, select(shrinks, x.real(0.0), infinity), finite);
  const auto sign = select(odd, sign_of(x), sign_of(x).raw(0));
  const auto real = integer | (x >= 0.0) | (ax == infinity);
  const auto valid = real & (y == y) & (x == x);
  const auto result = select(valid, flip_sign(magnitude, sign), not_a_number);
  const auto one = (y == 0.0) | (x == 1.0) | ((ax == 1.0) & (ay == infinity));
  return select(one, 1.0, result).v;
}

}  // namespace fuseval::codegen::math
