// Scalar operations and reductions: the enums and facts derived from ops.def.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ir/dtype.hpp"

namespace fuseval {

enum class Op : uint8_t {
#define FUSEVAL_OP(id, aliases, arity, domain, result, cost, flags, summary) id,
#include "ir/ops.def"
#undef FUSEVAL_OP
};

/// The dtypes for which an op has a loop. Operands are promoted to the first loop dtype that they can become.
enum class Domain : uint8_t {
  any,              ///< every dtype
  numeric,          ///< integers, floats, complex; bool is an error (-bool, bool - bool)
  numeric_or_bool,  ///< the same, with a bool loop
  numeric_power,    ///< as numeric, bool computes as int8
  real_no_bool,     ///< integers and floats; bool computes as int8
  real_or_bool,     ///< integers, floats, bool
  integer,          ///< integers; bool computes as int8
  integer_or_bool,
  truth,             ///< bool; any other dtype is compared with 0 first
  inexact,           ///< floats and complex; integers become the smallest float that holds them
  inexact_division,  ///< as inexact, but every integer becomes float64
  inexact_scale,     ///< (float, int32 or int64): ldexp
};

enum class ResultRule : uint8_t { same, boolean, uint8, int32 };

enum class OpFlag : uint8_t { none = 0, commutative = 1, idempotent = 2 };

struct OpInfo {
  Op op;
  std::string_view name;
  std::string_view aliases;  ///< separated by blanks; "." when no text can call it
  int arity;
  Domain domain;
  ResultRule result;
  int cost;
  OpFlag flags;
  std::string_view summary;
};

std::span<const OpInfo> all_ops();
const OpInfo& info(Op op);
inline std::string_view name_of(Op op) { return info(op).name; }
/// By NumPy's name or an alias.
std::optional<Op> op_from_name(std::string_view name);
/// The dtype of op's result when its loop runs in `loop` (for `where`: the dtype of the two branches).
DType result_dtype(Op op, DType loop);

/// Reductions that the loop nest knows. mean, var, std, count_nonzero, ptp … are composed from these in frontend/bind.
enum class Reduction : uint8_t {
  sum,   ///< canonical order for floats (docs/language.md, Numbers)
  prod,  ///< canonical order for floats
  min,   ///< -0 below +0, NaN wins
  max,
  all,     ///< bool and
  any,     ///< bool or
  argmin,  ///< int64 index in C order over the reduced axes; NaN wins, ties take the lowest index
  argmax,
  moment2,  ///< float: the sum of squared deviations from the mean, by leaves of 16 rows and Chan's merge
};
inline constexpr int reduction_count = 9;
std::string_view name_of(Reduction reduction);
DType result_dtype(Reduction reduction, DType operand);
/// Whether the order of combination can change the bits of the result.
bool is_order_sensitive(Reduction reduction, DType operand);

}  // namespace fuseval
