#include "frontend/typing.hpp"

#include <algorithm>

#include "frontend/weak.hpp"

namespace fuseval::frontend {
namespace {

// NumPy's table of the smallest float that holds every value of an integer dtype.
DType float_for(DType dtype) {
  if (is_float(dtype) || is_complex(dtype)) return dtype;
  const int size = size_of(dtype);
  return size == 1 ? DType::float16 : size == 2 ? DType::float32 : DType::float64;
}

bool is_inexact(DType dtype) { return is_float(dtype) || is_complex(dtype); }

std::optional<DType> unless_bool(DType dtype) { return is_bool(dtype) ? std::nullopt : std::optional(dtype); }
DType bool_as_int8(DType dtype) { return is_bool(dtype) ? DType::int8 : dtype; }
std::optional<DType> unless_inexact(DType dtype) { return is_inexact(dtype) ? std::nullopt : std::optional(dtype); }

// gcd, lcm and bitwise_count share the integer domain with the shifts, but of those only bitwise_count and the shifts
// have a way to take two bools.
std::optional<DType> integer_loop(Op op, DType common) {
  if (is_bool(common) && (op == Op::gcd || op == Op::lcm)) return std::nullopt;
  return unless_inexact(bool_as_int8(common));
}

// Integers of either sign are one kind here.
bool comes_first(DType a, DType b) {
  const auto rank = [](DType dtype) { return is_bool(dtype) ? 0 : is_integer(dtype) ? 1 : is_float(dtype) ? 2 : 3; };
  return rank(a) != rank(b) ? rank(a) > rank(b) : size_of(a) > size_of(b);
}

}  // namespace

DType common_dtype(std::span<const OperandType> operands) {
  std::vector<DType> strongs;
  std::optional<Kind> widest;
  for (const OperandType& operand : operands) {
    if (operand.is_weak)
      widest = widest ? std::max(*widest, operand.kind) : operand.kind;
    else
      strongs.push_back(operand.dtype);
  }
  // Promotion is not associative: int8 with uint16 is int32, which with float32 is float64, but float32 holds both.
  // The highest kind comes first, and the larger of a kind (equal to numpy.result_type for every triple).
  std::sort(strongs.begin(), strongs.end(), comes_first);
  std::optional<DType> strong;
  for (const DType dtype : strongs) strong = strong ? promote_types(*strong, dtype) : dtype;
  if (!strong) return default_dtype(widest.value_or(Kind::floating));
  return widest ? promote_weak(*strong, *widest) : *strong;
}

// A ufunc without integer loops takes the first float loop that every strong operand can be safely cast to, one by one:
// hypot(int8, uint8) is float16, although their common dtype is int16. With a Python scalar among them it is the common
// dtype that is looked up: hypot(int8, 1.0) is float64 (measured with NumPy 2.4).
DType inexact_dtype(std::span<const OperandType> operands) {
  const bool any_weak = std::any_of(operands.begin(), operands.end(), [](const OperandType& o) { return o.is_weak; });
  const bool all_weak = std::all_of(operands.begin(), operands.end(), [](const OperandType& o) { return o.is_weak; });
  if (all_weak) return is_bool(common_dtype(operands)) ? DType::float16 : DType::float64;
  if (any_weak) return float_for(common_dtype(operands));
  DType result = DType::float16;
  for (const OperandType& operand : operands) result = promote_types(result, float_for(operand.dtype));
  return result;
}

std::optional<DType> loop_dtype(Op op, std::span<const OperandType> operands) {
  const DType common = common_dtype(operands);
  switch (info(op).domain) {
    case Domain::any:
    case Domain::numeric_or_bool:
    case Domain::real_or_bool:
      return common;
    case Domain::numeric:
      return op == Op::reciprocal ? bool_as_int8(common) : unless_bool(common);
    case Domain::numeric_power:
    case Domain::real_no_bool:
      return bool_as_int8(common);
    case Domain::integer:
      return integer_loop(op, common);
    case Domain::integer_or_bool:
      return unless_inexact(common);
    case Domain::truth:
      return DType::bool_;
    case Domain::inexact:
    case Domain::inexact_scale:
      return inexact_dtype(operands);
    case Domain::inexact_division:
      return is_inexact(common) ? common : DType::float64;
  }
  return std::nullopt;
}

std::string describe(const OperandType& operand) {
  if (operand.is_weak) return "plain " + std::string(python_type(operand.kind));
  return std::string(name_of(operand.dtype));
}

}  // namespace fuseval::frontend
