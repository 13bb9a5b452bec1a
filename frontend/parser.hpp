// The parser's inside; frontend/ast.hpp has the door (`parse`).
//
// A Pratt parser: parse_expression(minimum) reads everything that binds at least as tightly as `minimum`. What Python's
// grammar spells as a ladder of rules is here one loop and a table of binding powers. Chains of operators of one level
// are read by that loop, so a sum of 5 000 terms takes no stack. Only brackets, unary operators, the right side of **
// and the else branch of a conditional nest; each of these counts one level against Limits::depth. Between two counted
// levels there are at most as many uncounted calls as there are binding powers.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast.hpp"
#include "frontend/lexer.hpp"

namespace fuseval::frontend {

/// Python's precedence, loosest first.
enum class Power : uint8_t {
  none,
  conditional,
  logical_or,
  logical_and,
  logical_not,
  comparison,
  bitwise_or,
  bitwise_xor,
  bitwise_and,
  shift,
  sum,
  product,
  unary,
  power,
};

/// How a token continues an expression that stands before it.
struct Infix {
  Power power = Power::none;
  Operator op = Operator::add;  ///< arithmetic and comparisons
};

Infix infix_of(TokenKind kind);

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits);

  /// Reads the whole text.
  Ast parse();

 private:
  // parser.cpp: operators
  ExprId parse_expression(Power minimum);
  ExprId parse_prefix(Power minimum);
  ExprId parse_unary(Operator op);
  ExprId parse_not(Power minimum);
  ExprId parse_infix(uint32_t begin, ExprId left, Infix infix);
  ExprId parse_binary(uint32_t begin, ExprId left, Infix infix);
  ExprId parse_comparison(uint32_t begin, ExprId left);
  ExprId parse_logical(uint32_t begin, ExprId left, Power power);
  ExprId parse_conditional(uint32_t begin, ExprId value);
  ExprId parse_program();

  // parser_primary.cpp: literals, names, brackets and what follows them
  ExprId parse_primary();
  ExprId parse_atom();
  ExprId parse_literal(ExprKind kind);
  ExprId parse_string();
  ExprId parse_parentheses();
  ExprId parse_list();
  ExprId parse_attribute(uint32_t begin, ExprId object);
  ExprId parse_call(uint32_t begin, ExprId callee);
  ExprId parse_argument(std::set<std::string>& keywords);
  ExprId parse_subscript(uint32_t begin, ExprId object);
  void splice_tuple();
  ExprId parse_subscript_item();
  ExprId parse_slice(uint32_t begin, ExprId start);
  ExprId absent();

  // parser_errors.cpp
  void refuse_statement() const;
  [[noreturn]] void unexpected(std::string_view expected) const;
  [[noreturn]] void refuse(ErrorCode code, std::string message) const;
  std::string expression_expected() const;
  std::string found() const;
  Span place_of_token() const;

  std::string_view text_of(const Token& token) const;
  void advance();
  bool accept(TokenKind kind);
  void expect(TokenKind kind, std::string_view expected);

  /// A new node over the operands pushed since `mark`; pops them. Its span ends with the last token read.
  ExprId add(ExprKind kind, uint32_t begin, Span op_span, size_t mark);
  ExprId add(Expr expr);
  uint32_t add_text(std::string text);

  /// One counted level, for the lifetime of the object.
  class Nesting {
   public:
    Nesting(Parser& parser, Span place);
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };

  const Limits limits_;
  Ast ast_;
  Lexer lexer_;
  Token token_;
  Token previous_;
  bool has_previous_ = false;
  int depth_ = 0;
  std::vector<ExprId> operands_;  ///< children of nodes that are being read
};

}  // namespace fuseval::frontend
