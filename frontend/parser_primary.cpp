// Literals, names and brackets, and the attributes, calls and subscripts that follow them.
#include <fmt/format.h>

#include <set>

#include "frontend/literals.hpp"
#include "frontend/parser.hpp"
#include "frontend/unicode.hpp"

namespace fuseval::frontend {

ExprId Parser::parse_primary() {
  const uint32_t begin = token_.span.begin;
  ExprId id = parse_atom();
  for (;;) {
    switch (token_.kind) {
      case TokenKind::dot:
        id = parse_attribute(begin, id);
        break;
      case TokenKind::left_parenthesis:
        id = parse_call(begin, id);
        break;
      case TokenKind::left_bracket:
        id = parse_subscript(begin, id);
        break;
      default:
        return id;  // any other token ends the chain
    }
  }
}

ExprId Parser::parse_atom() {
  switch (token_.kind) {
    case TokenKind::name:
      return parse_literal(ExprKind::name);
    case TokenKind::integer:
      return parse_literal(ExprKind::integer);
    case TokenKind::floating:
      return parse_literal(ExprKind::floating);
    case TokenKind::imaginary:
      return parse_literal(ExprKind::imaginary);
    case TokenKind::keyword_true:
    case TokenKind::keyword_false:
      return parse_literal(ExprKind::boolean);
    case TokenKind::keyword_none:
      return parse_literal(ExprKind::none);
    case TokenKind::ellipsis:
      return parse_literal(ExprKind::ellipsis);
    case TokenKind::string:
      return parse_string();
    case TokenKind::left_parenthesis:
      return parse_parentheses();
    case TokenKind::left_bracket:
      return parse_list();
    default:
      unexpected(expression_expected());  // what else there is begins no expression
  }
}

/// One token that is a node.
ExprId Parser::parse_literal(ExprKind kind) {
  Expr expr;
  expr.kind = kind;
  expr.span = expr.op_span = token_.span;
  if (kind == ExprKind::name) expr.text = add_text(normalised_name(text_of(token_)));
  if (kind == ExprKind::integer) expr.text = add_text(std::string(text_of(token_)));
  if (kind == ExprKind::floating || kind == ExprKind::imaginary) expr.number = number_value(text_of(token_));
  if (kind == ExprKind::boolean) expr.number = token_.kind == TokenKind::keyword_true ? 1 : 0;
  advance();
  return add(expr);
}

/// Strings that follow one another are one.
ExprId Parser::parse_string() {
  Expr expr;
  expr.kind = ExprKind::string;
  expr.span = token_.span;
  std::string value;
  while (token_.kind == TokenKind::string) {
    value += string_value(ast_.source, token_.span);
    expr.span.end = token_.span.end;
    advance();
  }
  expr.op_span = expr.span;
  expr.text = add_text(std::move(value));
  return add(expr);
}

/// "()", "(a)", "(a,)", "(a, b)". A tuple's span includes the parentheses, another expression's does not.
ExprId Parser::parse_parentheses() {
  const Span opening = token_.span;
  const Nesting nesting(*this, opening);
  advance();
  if (accept(TokenKind::right_parenthesis)) return add(ExprKind::tuple, opening.begin, opening, operands_.size());
  const size_t mark = operands_.size();
  operands_.push_back(parse_expression(Power::conditional));
  if (token_.kind != TokenKind::comma) {
    expect(TokenKind::right_parenthesis, "an operator, ',' or ')'");
    const ExprId id = operands_.back();
    operands_.pop_back();
    ast_.exprs[id].in_parentheses = true;
    return id;
  }
  while (accept(TokenKind::comma) && token_.kind != TokenKind::right_parenthesis) {
    operands_.push_back(parse_expression(Power::conditional));
  }
  expect(TokenKind::right_parenthesis, "an operator, ',' or ')'");
  return add(ExprKind::tuple, opening.begin, opening, mark);
}

ExprId Parser::parse_list() {
  const Span opening = token_.span;
  const Nesting nesting(*this, opening);
  const size_t mark = operands_.size();
  advance();
  while (token_.kind != TokenKind::right_bracket) {
    operands_.push_back(parse_expression(Power::conditional));
    if (!accept(TokenKind::comma)) break;
  }
  expect(TokenKind::right_bracket, "an operator, ',' or ']'");
  return add(ExprKind::list, opening.begin, opening, mark);
}

ExprId Parser::parse_attribute(uint32_t begin, ExprId object) {
  advance();
  if (token_.kind != TokenKind::name) unexpected("a name after '.'");
  const Span name = token_.span;
  const uint32_t text = add_text(normalised_name(text_of(token_)));
  const size_t mark = operands_.size();
  operands_.push_back(object);
  advance();
  const ExprId id = add(ExprKind::attribute, begin, name, mark);
  ast_.exprs[id].text = text;
  return id;
}

ExprId Parser::parse_call(uint32_t begin, ExprId callee) {
  const Span opening = token_.span;
  const Nesting nesting(*this, opening);
  const size_t mark = operands_.size();
  std::set<std::string> keywords;
  operands_.push_back(callee);
  advance();
  while (token_.kind != TokenKind::right_parenthesis) {
    operands_.push_back(parse_argument(keywords));
    if (!accept(TokenKind::comma)) break;
  }
  expect(TokenKind::right_parenthesis, "an operator, ',' or ')'");
  return add(ExprKind::call, begin, opening, mark);
}

ExprId Parser::parse_argument(std::set<std::string>& keywords) {
  const Token first = token_;
  const ExprId value = parse_expression(Power::conditional);
  if (token_.kind != TokenKind::assign) {
    if (keywords.empty()) return value;
    throw Error(ErrorCode::syntax, "a positional argument cannot follow a keyword argument",
                {first.span.begin, previous_.span.end});
  }
  if (first.kind != TokenKind::name || first.span != previous_.span) {
    throw Error(ErrorCode::syntax, "a keyword argument is 'name=value' (a comparison is written '==')",
                {first.span.begin, token_.span.end});
  }
  if (!keywords.insert(ast_.texts[ast_.exprs[value].text]).second) {
    throw Error(ErrorCode::syntax, fmt::format("the keyword argument '{}' is repeated", shortened(text_of(first))),
                first.span);
  }
  // The name's node becomes the keyword: its text moves, and the node itself goes.
  const uint32_t text = ast_.exprs[value].text;
  ast_.exprs.pop_back();
  const size_t mark = operands_.size();
  advance();
  operands_.push_back(parse_expression(Power::conditional));
  const ExprId id = add(ExprKind::keyword, first.span.begin, first.span, mark);
  ast_.exprs[id].text = text;
  return id;
}

ExprId Parser::parse_subscript(uint32_t begin, ExprId object) {
  const Span opening = token_.span;
  const Nesting nesting(*this, opening);
  const size_t mark = operands_.size();
  operands_.push_back(object);
  advance();
  if (token_.kind == TokenKind::right_bracket) refuse(ErrorCode::syntax, "an index is expected between '[' and ']'");
  bool has_comma = false;
  do {
    operands_.push_back(parse_subscript_item());
    if (!accept(TokenKind::comma)) break;
    has_comma = true;
  } while (token_.kind != TokenKind::right_bracket);
  expect(TokenKind::right_bracket, "an operator, ',', ':' or ']'");
  if (!has_comma) splice_tuple();
  return add(ExprKind::subscript, begin, opening, mark);
}

/// a[(b, c)] is a[b, c], and a[()] has no items: the last operand, if it is a tuple, gives way to its elements.
void Parser::splice_tuple() {
  const Expr tuple = ast_.exprs[operands_.back()];
  if (tuple.kind != ExprKind::tuple) return;
  ast_.exprs.pop_back();
  operands_.pop_back();
  operands_.insert(operands_.end(), ast_.children.end() - tuple.child_count, ast_.children.end());
  ast_.children.resize(tuple.first_child);
}

ExprId Parser::parse_subscript_item() {
  const uint32_t begin = token_.span.begin;
  if (token_.kind == TokenKind::colon) return parse_slice(begin, absent());
  const ExprId item = parse_expression(Power::conditional);
  return token_.kind == TokenKind::colon ? parse_slice(begin, item) : item;
}

ExprId Parser::parse_slice(uint32_t begin, ExprId start) {
  const Span colon = token_.span;
  const size_t mark = operands_.size();
  operands_.push_back(start);
  advance();
  const auto part = [&] {
    const bool is_absent =
        token_.kind == TokenKind::colon || token_.kind == TokenKind::comma || token_.kind == TokenKind::right_bracket;
    operands_.push_back(is_absent ? absent() : parse_expression(Power::conditional));
  };
  part();
  if (accept(TokenKind::colon)) {
    part();
  } else {
    operands_.push_back(absent());
  }
  if (token_.kind == TokenKind::colon) {
    refuse(ErrorCode::syntax, "a slice has at most three parts, start:stop:step");
  }
  return add(ExprKind::slice, begin, colon, mark);
}

ExprId Parser::absent() {
  Expr expr;
  expr.kind = ExprKind::none;
  expr.span = expr.op_span = {token_.span.begin, token_.span.begin};
  return add(expr);
}

}  // namespace fuseval::frontend
