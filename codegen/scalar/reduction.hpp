// The arithmetic of reductions, which every backend runs in the canonical order of docs/language.md: the components of
// an accumulator's state, the states of no element, of one element and of a leaf of elements (moment2), and the merge
// of two states.
//
//   reduction      state                            absent element
//   sum            value                            -0.0 (integers 0): x + -0.0 is x, for x = -0.0 too
//   prod           value                            1
//   min, max       value                            the extreme that loses: +-inf, or an integer's
//   all, any       bool                             true, false
//   argmin/argmax  key, int64 index                 the key that loses, the largest index
//   moment2        count, mean, M2, all floats      0, 0, 0
//
// A key is an integer that orders as the value does: integers are their own; a float becomes the signed integer of its
// size, -0 below +0, and a NaN the key that wins. Two states with one key are decided by the lower index, in whatever
// order they are merged.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "codegen/scalar/cast.hpp"
#include "codegen/scalar/compare.hpp"
#include "ir/ops.hpp"

namespace fuseval::codegen {

inline constexpr int max_components = 3;
inline constexpr int moment_leaf_rows = 16;

/// Components beyond component_count are default values.
template <class E>
using ReductionState = std::array<ValueOf<E>, max_components>;

inline int component_count(Reduction reduction) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::prod:
    case Reduction::min:
    case Reduction::max:
    case Reduction::all:
    case Reduction::any:
      return 1;
    case Reduction::argmin:
    case Reduction::argmax:
      return 2;
    case Reduction::moment2:
      return 3;
  }
  return 1;
}

/// The dtype of a state's component; dtype is that of the reduced values.
inline DType component_dtype(Reduction reduction, DType dtype, int component) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::prod:
    case Reduction::min:
    case Reduction::max:
    case Reduction::moment2:
      return dtype;
    case Reduction::all:
    case Reduction::any:
      return DType::bool_;
    case Reduction::argmin:
    case Reduction::argmax:
      if (component == 1) return DType::int64;
      if (is_bool(dtype)) return DType::uint8;
      return is_float(dtype) ? signed_of(dtype) : dtype;
  }
  return dtype;
}

/// The accumulator size s of docs/language.md's LANES = 512 / s: for moment2 that of one float.
inline int lanes_of(DType dtype) { return 512 / size_of(dtype); }

/// Bits of the component of a state that holds no element.
inline uint64_t identity_bits(Reduction reduction, DType dtype, int component) {
  const DType own = component_dtype(reduction, dtype, component);
  const FloatFormat format = format_of(dtype);
  switch (reduction) {
    case Reduction::sum:
      return is_float(dtype) ? format.sign : 0;
    case Reduction::prod:
      return is_float(dtype) ? static_cast<uint64_t>(format.bias) << format.mantissa : 1;
    case Reduction::min:
      return is_bool(dtype) ? 1 : is_float(dtype) ? format.infinity : highest_bits(dtype);
    case Reduction::max:
      return is_bool(dtype) ? 0 : is_float(dtype) ? format.infinity | format.sign : lowest_bits(dtype);
    case Reduction::all:
      return 1;
    case Reduction::any:
      return 0;
    case Reduction::argmin:
      return highest_bits(own);
    case Reduction::argmax:
      return component == 1 ? highest_bits(own) : lowest_bits(own);
    case Reduction::moment2:
      return 0;
  }
  return 0;
}

/// Bits of the result, of dtype result_dtype(reduction, dtype), over no elements at all. An empty sum is +0.0, where
/// the identity is -0.0. (Empty min, max, argmin and argmax are errors long before a kernel runs.)
inline uint64_t empty_result_bits(Reduction reduction, DType dtype) {
  return reduction == Reduction::sum ? 0 : identity_bits(reduction, dtype, 0);
}

template <Emitter E>
ReductionState<E> identity(Reduction reduction, DType dtype, E& e) {
  ReductionState<E> state{};
  for (int k = 0; k < component_count(reduction); ++k)
    state[k] = e.constant(component_dtype(reduction, dtype, k), identity_bits(reduction, dtype, k));
  return state;
}

/// The key of an argmin or argmax (see above).
template <Emitter E>
ValueOf<E> order_key(Reduction reduction, ValueOf<E> value, E& e) {
  const DType dtype = e.dtype_of(value);
  const DType own = component_dtype(reduction, dtype, 0);
  if (!is_float(dtype)) return cast_value(value, own, e);
  const ValueOf<E> bits = to_bits(value, e);
  const ValueOf<E> flipped = e.bit_xor(bits, e.constant(own, highest_bits(own)));
  const ValueOf<E> key = e.select(e.lt(bits, e.integer(own, 0)), flipped, bits);
  const uint64_t winner = reduction == Reduction::argmin ? lowest_bits(own) : highest_bits(own);
  return e.select(is_nan(value, e), e.constant(own, winner), key);
}

/// The state of one element. index: its int64 number in C order over the reduced axes, used by argmin and argmax only.
/// moment2 has no state of one element: see moment_leaf.
template <Emitter E>
ReductionState<E> element_state(Reduction reduction, ValueOf<E> value, ValueOf<E> index, E& e) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::prod:
    case Reduction::min:
    case Reduction::max:
      return {value};
    case Reduction::all:
    case Reduction::any:
      return {e.convert(value, DType::bool_)};
    case Reduction::argmin:
    case Reduction::argmax:
      return {order_key(reduction, value, e), index};
    case Reduction::moment2:
      break;
  }
  const DType dtype = e.dtype_of(value);
  return {e.real(dtype, 1), value, e.real(dtype, 0)};
}

/// Chan's merge. Where one side has no elements the result is the other side, exactly.
template <Emitter E>
ReductionState<E> merge_moments(const ReductionState<E>& left, const ReductionState<E>& right, E& e) {
  const ValueOf<E> zero = e.real(e.dtype_of(left[0]), 0);
  const ValueOf<E> delta = e.sub(right[1], left[1]);
  const ValueOf<E> count = e.add(left[0], right[0]);
  const ValueOf<E> ratio = e.div(right[0], count);
  const ValueOf<E> mean = e.add(left[1], e.mul(delta, ratio));
  const ValueOf<E> between = e.mul(e.mul(delta, delta), e.mul(left[0], ratio));
  const ValueOf<E> square = e.add(e.add(left[2], right[2]), between);
  const ValueOf<E> no_left = e.eq(left[0], zero), no_right = e.eq(right[0], zero);
  const auto choose = [&](int k, ValueOf<E> both) {
    return e.select(no_right, left[k], e.select(no_left, right[k], both));
  };
  return {count, choose(1, mean), choose(2, square)};
}

/// right is taken where its key is better, or the same with a lower index.
template <Emitter E>
ReductionState<E> merge_positions(Reduction reduction, const ReductionState<E>& left, const ReductionState<E>& right,
                                  E& e) {
  const bool lowest = reduction == Reduction::argmin;
  const ValueOf<E> better = lowest ? e.lt(right[0], left[0]) : e.gt(right[0], left[0]);
  const ValueOf<E> tie = e.bit_and(e.eq(right[0], left[0]), e.lt(right[1], left[1]));
  const ValueOf<E> take = e.bit_or(better, tie);
  return {e.select(take, right[0], left[0]), e.select(take, right[1], left[1])};
}

/// The state of left's elements followed by right's.
template <Emitter E>
ReductionState<E> merge(Reduction reduction, const ReductionState<E>& left, const ReductionState<E>& right, E& e) {
  const DType dtype = e.dtype_of(left[0]);
  switch (reduction) {
    case Reduction::sum:
      return {is_bool(dtype) ? e.bit_or(left[0], right[0]) : e.add(left[0], right[0])};
    case Reduction::prod:
      return {is_bool(dtype) ? e.bit_and(left[0], right[0]) : e.mul(left[0], right[0])};
    case Reduction::min:
      return {lower_minimum(left[0], right[0], e)};
    case Reduction::max:
      return {lower_maximum(left[0], right[0], e)};
    case Reduction::all:
      return {e.bit_and(left[0], right[0])};
    case Reduction::any:
      return {e.bit_or(left[0], right[0])};
    case Reduction::argmin:
    case Reduction::argmax:
      return merge_positions<E>(reduction, left, right, e);
    case Reduction::moment2:
      break;
  }
  return merge_moments<E>(left, right, e);
}

/// The moments of a leaf of up to 16 rows: the mean as sum / n, then the sum of squared deviations, both in row order.
/// present: a mask a row, or empty when every row is there. A leaf of no present row is the identity.
template <Emitter E>
ReductionState<E> moment_leaf(std::span<const ValueOf<E>> rows, std::span<const ValueOf<E>> present, E& e) {
  const DType dtype = e.dtype_of(rows[0]);
  const ValueOf<E> zero = e.real(dtype, 0);
  const auto or_zero = [&](size_t row, ValueOf<E> x) { return present.empty() ? x : e.select(present[row], x, zero); };
  ValueOf<E> count = present.empty() ? e.real(dtype, static_cast<double>(rows.size())) : zero;
  for (const ValueOf<E>& mask : present) count = e.add(count, e.convert(mask, dtype));
  ValueOf<E> sum = or_zero(0, rows[0]);
  for (size_t row = 1; row < rows.size(); ++row) sum = e.add(sum, or_zero(row, rows[row]));
  // Dividing by a power of two is multiplying by its inverse, to the bit, and a full leaf has 16 rows.
  const bool inverse_is_exact = present.empty() && std::has_single_bit(rows.size());
  ValueOf<E> mean =
      inverse_is_exact ? e.mul(sum, e.real(dtype, 1.0 / static_cast<double>(rows.size()))) : e.div(sum, count);
  if (!present.empty()) mean = e.select(e.eq(count, zero), zero, mean);
  ValueOf<E> square = zero;
  for (size_t row = 0; row < rows.size(); ++row) {
    const ValueOf<E> deviation = e.sub(rows[row], mean);
    square = e.add(square, or_zero(row, e.mul(deviation, deviation)));
  }
  return {count, mean, square};
}

/// The result of a complete, not empty, state: of dtype result_dtype(reduction, dtype).
template <Emitter E>
ValueOf<E> reduction_result(Reduction reduction, const ReductionState<E>& state) {
  switch (reduction) {
    case Reduction::sum:
    case Reduction::prod:
    case Reduction::min:
    case Reduction::max:
    case Reduction::all:
    case Reduction::any:
      return state[0];
    case Reduction::argmin:
    case Reduction::argmax:
      return state[1];
    case Reduction::moment2:
      break;
  }
  return state[2];
}

}  // namespace fuseval::codegen
