// The table of everything a text can call: name, parameters, handler. Argument errors, help and completion derive from
// it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/binder.hpp"

namespace fuseval::frontend {

/// The arguments of one call, matched to the function's parameters.
struct Arguments {
  const FunctionInfo* function = nullptr;
  Span span;                         ///< of the whole call
  std::vector<const Value*> values;  ///< one a parameter; null when not given
  std::vector<const Value*> rest;    ///< what *name collects
  size_t positional = 0;             ///< how many of `values` were given without their names

  /// A required argument.
  const Value& operator[](std::string_view name) const;
  /// Null when absent.
  const Value* find(std::string_view name) const;
  /// Null when absent or None.
  const Value* given(std::string_view name) const;
  bool is_positional(std::string_view name) const;
};

using Handler = Value (*)(Binder&, const Arguments&);

struct Parameter {
  std::string_view name;
  bool is_required = false;
  bool is_positional = true;
  bool is_keyword = true;
  bool takes_list = false;  ///< a list or tuple is an array there
};

struct FunctionInfo {
  std::string_view name;
  std::vector<Parameter> parameters;
  bool takes_rest = false;  ///< further positional arguments go to Arguments::rest
  Handler handler = nullptr;
  Op op = Op::add;                ///< for ufuncs
  std::string_view summary = {};  ///< one line, for help
};

/// A row of a table. `parameters`: names separated by blanks; "x=" is optional, "/" ends the positional-only ones, "*"
/// starts the keyword-only ones, "*x" collects the rest.
struct FunctionRow {
  std::string_view name;
  std::string_view parameters;
  Handler handler;
  std::string_view summary;
};

std::span<const FunctionRow> elementwise_functions();
std::span<const FunctionRow> reduction_functions();
std::span<const FunctionRow> product_functions();
std::span<const FunctionRow> shape_functions();
std::span<const FunctionRow> creation_functions();
/// Methods whose parameters differ from those of the function of the same name (the array itself left out).
std::span<const FunctionRow> array_methods();

// Handlers of methods whose parameters are their own.
Value clip_method(Binder& binder, const Arguments& arguments);
Value conj_method(Binder& binder, const Arguments& arguments);
Value astype_method(Binder& binder, const Arguments& arguments);

/// The axis= argument: None (all axes), an int, or a tuple; sorted and unique. Throws Error(axis). Many of NumPy's
/// functions let an array of rank 0 pass with axis 0 or -1: `forgives_rank_0`.
std::vector<int> reduction_axes(Binder& binder, const Value* axis, int rank, bool forgives_rank_0);
/// The same of a call; where a positional axis cannot be one, the error names the function of two values.
std::vector<int> reduction_axes(Binder& binder, const Arguments& arguments, int rank, bool forgives_rank_0);
/// An axis of an array of `rank` dimensions, counted from the end when negative.
int axis_argument(Binder& binder, const Value& axis, int rank);
/// Of sums and products of such elements: integers add up in 64 bits.
DType wide_dtype(DType dtype);
/// New axes of extent 1 at `positions` (sorted) of the result.
NodeId insert_axes(Binder& binder, NodeId node, const std::vector<int>& positions);
NodeId diagonal_of(Binder& binder, NodeId node, int64_t offset, int axis1, int axis2);

const FunctionInfo* find_function(std::string_view name);
/// A method of arrays: its first parameter is the array.
const FunctionInfo* find_method(std::string_view name);
std::vector<std::string_view> method_names();

/// A value in a call, with its keyword ("" when positional).
struct Argument {
  std::string_view keyword;
  Span span;
  const Value* value = nullptr;
};

/// Throws Error(argument) as Python would.
Arguments match_arguments(const FunctionInfo& function, std::span<const Argument> arguments, Span span, Span paren);

}  // namespace fuseval::frontend
