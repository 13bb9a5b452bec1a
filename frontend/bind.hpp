// bind: names, dtypes and shapes. Turns an Ast and descriptions of the caller's inputs into an array graph.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast.hpp"
#include "frontend/scalar_program.hpp"
#include "ir/graph.hpp"

namespace fuseval::frontend {

/// An input as the caller binds it; its position in the span is its slot.
/// check_input has accepted it, unless it is a list of the text.
struct InputInfo {
  std::string name;
  DType dtype = DType::float64;  ///< weak: bool_, int64 or float64, for Python's bool, int and float
  Shape shape;
  bool is_weak = false;                ///< a Python scalar under NEP 50 (rank 0)
  uint64_t bits = 0;                   ///< weak only: this call's value
  std::optional<ExprId> literal = {};  ///< the list of the text that the program keeps as this array
};

/// An error that depends on values: `node` is a bool of rank 0 in the graph. If it is true when the program runs, the
/// program fails with Error(value, message, span) before the first store.
struct ValueCheck {
  NodeId node = 0;
  std::string message;
  Span span;
};

struct BoundFunction {
  Function function;
  /// Integer to a negative integer power.
  std::vector<ValueCheck> value_checks;
  /// What of the weak inputs' values decided how the graph looks, and which numbers it reads that are computed from
  /// them: element k is the input of rank 0 whose slot is the number of inputs plus k.
  ScalarProgram scalars;
  /// Slots of the caller's that the graph or `scalars` may read.
  std::vector<uint32_t> used_slots;
  /// Slots that the text names only where Python does not evaluate it.
  std::vector<uint32_t> skipped_slots;
  /// [output]: whether it is a plain number (2 + 3, a.size) and no array.
  std::vector<bool> weak_outputs;
};

/// A dtype that this version does not compute with is Error(unsupported), whether the text uses the input or not. Any
/// name will do: a bound one shadows what the language calls so.
void check_input(std::string_view name, DType dtype);

/// Throws Error with the span of the smallest expression that is wrong.
BoundFunction bind(const Ast& ast, std::span<const InputInfo> inputs, const Limits& limits = {});

/// The dtype that a text like a.dtype stands for, which is no result; empty for other texts. Throws as bind does.
std::optional<DType> dtype_value(const Ast& ast, std::span<const InputInfo> inputs, const Limits& limits = {});

/// Every name that a text can call, sorted; for completion and help.
std::vector<std::string_view> function_names();

}  // namespace fuseval::frontend
