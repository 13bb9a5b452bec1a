#include "frontend/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace fuseval::frontend {
namespace {

/// However high Limits::depth is set, the stack must hold it: a level takes up to 2.7 KiB (measured without
/// optimisation; 1.9 KiB with it), in a text that climbs the whole ladder of powers inside every call.
constexpr int max_depth = 1000;

Ast begin_ast(std::string_view text, const Limits& limits) {
  const size_t most = std::min<size_t>(limits.text_bytes, std::numeric_limits<uint32_t>::max() - 1);
  if (text.size() <= most) {
    Ast ast;
    ast.source = text;
    return ast;
  }
  const auto size = static_cast<uint32_t>(most);
  throw Error(ErrorCode::limit, fmt::format("the text has {} bytes, and {} are allowed", text.size(), most),
              {size > 0 ? size - 1 : 0, size});
}

Power above(Power power) { return static_cast<Power>(static_cast<uint8_t>(power) + 1); }

}  // namespace

Infix infix_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::keyword_if:
      return {Power::conditional};
    case TokenKind::keyword_or:
      return {Power::logical_or};
    case TokenKind::keyword_and:
      return {Power::logical_and};
    case TokenKind::keyword_not:
    case TokenKind::keyword_is:
    case TokenKind::keyword_in:
      return {Power::comparison};
    case TokenKind::equal:
      return {Power::comparison, Operator::equal};
    case TokenKind::not_equal:
      return {Power::comparison, Operator::not_equal};
    case TokenKind::less:
      return {Power::comparison, Operator::less};
    case TokenKind::less_equal:
      return {Power::comparison, Operator::less_equal};
    case TokenKind::greater:
      return {Power::comparison, Operator::greater};
    case TokenKind::greater_equal:
      return {Power::comparison, Operator::greater_equal};
    case TokenKind::bar:
      return {Power::bitwise_or, Operator::bitwise_or};
    case TokenKind::caret:
      return {Power::bitwise_xor, Operator::bitwise_xor};
    case TokenKind::ampersand:
      return {Power::bitwise_and, Operator::bitwise_and};
    case TokenKind::left_shift:
      return {Power::shift, Operator::left_shift};
    case TokenKind::right_shift:
      return {Power::shift, Operator::right_shift};
    case TokenKind::plus:
      return {Power::sum, Operator::add};
    case TokenKind::minus:
      return {Power::sum, Operator::subtract};
    case TokenKind::star:
      return {Power::product, Operator::multiply};
    case TokenKind::slash:
      return {Power::product, Operator::divide};
    case TokenKind::double_slash:
      return {Power::product, Operator::floor_divide};
    case TokenKind::percent:
      return {Power::product, Operator::remainder};
    case TokenKind::at:
      return {Power::product, Operator::matmul};
    case TokenKind::double_star:
      return {Power::power, Operator::power};
    default:
      return {};  // the tokens that continue no expression are many, and a new one will be one of them
  }
}

Ast parse(std::string_view text, const Limits& limits) { return Parser(text, limits).parse(); }

Parser::Parser(std::string_view text, const Limits& limits)
    : limits_(limits), ast_(begin_ast(text, limits)), lexer_(ast_.source) {}

Ast Parser::parse() {
  token_ = lexer_.next();
  refuse_statement();
  ast_.root = parse_program();
  expect(TokenKind::newline, "an operator or the end of the expression");
  if (token_.kind != TokenKind::end) {
    refuse(ErrorCode::unsupported,
           "a second line begins here: statements are not available in this version, one expression is expected "
           "(inside parentheses it may take several lines)");
  }
  return std::move(ast_);
}

/// "a", or the tuple "a," or "a, b".
ExprId Parser::parse_program() {
  const uint32_t begin = token_.span.begin;
  const size_t mark = operands_.size();
  const ExprId first = parse_expression(Power::conditional);
  if (token_.kind != TokenKind::comma) return first;
  const Span comma = token_.span;
  operands_.push_back(first);
  while (accept(TokenKind::comma) && token_.kind != TokenKind::newline) {
    operands_.push_back(parse_expression(Power::conditional));
  }
  return add(ExprKind::tuple, begin, comma, mark);
}

ExprId Parser::parse_expression(Power minimum) {
  const uint32_t begin = token_.span.begin;
  ExprId left = parse_prefix(minimum);
  for (;;) {
    const Infix infix = infix_of(token_.kind);
    if (infix.power == Power::none || infix.power < minimum) return left;
    left = parse_infix(begin, left, infix);
  }
}

ExprId Parser::parse_prefix(Power minimum) {
  switch (token_.kind) {
    case TokenKind::minus:
      return parse_unary(Operator::negative);
    case TokenKind::plus:
      return parse_unary(Operator::positive);
    case TokenKind::tilde:
      return parse_unary(Operator::invert);
    case TokenKind::keyword_not:
      return parse_not(minimum);
    default:
      return parse_primary();  // every other token begins a primary or nothing
  }
}

ExprId Parser::parse_unary(Operator op) {
  const Span place = token_.span;
  const Nesting nesting(*this, place);
  advance();
  const size_t mark = operands_.size();
  operands_.push_back(parse_expression(Power::unary));
  const ExprId id = add(ExprKind::unary, place.begin, place, mark);
  ast_.exprs[id].op = op;
  return id;
}

ExprId Parser::parse_not(Power minimum) {
  if (minimum > Power::logical_not) {
    refuse(ErrorCode::syntax,
           fmt::format("'not' after '{}' needs parentheses: {} (not …)", text_of(previous_), text_of(previous_)));
  }
  const Span place = token_.span;
  const Nesting nesting(*this, place);
  advance();
  const size_t mark = operands_.size();
  operands_.push_back(parse_expression(Power::logical_not));
  return add(ExprKind::logical_not, place.begin, place, mark);
}

ExprId Parser::parse_infix(uint32_t begin, ExprId left, Infix infix) {
  switch (infix.power) {
    case Power::conditional:
      return parse_conditional(begin, left);
    case Power::logical_or:
    case Power::logical_and:
      return parse_logical(begin, left, infix.power);
    case Power::comparison:
      return parse_comparison(begin, left);
    case Power::none:
    case Power::logical_not:
    case Power::bitwise_or:
    case Power::bitwise_xor:
    case Power::bitwise_and:
    case Power::shift:
    case Power::sum:
    case Power::product:
    case Power::unary:
    case Power::power:
      break;
  }
  return parse_binary(begin, left, infix);
}

ExprId Parser::parse_binary(uint32_t begin, ExprId left, Infix infix) {
  const Span place = token_.span;
  const size_t mark = operands_.size();
  operands_.push_back(left);
  advance();
  if (infix.power == Power::power) {
    // The right side may begin with a unary operator (2**-1) and groups from the right.
    const Nesting nesting(*this, place);
    operands_.push_back(parse_expression(Power::unary));
  } else {
    operands_.push_back(parse_expression(above(infix.power)));
  }
  const ExprId id = add(ExprKind::binary, begin, place, mark);
  ast_.exprs[id].op = infix.op;
  return id;
}

ExprId Parser::parse_comparison(uint32_t begin, ExprId left) {
  const Span place = token_.span;
  const size_t mark = operands_.size();
  std::vector<Operator> chain;
  operands_.push_back(left);
  for (Infix infix = infix_of(token_.kind); infix.power == Power::comparison; infix = infix_of(token_.kind)) {
    if (token_.kind == TokenKind::keyword_not) {
      refuse(ErrorCode::syntax, "'not' cannot stand between two expressions ('not in' is not available)");
    }
    if (token_.kind == TokenKind::keyword_is) {
      refuse(ErrorCode::syntax, "'is' compares identities, which arrays do not have: write '=='");
    }
    if (token_.kind == TokenKind::keyword_in) {
      refuse(ErrorCode::syntax, "'in' is not an operator of array expressions: combine '==' with '|'");
    }
    chain.push_back(infix.op);
    advance();
    operands_.push_back(parse_expression(above(Power::comparison)));
  }
  const ExprId id = add(ExprKind::compare, begin, place, mark);
  ast_.exprs[id].op = chain.front();
  ast_.exprs[id].first_op = static_cast<uint32_t>(ast_.operators.size());
  ast_.operators.insert(ast_.operators.end(), chain.begin(), chain.end());
  return id;
}

ExprId Parser::parse_logical(uint32_t begin, ExprId left, Power power) {
  const Token link = token_;
  const size_t mark = operands_.size();
  operands_.push_back(left);
  while (accept(link.kind)) operands_.push_back(parse_expression(above(power)));
  const ExprKind kind = power == Power::logical_or ? ExprKind::logical_or : ExprKind::logical_and;
  return add(kind, begin, link.span, mark);
}

ExprId Parser::parse_conditional(uint32_t begin, ExprId value) {
  const Span place = token_.span;
  const size_t mark = operands_.size();
  operands_.push_back(value);
  advance();
  operands_.push_back(parse_expression(Power::logical_or));
  expect(TokenKind::keyword_else, "'else' and the value for when the condition is false");
  const Nesting nesting(*this, place);
  operands_.push_back(parse_expression(Power::conditional));
  return add(ExprKind::conditional, begin, place, mark);
}

std::string_view Parser::text_of(const Token& token) const {
  return std::string_view(ast_.source).substr(token.span.begin, token.span.end - token.span.begin);
}

void Parser::advance() {
  previous_ = token_;
  has_previous_ = true;
  token_ = lexer_.next();
}

bool Parser::accept(TokenKind kind) {
  if (token_.kind != kind) return false;
  advance();
  return true;
}

void Parser::expect(TokenKind kind, std::string_view expected) {
  if (!accept(kind)) unexpected(expected);
}

ExprId Parser::add(ExprKind kind, uint32_t begin, Span op_span, size_t mark) {
  Expr expr;
  expr.kind = kind;
  expr.span = {begin, previous_.span.end};
  expr.op_span = op_span;
  expr.first_child = static_cast<uint32_t>(ast_.children.size());
  expr.child_count = static_cast<uint32_t>(operands_.size() - mark);
  ast_.children.insert(ast_.children.end(), operands_.begin() + static_cast<std::ptrdiff_t>(mark), operands_.end());
  operands_.resize(mark);
  return add(expr);
}

ExprId Parser::add(Expr expr) {
  if (ast_.exprs.size() >= limits_.nodes) {
    throw Error(ErrorCode::limit, fmt::format("the expression has more than {} nodes", limits_.nodes), expr.op_span);
  }
  ast_.exprs.push_back(expr);
  return static_cast<ExprId>(ast_.exprs.size() - 1);
}

uint32_t Parser::add_text(std::string text) {
  ast_.texts.push_back(std::move(text));
  return static_cast<uint32_t>(ast_.texts.size() - 1);
}

Parser::Nesting::Nesting(Parser& parser, Span place) : parser_(parser) {
  const int most = std::min(parser.limits_.depth, max_depth);
  if (parser.depth_ >= most) {
    throw Error(ErrorCode::limit, fmt::format("the expression is nested more than {} levels deep", most), place);
  }
  ++parser.depth_;
}

}  // namespace fuseval::frontend
