// hypot: sqrt(a^2 + b^2) after a scaling by a power of two where squares would overflow or vanish, then one Newton step
// on the exact residual (Borges, "Algorithm 1014: An improved algorithm for hypot(x,y)", ACM TOMS 47, 2020), which
// takes the error from one unit in the last place to little more than a half. The step's division needs two digits
// only.
#pragma once

#include "codegen/math/format.hpp"

namespace fuseval::codegen::math {

template <Emitter E>
typename E::Value hypot(E& e, typename E::Value first, typename E::Value second) {
  const Num<E> x = abs(Num<E>{&e, first}), y = abs(Num<E>{&e, second});
  const bool single = x.dtype() == DType::float32;
  const double large = single ? 0x1p60 : 0x1p500, small = single ? 0x1p-40 : 0x1p-450, step = single ? 0x1p80 : 0x1p600;
  const auto x_larger = x > y;
  const auto larger = select(x_larger, x, y), smaller = select(x_larger, y, x);
  const auto down = larger > large, up = larger < small;
  const auto factor = select(down, x.real(1 / step), select(up, x.real(step), 1.0));
  const auto back = select(down, x.real(step), select(up, x.real(1 / step), 1.0));
  const auto a = larger * factor, b = smaller * factor;

  const auto root = sqrt(fma(a, a, b * b));
  const auto [root_square, root_low] = two_product(root, root);
  const auto [a_square, a_low] = two_product(a, a);
  const auto excess = fma(-b, b, root_square - a_square) + (root_low - a_low);
  const auto result = fma(excess * -0.5, rough_reciprocal(root), root) * back;
  const auto infinite = (x == infinity) | (y == infinity);
  return select(infinite, infinity, result).v;
}

}  // namespace fuseval::codegen::math
