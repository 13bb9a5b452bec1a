// A tree as an S-expression, the form in which tests/oracle/parser_corpus.py writes CPython's trees.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "frontend/ast.hpp"

namespace fuseval::frontend {

inline std::string number_text(double value, char suffix) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g%c", value, suffix);
  return text;
}

inline std::string integer_text(std::string_view digits) {
  std::string plain(digits);
  std::erase(plain, '_');
  int base = 10;
  if (plain.size() > 1 && plain[0] == '0') {
    base = plain[1] == 'x' || plain[1] == 'X' ? 16 : plain[1] == 'o' || plain[1] == 'O' ? 8 : 2;
    if (plain[1] < 'A') base = 10;
  }
  return std::to_string(std::stoull(base == 10 ? plain : plain.substr(2), nullptr, base));
}

inline std::string sexpr(const Ast& ast, ExprId id) {
  const Expr& expr = ast[id];
  const auto child = [&](uint32_t k) { return sexpr(ast, ast.child(expr, k)); };
  const auto list = [&](std::string head) {
    for (uint32_t k = 0; k < expr.child_count; ++k) head += " " + child(k);
    return "(" + head + ")";
  };
  switch (expr.kind) {
    case ExprKind::integer:
      return integer_text(ast.text(expr));
    case ExprKind::floating:
      return number_text(expr.number, 'f');
    case ExprKind::imaginary:
      return number_text(expr.number, 'j');
    case ExprKind::boolean:
      return expr.number != 0 ? "True" : "False";
    case ExprKind::string: {
      std::string hex = "s";
      for (unsigned char c : ast.text(expr)) hex += fmt::format("{:02x}", c);
      return hex;
    }
    case ExprKind::none:
      return expr.span.begin == expr.span.end ? "_" : "None";
    case ExprKind::ellipsis:
      return "...";
    case ExprKind::name:
      return std::string(ast.text(expr));
    case ExprKind::unary:
    case ExprKind::binary:
      return list(std::string(spelling_of(expr.op)));
    case ExprKind::compare: {
      std::string links = child(0);
      for (uint32_t k = 1; k < expr.child_count; ++k) {
        links += fmt::format(" {} {}", spelling_of(ast.operators[expr.first_op + k - 1]), child(k));
      }
      return "(compare " + links + ")";
    }
    case ExprKind::logical_and:
      return list("and");
    case ExprKind::logical_or:
      return list("or");
    case ExprKind::logical_not:
      return list("not");
    case ExprKind::conditional:
      return list("if");
    case ExprKind::call:
      return list("call");
    case ExprKind::keyword:
      return fmt::format("({}= {})", ast.text(expr), child(0));
    case ExprKind::attribute:
      return fmt::format("(. {} {})", child(0), ast.text(expr));
    case ExprKind::subscript:
      return list("[]");
    case ExprKind::slice:
      return list(":");
    case ExprKind::tuple:
      return list(",");
    case ExprKind::list:
      return list("list");
  }
  return "?";
}

inline std::string sexpr(const Ast& ast) { return sexpr(ast, ast.root); }

/// Of a text; for an error, "error: " and its message.
inline std::string sexpr(std::string_view text) {
  try {
    return sexpr(parse(text));
  } catch (const Error& error) {
    return "error: " + error.message();
  }
}

}  // namespace fuseval::frontend
