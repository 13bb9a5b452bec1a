// Payne and Hanek's reduction of huge arguments: x (2/pi) modulo 4 depends on a window of 2/pi's bits only. With
// x = f 2^E and f in [1, 2), a bit of 2/pi whose weight in 2^E (2/pi) is 2^54 or more contributes multiples of 4, and
// those far below the binary point less than the result's precision. The window is looked up by E, as floats of 53
// bits, and multiplied in floating point with the fused multiply-add's exact products. (In 64-bit integers this takes
// nearly twice as many operations, and LLVM spends three times as long on compiling them.)
#pragma once

#include <array>
#include <bit>

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

/// Window i: the integer b_(i - 32) … b_(i + 20) of 2/pi = 0.b1 b2 b3 …, as a float64's bits; b_j is 0 for j < 1.
inline constexpr int window_count = 1163;
inline constexpr std::array<uint64_t, window_count> two_over_pi_windows = [] {
  std::array<uint64_t, window_count> windows{};
  uint64_t bits = coefficients::two_over_pi_words[0] >> 33;
  for (int i = 0; i < window_count; ++i) {
    windows[i] = std::bit_cast<uint64_t>(static_cast<double>(bits >> 11));
    const int next = i + 31;  // b_(i + 32)
    bits = bits << 1 | (coefficients::two_over_pi_words[next / 64] >> (63 - next % 64) & 1);
  }
  return windows;
}();

/// A float64 x >= 2^17 taken apart for the product: f 2^scale, and 53 bits of 2/pi from b_(E + first) on, as an
/// integer.
template <Emitter E>
class HugeArgument {
 public:
  explicit HugeArgument(Num<E> x)
      : fraction_(bits_of(x) & double_format.fraction_mask()),
        biased_((bits_of(x) & double_format.exponent_mask()) >> double_format.fraction_bits) {}

  Num<E> fraction(int scale) const { return from_bits(fraction_ | double_format.power_of_two(scale)); }
  Num<E> window(int first) const {
    // Lanes that are on no rare path need a valid index too.
    const auto origin = biased_.raw(static_cast<uint64_t>(double_format.bias - 32 - first));
    const auto index = select(biased_ > origin, biased_ - origin, origin.raw(0));
    return biased_.with(biased_.e->lookup(two_over_pi_windows, DType::float64, index.as_bits(DType::int64).v));
  }

 private:
  Num<E> fraction_, biased_;
};

/// x >= 2^21, inf: 212 bits of 2/pi, of which 159 stand below the binary point; no float64 comes closer than 2^-61 to a
/// multiple of pi/2 (Muller, "Elementary Functions", 3rd ed., section 11.3.2).
template <Emitter E>
Reduced<E> reduce_huge_double(Num<E> x) {
  const HugeArgument<E> huge(x);
  // Weights 2^53 … 2^1: both parts of the product are multiples of 2^-51.
  const auto [top, top_low] = two_product(huge.fraction(1), huge.window(-53));
  const auto above = fma(rint(top * 0.25), -4.0, top) + top_low;
  // Weights 2^0 … 2^-52: rounded to a multiple of 2^-50 by a magic addition, and the exact rest of 53 bits.
  const auto middle_fraction = huge.fraction(-52), middle_window = huge.window(0);
  const auto middle = fma(middle_fraction, middle_window, 0x1p2) - 0x1p2;
  const auto middle_low = fma(middle_fraction, middle_window, -middle);
  // Everything so far without its integers is a multiple of 2^-51 below 1, so that these sums are exact.
  const auto above_integer = rint(above), middle_integer = rint(middle);
  const auto sum = (above - above_integer) + (middle - middle_integer);
  const auto sum_integer = rint(sum);
  const auto n = above_integer + middle_integer + sum_integer;

  const auto lower = two_product(huge.fraction(-105), huge.window(53));
  const auto lowest = fma(huge.fraction(-158), huge.window(106), lower.low);
  const auto below = two_sum(middle_low, lower.high);
  const auto turn = fast_two_sum(sum - sum_integer, below.high);
  const auto turn_low = turn.low + (below.low + lowest);
  const auto& pi = coefficients::pi_pair_double;
  const auto product = two_product(turn.high, turn.high.real(pi[0] / 2));
  const auto product_low = product.low + fma(turn.high, pi[1] / 2, turn_low * (pi[0] / 2));
  return {{product.high, product_low}, bits_of(n + double_format.rounding_magic())};
}

/// float32 x >= 2^17: 24 bits times 106, from the weight 2^24 on; no float32 comes closer than 2^-30 to a multiple of
/// pi/2, which float64 holds with bits to spare.
template <Emitter E>
Reduced<E> reduce_huge_single(Num<E> x) {
  const HugeArgument<E> huge(x.to(DType::float64));
  const auto [top, top_low] = two_product(huge.fraction(-28), huge.window(-24));
  const auto shifted = top + double_format.rounding_magic();
  const auto turn =
      (top - (shifted - double_format.rounding_magic())) + fma(huge.fraction(-81), huge.window(29), top_low);
  const auto r = turn * (coefficients::pi_pair_double[0] / 2);
  const auto high = r.to(DType::float32);
  const auto low = (r - high.to(DType::float64)).to(DType::float32);
  return {{high, low}, bits_of(shifted).to(DType::uint32)};
}

}  // namespace fuseval::codegen::math
