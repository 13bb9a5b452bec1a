// Num: an emitter's value under ordinary operators, so that the elementary functions read as formulas.
#pragma once

#include <algorithm>
#include <span>

#include "codegen/emitter.hpp"

namespace fuseval::codegen::math {

/// A value and the emitter that made it. Operators are the emitter's primitives, one each; a C++ double beside a Num
/// is a constant of the Num's dtype, and so is an integer beside an integer Num.
template <Emitter E>
struct Num {
  E* e;
  typename E::Value v;

  DType dtype() const { return e->dtype_of(v); }
  Num with(typename E::Value value) const { return {e, value}; }
  Num real(double x) const { return with(e->real(dtype(), x)); }
  /// A constant of this dtype from its bits.
  Num raw(uint64_t bits) const { return with(e->constant(dtype(), bits)); }
  Num as_bits(DType integer) const { return with(e->bitcast(v, integer)); }
  Num to(DType target) const { return with(e->convert(v, target)); }

  friend Num operator+(Num a, Num b) { return a.with(a.e->add(a.v, b.v)); }
  friend Num operator-(Num a, Num b) { return a.with(a.e->sub(a.v, b.v)); }
  friend Num operator*(Num a, Num b) { return a.with(a.e->mul(a.v, b.v)); }
  friend Num operator/(Num a, Num b) { return a.with(a.e->div(a.v, b.v)); }
  friend Num operator-(Num a) { return a.with(a.e->neg(a.v)); }
  friend Num operator+(Num a, double b) { return a + a.real(b); }
  friend Num operator-(Num a, double b) { return a - a.real(b); }
  friend Num operator-(double a, Num b) { return b.real(a) - b; }
  friend Num operator*(Num a, double b) { return a * a.real(b); }
  friend Num operator/(double a, Num b) { return b.real(a) / b; }

  friend Num operator&(Num a, Num b) { return a.with(a.e->bit_and(a.v, b.v)); }
  friend Num operator|(Num a, Num b) { return a.with(a.e->bit_or(a.v, b.v)); }
  friend Num operator^(Num a, Num b) { return a.with(a.e->bit_xor(a.v, b.v)); }
  friend Num operator~(Num a) { return a.with(a.e->bit_not(a.v)); }
  friend Num operator&(Num a, uint64_t bits) { return a & a.raw(bits); }
  friend Num operator|(Num a, uint64_t bits) { return a | a.raw(bits); }
  friend Num operator<<(Num a, int count) { return a.with(a.e->shift_left(a.v, a.raw(count).v)); }
  friend Num operator>>(Num a, int count) { return a.with(a.e->shift_right(a.v, a.raw(count).v)); }

  friend Num operator==(Num a, Num b) { return a.with(a.e->eq(a.v, b.v)); }
  friend Num operator!=(Num a, Num b) { return a.with(a.e->ne(a.v, b.v)); }
  friend Num operator<(Num a, Num b) { return a.with(a.e->lt(a.v, b.v)); }
  friend Num operator<=(Num a, Num b) { return a.with(a.e->le(a.v, b.v)); }
  friend Num operator>(Num a, Num b) { return a.with(a.e->gt(a.v, b.v)); }
  friend Num operator>=(Num a, Num b) { return a.with(a.e->ge(a.v, b.v)); }
  friend Num operator==(Num a, double b) { return a == a.real(b); }
  friend Num operator!=(Num a, double b) { return a != a.real(b); }
  friend Num operator<(Num a, double b) { return a < a.real(b); }
  friend Num operator<=(Num a, double b) { return a <= a.real(b); }
  friend Num operator>(Num a, double b) { return a > a.real(b); }
  friend Num operator>=(Num a, double b) { return a >= a.real(b); }
};

template <Emitter E>
Num<E> fma(Num<E> a, Num<E> b, Num<E> c) {
  return a.with(a.e->fma(a.v, b.v, c.v));
}
template <Emitter E>
Num<E> fma(Num<E> a, double b, Num<E> c) {
  return fma(a, a.real(b), c);
}
template <Emitter E>
Num<E> fma(Num<E> a, Num<E> b, double c) {
  return fma(a, b, a.real(c));
}
template <Emitter E>
Num<E> fma(Num<E> a, double b, double c) {
  return fma(a, a.real(b), a.real(c));
}
template <Emitter E>
Num<E> sqrt(Num<E> a) {
  return a.with(a.e->sqrt(a.v));
}
template <Emitter E>
Num<E> abs(Num<E> a) {
  return a.with(a.e->abs(a.v));
}
template <Emitter E>
Num<E> rint(Num<E> a) {
  return a.with(a.e->rint(a.v));
}
template <Emitter E>
Num<E> select(Num<E> mask, Num<E> a, Num<E> b) {
  return a.with(a.e->select(mask.v, a.v, b.v));
}
template <Emitter E>
Num<E> select(Num<E> mask, double a, Num<E> b) {
  return select(mask, b.real(a), b);
}
template <Emitter E>
Num<E> select(Num<E> mask, Num<E> a, double b) {
  return select(mask, a, a.real(b));
}

/// Of the lanes of a mask the coefficients of one polynomial, of the others those of another; they may have fewer.
template <Emitter E>
struct EitherCoefficients {
  Num<E> mask;
  std::span<const double> yes, no;
  Num<E> real;  ///< any value of the coefficients' dtype

  size_t size() const { return std::max(yes.size(), no.size()); }
  Num<E> operator[](size_t k) const {
    const auto of = [&](std::span<const double> c) { return real.real(k < c.size() ? c[k] : 0.0); };
    return select(mask, of(yes), of(no));
  }
  EitherCoefficients subspan(size_t k) const {
    return {mask, yes.subspan(std::min(k, yes.size())), no.subspan(std::min(k, no.size())), real};
  }
};

template <Emitter E>
Num<E> coefficient(Num<E> x, double c) {
  return x.real(c);
}
template <Emitter E>
Num<E> coefficient(Num<E>, Num<E> c) {
  return c;
}

/// c[first] + c[first + step] y + c[first + 2 step] y^2 + … by Horner's rule.
template <Emitter E, class Coefficients>
Num<E> horner(Num<E> y, const Coefficients& c, size_t first, size_t step) {
  size_t k = first + (c.size() - 1 - first) / step * step;
  Num<E> sum = coefficient(y, c[k]);
  for (; k > first; k -= step) sum = fma(sum, y, c[k - step]);
  return sum;
}

/// c[0] + c[1] x + c[2] x^2 + …: the terms above c[0] as two chains, of even and of odd powers, which halves the
/// latency for one operation more. c[0] comes last, so that only the last rounding is of the sum's size. (Estrin's
/// scheme has less latency still, but each of its pairs needs a constant in a register where Horner's constants are
/// memory operands: a third more instructions, and no faster in kernels, which have vectors enough in flight.)
template <Emitter E, class Coefficients>
Num<E> polynomial_of(Num<E> x, const Coefficients& c) {
  if (c.size() < 5) return horner(x, c, 0, 1);
  const auto square = x * x;
  const auto above = c.subspan(1);
  return fma(fma(horner(square, above, 1, 2), x, horner(square, above, 0, 2)), x, c[0]);
}
template <Emitter E>
Num<E> polynomial(Num<E> x, std::span<const double> c) {
  return polynomial_of(x, c);
}

/// An unevaluated sum: a number of twice the precision, |low| at most about half a unit in high's last place.
template <Emitter E>
struct Pair {
  Num<E> high, low;
};

/// a + b exactly. Needs |a| >= |b|, or a a multiple of b's last place, or a = 0 (Dekker, 1971).
template <Emitter E>
Pair<E> fast_two_sum(Num<E> a, Num<E> b) {
  const auto sum = a + b;
  return {sum, b - (sum - a)};
}

/// a + b exactly, in any order (Knuth).
template <Emitter E>
Pair<E> two_sum(Num<E> a, Num<E> b) {
  const auto sum = a + b;
  const auto b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// a * b exactly.
template <Emitter E>
Pair<E> two_product(Num<E> a, Num<E> b) {
  const auto product = a * b;
  return {product, fma(a, b, -product)};
}

/// numerator / denominator as a pair, to about twice the precision, with a single division.
template <Emitter E>
Pair<E> quotient(Pair<E> numerator, Pair<E> denominator) {
  const auto inverse = 1.0 / denominator.high;
  const auto q = numerator.high * inverse;
  const auto rest = fma(-q, denominator.high, numerator.high) + fma(-q, denominator.low, numerator.low);
  return {q, rest * inverse};
}

}  // namespace fuseval::codegen::math
