// Typing: in which dtype an operation runs, by NumPy 2's rules (NEP 50 and the ufuncs' loops).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "ir/dtype.hpp"
#include "ir/ops.hpp"

namespace fuseval::frontend {

/// What typing knows of an operand: a strong dtype, or the Kind of a Python scalar.
struct OperandType {
  bool is_weak = false;
  DType dtype = DType::float64;  ///< strong only
  Kind kind = Kind::boolean;     ///< weak only: boolean, signed_integer or floating
};

inline OperandType strong(DType dtype) { return {false, dtype, Kind::boolean}; }
inline OperandType weak(Kind kind) { return {true, DType::float64, kind}; }

/// numpy.result_type: the strong dtypes promoted, then the widest weak kind applied. Weak operands alone give bool_,
/// int64 or float64.
DType common_dtype(std::span<const OperandType> operands);

/// The float dtype that an `inexact` ufunc computes operands in: float16 for 8-bit integers and bool, float32 for
/// 16-bit ones, float64 for larger; a Python float beside integers alone means float64.
DType inexact_dtype(std::span<const OperandType> operands);

/// The dtype of op's loop for these operands (ldexp, where and comparisons excepted: they have mixed loops). Empty when
/// there is none. The result may be a dtype that is not computed (float16): the caller refuses it.
std::optional<DType> loop_dtype(Op op, std::span<const OperandType> operands);

/// "float64" or "plain int": for messages.
std::string describe(const OperandType& operand);

}  // namespace fuseval::frontend
