// What a sub-expression can be while a text is bound: an array of the graph, a Python scalar, or one of the things that
// mean something only in their context (a slice, a dtype, a function's name).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "frontend/scalar_program.hpp"
#include "frontend/weak.hpp"
#include "ir/graph.hpp"

namespace fuseval::frontend {

struct FunctionInfo;

enum class ValueKind : uint8_t {
  array,  ///< node
  weak,   ///< scalar: a Python number; step as well when it follows weak inputs, and then node if has_node
  none,   ///< None, newaxis
  ellipsis,
  slice,     ///< items: start, stop, step
  tuple,     ///< items; slot, if the program keeps it as an array
  list,      ///< the same
  dtype,     ///< dtype
  string,    ///< text
  function,  ///< function; a method's items hold the object
  module,    ///< text: "np" or "np.linalg"
};

struct Value {
  ValueKind kind = ValueKind::none;
  Span span;
  NodeId node = 0;
  WeakScalar scalar;                               ///< weak: the value in this call
  ScalarProgram::Step step = ScalarProgram::none;  ///< weak: what computes it from inputs; none for a fixed value
  bool has_node = false;                           ///< weak, with a step: the graph computes it too
  DType dtype = DType::float64;
  std::optional<uint32_t> slot;
  const FunctionInfo* function = nullptr;
  std::string_view text;  ///< string, module; function and dtype: as spelled
  std::vector<Value> items;

  bool is_array() const { return kind == ValueKind::array; }
  bool is_weak() const { return kind == ValueKind::weak; }
  bool is_sequence() const { return kind == ValueKind::tuple || kind == ValueKind::list; }
  bool follows_inputs() const { return step != ScalarProgram::none; }
  /// Changes from call to call, and the graph computes it from inputs itself.
  bool is_dynamic() const { return follows_inputs() && has_node; }
};

/// "an array", "a slice", "the function `sin`" …: for messages.
std::string describe(const Value& value);

}  // namespace fuseval::frontend
