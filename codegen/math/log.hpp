// log: x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), then log(x) = k ln2 + (f - f^2/2 + f^3 p(f)).
// f - f^2/2 is kept as a pair and joined to the exact k ln2_high by an exact sum, so that only the last addition
// rounds. A polynomial in f of 20 terms costs less than the division of the customary f / (2 + f): 16 cycles for 8
// float64.
#pragma once

#include "codegen/math/coefficients/coefficients.hpp"
#include "codegen/math/format.hpp"

namespace fuseval::codegen::math {

/// x = 2^exponent * (1 + f) of a positive finite x; both are floats.
template <Emitter E>
struct Decomposed {
  Num<E> exponent, f;
};

/// x normal; offset is 2^fraction_bits + bias, more where x had been scaled up. The unsigned shift and the or-ed
/// exponent of 2^fraction_bits make the number of the exponent without a conversion from integer.
template <Emitter E>
Decomposed<E> decompose_normal(Num<E> x, Num<E> offset) {
  const Format& format = format_of(x.dtype());
  const auto root_half = bits_of(x).raw(format.real == DType::float32 ? 0x3F3504F3u : 0x3FE6A09E667F3BCDu);
  const auto moved = bits_of(x) + (root_half.raw(format.power_of_two(0)) - root_half);
  const auto biased = moved >> format.fraction_bits;
  const auto exponent = from_bits(biased | format.power_of_two(format.fraction_bits)) - offset;
  return {exponent, from_bits((moved & format.fraction_mask()) + root_half) - 1.0};
}

template <Emitter E>
Decomposed<E> decompose(Num<E> x) {
  const Format& format = format_of(x.dtype());
  const int lift = format.fraction_bits + 1;
  const double offset = std::ldexp(1.0, format.fraction_bits) + format.bias;
  const auto tiny = x < std::ldexp(1.0, 1 - format.bias);
  return decompose_normal(select(tiny, x * std::ldexp(1.0, lift), x), select(tiny, x.real(offset + lift), offset));
}

template <Emitter E>
typename E::Value log(E& e, typename E::Value argument) {
  const Num<E> x{&e, argument};
  const bool single = x.dtype() == DType::float32;
  const std::span<const double> ln2 =
      single ? std::span<const double>(coefficients::ln2_single) : coefficients::ln2_double;
  const std::span<const double> p =
      single ? std::span<const double>(coefficients::log_single) : coefficients::log_double;
  const auto [k, f] = decompose(x);
  const auto half = f * -0.5;
  const auto head = fma(half, f, f);
  const auto head_low = fma(half, f, f - head);
  const auto [sum, sum_low] = fast_two_sum(k * ln2[0], head);
  const auto tail = fma(f * f * f, polynomial(f, p), fma(k, ln2[1], sum_low + head_low));
  const auto finite = select(x < infinity, sum + tail, x);
  return select(x > 0.0, finite, select(x == 0.0, x.real(-infinity), not_a_number)).v;
}

}  // namespace fuseval::codegen::math
