// The emitter: the primitives that every backend gives, and in which every operation and elementary function is written
// once (codegen/lower_scalar.hpp, codegen/math/). LLVM yields vectors, CUDA yields text, the host yields numbers; since
// none of them may change an operation, the same text gives the same bits everywhere.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>

#include "ir/dtype.hpp"

namespace fuseval::codegen {

// clang-format off
/// What an emitter E provides. `Value` is a regular type that knows its dtype (E::dtype_of); bool values are masks.
/// Both operands of a binary primitive have one dtype, and the result has it too, but for comparisons (bool).
///   constants      e.constant(dtype, bits)           bits zero-extended to 64, as memory holds them
///                  e.real(dtype, double)             float32 or float64, rounded to the dtype
///                  e.integer(dtype, int64_t)         any integer dtype
///   arithmetic     add sub mul                       integers wrap; floats round once, are never contracted
///                  div                               floats only, correctly rounded
///                  quotient, rest                    integers, truncating; the caller guarantees b != 0 and no overflow
///                  fma(a, b, c), sqrt(a)             floats, rounded once
///   bits           bit_and bit_or bit_xor bit_not    integers and bool
///                  shift_left, shift_right           integers; arithmetic when signed; the caller guarantees 0 <= b < width
///                  popcount(a)                       same integer dtype
///   floats         floor ceil trunc rint             rint: halves to even
///                  neg(a), abs(a)                    sign bit only, exact for NaN and -0
///   comparisons    eq ne lt le gt ge                 floats are ordered (false on NaN) but ne, which is true on NaN
///   choice         select(mask, a, b)                both evaluated
///   conversion     convert(a, dtype)                 integer to integer wraps; integer to float rounds to nearest even;
///                                                    float to float rounds; to bool: != 0; bool to anything: 0 or 1;
///                                                    float to integer truncates, and the caller guarantees it fits
///                  bitcast(a, dtype)                 between dtypes of one size
///   table          lookup(span<const uint64_t> table, dtype, index)
///                                                    the index-th entry's low bits as `dtype`; index is a non-negative int32
///                                                    or int64 below the table's size; the table has static storage
///   rare path      rarely(mask, value, f)            value where mask is false, f() where it is true; f emits code that a
///                                                    backend may skip when no lane needs it
///   loop           repeat_while(state, active, step) a while loop for each lane on its own: state is a std::array of
///                                                    Values; as long as active(state), a mask, is true in any lane,
///                                                    the lanes where it is true take step(state) and the others keep
///                                                    theirs. step is evaluated in every lane and must be safe there
///                                                    (no division by zero); it returns a std::array of the same dtypes
// clang-format on
template <class E>
concept Emitter = requires(E e, typename E::Value v, DType t, std::span<const uint64_t> table,
                           std::array<typename E::Value, 2> two, typename E::Value (*rare)(),
                           typename E::Value (*active)(const std::array<typename E::Value, 2>&),
                           std::array<typename E::Value, 2> (*step)(const std::array<typename E::Value, 2>&)) {
  { e.dtype_of(v) } -> std::same_as<DType>;
  { e.constant(t, uint64_t{}) } -> std::same_as<typename E::Value>;
  { e.real(t, double{}) } -> std::same_as<typename E::Value>;
  { e.integer(t, int64_t{}) } -> std::same_as<typename E::Value>;
  { e.add(v, v) } -> std::same_as<typename E::Value>;
  { e.sub(v, v) } -> std::same_as<typename E::Value>;
  { e.mul(v, v) } -> std::same_as<typename E::Value>;
  { e.div(v, v) } -> std::same_as<typename E::Value>;
  { e.quotient(v, v) } -> std::same_as<typename E::Value>;
  { e.rest(v, v) } -> std::same_as<typename E::Value>;
  { e.fma(v, v, v) } -> std::same_as<typename E::Value>;
  { e.sqrt(v) } -> std::same_as<typename E::Value>;
  { e.bit_and(v, v) } -> std::same_as<typename E::Value>;
  { e.bit_or(v, v) } -> std::same_as<typename E::Value>;
  { e.bit_xor(v, v) } -> std::same_as<typename E::Value>;
  { e.bit_not(v) } -> std::same_as<typename E::Value>;
  { e.shift_left(v, v) } -> std::same_as<typename E::Value>;
  { e.shift_right(v, v) } -> std::same_as<typename E::Value>;
  { e.popcount(v) } -> std::same_as<typename E::Value>;
  { e.floor(v) } -> std::same_as<typename E::Value>;
  { e.ceil(v) } -> std::same_as<typename E::Value>;
  { e.trunc(v) } -> std::same_as<typename E::Value>;
  { e.rint(v) } -> std::same_as<typename E::Value>;
  { e.neg(v) } -> std::same_as<typename E::Value>;
  { e.abs(v) } -> std::same_as<typename E::Value>;
  { e.eq(v, v) } -> std::same_as<typename E::Value>;
  { e.ne(v, v) } -> std::same_as<typename E::Value>;
  { e.lt(v, v) } -> std::same_as<typename E::Value>;
  { e.le(v, v) } -> std::same_as<typename E::Value>;
  { e.gt(v, v) } -> std::same_as<typename E::Value>;
  { e.ge(v, v) } -> std::same_as<typename E::Value>;
  { e.select(v, v, v) } -> std::same_as<typename E::Value>;
  { e.convert(v, t) } -> std::same_as<typename E::Value>;
  { e.bitcast(v, t) } -> std::same_as<typename E::Value>;
  { e.lookup(table, t, v) } -> std::same_as<typename E::Value>;
  { e.rarely(v, v, rare) } -> std::same_as<typename E::Value>;
  { e.repeat_while(two, active, step) } -> std::same_as<std::array<typename E::Value, 2>>;
};

}  // namespace fuseval::codegen
