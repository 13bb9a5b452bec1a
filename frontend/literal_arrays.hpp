// Lists of a text whose elements are all written as numbers. A program keeps them as arrays beside those of its caller,
// so that a long list is one operand and lists of other numbers share the machine code.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "frontend/ast.hpp"
#include "frontend/weak.hpp"
#include "ir/dtype.hpp"
#include "ir/shape.hpp"

namespace fuseval::frontend {

struct LiteralArray {
  ExprId list = 0;             ///< in the syntax tree
  DType dtype = DType::int64;  ///< numpy.array's: bool_, int64, uint64 or float64
  Shape shape;                 ///< every extent at least 1
  std::vector<uint64_t> bits;  ///< of each element in C order, zero-extended
};

/// The outermost ones, in the order of the tree; tuples inside lists are lists too. Ragged lists and those with ints
/// beyond uint64 are none.
std::vector<LiteralArray> literal_arrays(const Ast& ast);

/// The dtype of numpy.array of a Python number: an int beyond int64 is a uint64. Empty for one beyond that.
std::optional<DType> array_dtype(const WeakScalar& number);

}  // namespace fuseval::frontend
