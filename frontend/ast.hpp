// The syntax tree: an arena in post-order (children before parents), so that later passes are loops over ids, never
// recursions, and a sum of 5 000 terms is no deeper than one of two.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.hpp"

namespace fuseval::frontend {

using ExprId = uint32_t;

enum class ExprKind : uint8_t {
  integer,      ///< text: digits as written (hex, octal, binary, underscores allowed)
  floating,     ///< number
  imaginary,    ///< number, the factor of 1j
  boolean,      ///< True or False: number is 1 or 0
  string,       ///< text: the value, escapes resolved ('fro', "…": keyword values; array meaning comes later)
  none,         ///< None
  ellipsis,     ///< ...
  name,         ///< text
  unary,        ///< op; child: operand
  binary,       ///< op; children: left, right
  compare,      ///< ops are children's between-operators, in `ops`; children: operands (2 or more; chained)
  logical_and,  ///< children: 2 or more operands of one chain
  logical_or,
  logical_not,  ///< child
  conditional,  ///< children: value if true, condition, value if false (source order)
  call,         ///< children: callee, then arguments (keyword arguments are `keyword` nodes)
  keyword,      ///< text: the keyword; child: value. Only below a call
  attribute,    ///< text: the attribute; child: the object
  subscript,    ///< children: the object, then its items: a[(b, c)] is a[b, c], and a[()] has none
  slice,        ///< children: start, stop, step; an absent one is a `none` node with an empty span
  tuple,        ///< children: elements
  list,         ///< children: elements
};

/// Operators of unary, binary and compare nodes.
enum class Operator : uint8_t {
  positive,
  negative,
  invert,
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  remainder,
  power,
  matmul,
  left_shift,
  right_shift,
  bitwise_and,
  bitwise_or,
  bitwise_xor,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
};

struct Expr {
  ExprKind kind = ExprKind::none;
  Operator op = Operator::add;  ///< unary, binary
  bool in_parentheses = false;  ///< which are not part of its span; for hints
  Span span;                    ///< of the whole expression in the source
  Span op_span;                 ///< of the operator, call parenthesis or attribute name: where a caret points
  uint32_t first_child = 0;     ///< into Ast::children
  uint32_t child_count = 0;
  uint32_t text = 0;      ///< into Ast::texts (integer, string, name, keyword, attribute)
  uint32_t first_op = 0;  ///< compare: into Ast::operators; child_count - 1 of them
  double number = 0;      ///< floating, imaginary, boolean
};

struct Ast {
  std::string source;
  std::vector<Expr> exprs;
  std::vector<ExprId> children;
  std::vector<std::string> texts;
  std::vector<Operator> operators;
  ExprId root = 0;

  const Expr& operator[](ExprId id) const { return exprs[id]; }
  ExprId child(const Expr& expr, uint32_t k) const { return children[expr.first_child + k]; }
  std::string_view text(const Expr& expr) const { return texts[expr.text]; }
};

/// Limits on a text; beyond one is Error(limit).
struct Limits {
  size_t text_bytes = 1 << 20;
  int depth = 200;  ///< brackets, calls, unary and ** nesting; chains of binary operators do not count
  size_t nodes = 100'000;
  size_t operands = 1'024;
  /// The functions and methods that the text may call, by their names as spelled, sorted; none given: all of them.
  /// Another call is Error(unsupported).
  std::optional<std::vector<std::string>> functions = {};
};

/// Parses one expression, blank lines and comments around it. Throws Error(syntax), Error(limit), or Error(unsupported)
/// for statements and lambda, which come in a later version; each with its span.
Ast parse(std::string_view text, const Limits& limits = {});

/// [id]: whether the expression is what a call calls. Names there are not those of arrays, which cannot be called.
std::vector<uint8_t> callees(const Ast& ast);

/// One line a node, indented, for `fuseval explain --stage ast`.
std::string print(const Ast& ast);

/// "add" for Operator::add and so on; and its spelling, "+".
std::string_view name_of(Operator op);
std::string_view spelling_of(Operator op);

}  // namespace fuseval::frontend
