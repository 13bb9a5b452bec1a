// Payne and Hanek's reduction of huge arguments: x = m 2^k with an integer m, and only a window of 2/pi's bits matters
// for x * 2/pi modulo 4: those before it contribute multiples of 4, those after it less than the result's precision.
// The window is looked up by k (every 64-bit window of 2/pi is in the table), the product is taken in fixed point.
#pragma once

#include <array>

#include "codegen/math/coefficients/coefficients.hpp"
#include "codegen/math/format.hpp"

namespace fuseval::codegen::math {

inline constexpr double two_over_pi = coefficients::reciprocals[1];

/// An argument less the nearest multiple n pi/2: the residual as a pair, and n modulo 4 in an integer's two low bits
/// (the others are anything).
template <Emitter E>
struct Reduced {
  Pair<E> r;
  Num<E> n;
};

/// Window i holds b_(i - 32) … b_(i + 31) of 2/pi = 0.b1 b2 b3 …, b_j being 0 for j < 1.
inline constexpr int window_count = 1132;
inline constexpr std::array<uint64_t, window_count> two_over_pi_windows = [] {
  std::array<uint64_t, window_count> windows{};
  uint64_t window = coefficients::two_over_pi_words[0] >> 33;
  for (int i = 0; i < window_count; ++i) {
    windows[i] = window;
    const int next = i + 31;  // b_(i + 32)
    window = window << 1 | (coefficients::two_over_pi_words[next / 64] >> (63 - next % 64) & 1);
  }
  return windows;
}();

/// The window whose first bit has the weight 2 in m 2^k (2/pi), or the one `offset` bits behind it. x = m 2^k has the
/// biased exponent k + 1075; lanes that are on no rare path still need a valid index.
template <Emitter E>
Num<E> window(Num<E> biased_exponent, int offset) {
  const auto base = biased_exponent.raw(1044);
  const auto index = select(biased_exponent > base, biased_exponent - base, base.raw(0)) + base.raw(offset);
  return base.with(base.e->lookup(two_over_pi_windows, DType::uint64, index.as_bits(DType::int64).v));
}

/// An integer below 2^32 times the unit, as float64.
template <Emitter E>
Num<E> chunk(Num<E> integer, double unit) {
  return (from_bits(integer | double_format.power_of_two(52)) - 0x1p52) * unit;
}

/// A product in fixed point less its nearest quadrant: the rest's magnitude is high 2^-62 + low 2^-126.
template <Emitter E>
struct Rest {
  Num<E> quadrant, sign, high, low;
};
template <Emitter E>
Rest<E> nearest_quadrant(Num<E> high, Num<E> low) {
  const auto quadrant = (high + high.raw(uint64_t{1} << 61)) >> 62;
  const auto rest = high - (quadrant << 62);
  const auto flip = high.raw(0) - (rest >> 63);  // all ones where negative; ~x is -x but for the last bit
  return {quadrant, rest & double_format.sign_mask(), rest ^ flip, low ^ flip};
}

/// x >= 2^21. The product's error is below 2^-124, and no float64 comes closer than 2^-61 to a multiple of pi/2
/// (Muller, "Elementary Functions", 3rd ed., section 11.3.2).
template <Emitter E>
Reduced<E> reduce_huge_double(Num<E> x) {
  const auto biased = (bits_of(x) & double_format.exponent_mask()) >> 52;
  const auto m = (bits_of(x) & double_format.fraction_mask()) | (uint64_t{1} << 52);
  const auto b = window(biased, 64), c = window(biased, 128);
  const uint64_t low_half = 0xFFFFFFFF;
  const auto m1 = m >> 32, m0 = m & low_half, b1 = b >> 32, b0 = b & low_half, c1 = c >> 32, c0 = c & low_half;
  const auto inner = m1 * b0 + (m0 * b0 >> 32);
  const auto cross = m0 * b1 + (inner & low_half);
  const auto high_of_b = m1 * b1 + (inner >> 32) + (cross >> 32);
  const auto high_of_c = m1 * c1 + (m1 * c0 >> 32) + (m0 * c1 >> 32);  // up to 2 too small, which is 2^-125
  const auto low_of_b = m * b;
  const auto low = low_of_b + high_of_c;
  const auto carry = select(low < low_of_b, low.raw(1), low.raw(0));
  const auto rest = nearest_quadrant(m * window(biased, 0) + high_of_b + carry, low);

  const auto upper = fast_two_sum(chunk(rest.high >> 32, 0x1p-30), chunk(rest.high & low_half, 0x1p-62));
  const auto lower = fast_two_sum(chunk(rest.low >> 32, 0x1p-94), chunk(rest.low & low_half, 0x1p-126));
  const auto sum = fast_two_sum(upper.high, lower.high);
  const auto sum_low = upper.low + sum.low + lower.low;
  const auto& pi = coefficients::pi_pair_double;
  const auto product = two_product(sum.high, sum.high.real(pi[0] / 2));
  const auto product_low = product.low + fma(sum.high, pi[1] / 2, sum_low * (pi[0] / 2));
  return {{flip_sign(product.high, rest.sign), flip_sign(product_low, rest.sign)}, rest.quadrant};
}

/// float32 x >= 2^17: 24 bits times 96, to 2^-60; no float32 comes closer than 2^-30 to a multiple of pi/2.
template <Emitter E>
Reduced<E> reduce_huge_single(Num<E> x) {
  const auto wide = x.to(DType::float64);
  const auto biased = (bits_of(wide) & double_format.exponent_mask()) >> 52;
  // The last 29 of float64's fraction bits are 0, so that m is an integer of 24 bits with an exponent 29 higher.
  const auto m = ((bits_of(wide) & double_format.fraction_mask()) | (uint64_t{1} << 52)) >> 29;
  const auto shifted = biased + biased.raw(29);
  const auto high = m * window(shifted, 0) + (m * (window(shifted, 64) >> 32) >> 32);
  const auto rest = nearest_quadrant(high, high.raw(0));
  const auto sum = chunk(rest.high >> 32, 0x1p-30) + chunk(rest.high & 0xFFFFFFFF, 0x1p-62);
  const auto r = flip_sign(sum * (coefficients::pi_pair_double[0] / 2), rest.sign);
  const auto r_high = r.to(DType::float32);
  const auto r_low = (r - r_high.to(DType::float64)).to(DType::float32);
  return {{r_high, r_low}, rest.quadrant.to(DType::uint32)};
}

}  // namespace fuseval::codegen::math
