// What the parser says about a token that does not fit.
#include <fmt/format.h>

#include "frontend/parser.hpp"
#include "frontend/unicode.hpp"

namespace fuseval::frontend {
namespace {

constexpr std::string_view statements = "statements are not available in this version, one expression is expected";

bool begins_operand(TokenKind kind) {
  return kind == TokenKind::name || kind == TokenKind::integer || kind == TokenKind::floating ||
         kind == TokenKind::imaginary || kind == TokenKind::string || kind == TokenKind::keyword_true ||
         kind == TokenKind::keyword_false || kind == TokenKind::keyword_none;
}

}  // namespace

/// A text whose first token begins a statement; `if` and `for` are words of expressions elsewhere.
void Parser::refuse_statement() const {
  const bool begins_statement = token_.kind == TokenKind::statement_keyword || token_.kind == TokenKind::keyword_if ||
                                token_.kind == TokenKind::keyword_for;
  const std::string_view rest = std::string_view(ast_.source).substr(token_.span.end);
  if (token_.kind == TokenKind::keyword_if && rest.starts_with('('))
    refuse(ErrorCode::syntax, "'if' is no function: write where(condition, x, y), or `x if condition else y`");
  if (begins_statement) {
    refuse(ErrorCode::unsupported, fmt::format("'{}' begins a statement: {}", text_of(token_), statements));
  }
}

void Parser::refuse(ErrorCode code, std::string message) const { throw Error(code, std::move(message), token_.span); }

void Parser::unexpected(std::string_view expected) const {
  const std::string_view text = text_of(token_);
  const auto& open = lexer_.open_brackets();
  if (token_.kind == TokenKind::end && !open.empty()) {
    throw Error(ErrorCode::syntax, fmt::format("'{}' is never closed", ast_.source[open.back()]),
                {open.back(), open.back() + 1});
  }
  switch (token_.kind) {
    case TokenKind::assign:
      refuse(ErrorCode::unsupported, fmt::format("'=' assigns: {} (a comparison is written '==')", statements));
    case TokenKind::augmented_assign:
    case TokenKind::walrus:
      refuse(ErrorCode::unsupported, fmt::format("'{}' assigns: {}", text, statements));
    case TokenKind::semicolon:
      refuse(ErrorCode::unsupported, fmt::format("';' ends a statement: {}", statements));
    case TokenKind::statement_keyword:
      refuse(ErrorCode::unsupported, fmt::format("'{}' belongs to a statement: {}", text, statements));
    case TokenKind::foreign_keyword:
      refuse(ErrorCode::syntax, fmt::format("'{}' is a reserved word that array expressions do not have", text));
    case TokenKind::keyword_lambda:
      refuse(ErrorCode::unsupported, "'lambda' is not available in this version");
    case TokenKind::keyword_for:
      refuse(ErrorCode::syntax, "comprehensions are not available: operations on arrays are elementwise already");
    case TokenKind::left_brace:
      refuse(ErrorCode::syntax, "sets and dictionaries are not available");
    case TokenKind::star:
    case TokenKind::double_star:
      // Only where an operand is missing does it get here: as an operator it has been read.
      if (!has_previous_ || infix_of(previous_.kind).power == Power::none) {
        refuse(ErrorCode::syntax, fmt::format("unpacking with '{}' is not available", text));
      }
      break;
    default:
      break;  // nothing special to say
  }
  if (token_.kind == TokenKind::end && !has_previous_) {
    refuse(ErrorCode::syntax, "an expression is expected, and the text holds none");
  }
  const bool is_gap = begins_operand(token_.kind) && expected.starts_with("an operator");
  throw Error(ErrorCode::syntax,
              fmt::format("expected {}, found {}{}", expected, found(),
                          is_gap ? ": is an operator or ',' missing before it?" : ""),
              place_of_token());
}

/// A line or a text that ends too early is marked behind its last token, not behind blanks and comments.
Span Parser::place_of_token() const {
  if (token_.kind != TokenKind::newline && token_.kind != TokenKind::end) return token_.span;
  return {previous_.span.end, previous_.span.end};
}

std::string Parser::expression_expected() const {
  if (!has_previous_) return "an expression";
  return fmt::format("an expression after '{}'", shortened(text_of(previous_)));
}

/// The token at hand, for "found …".
std::string Parser::found() const {
  const std::string text = shortened(text_of(token_));
  switch (token_.kind) {
    case TokenKind::end:
    case TokenKind::newline:
      return token_.span.begin == ast_.source.size()
                 ? "the end of the text"
                 : "the end of the line (inside parentheses an expression may take several)";
    case TokenKind::name:
      return fmt::format("the name '{}'", text);
    case TokenKind::integer:
    case TokenKind::floating:
    case TokenKind::imaginary:
      return fmt::format("the number '{}'", text);
    case TokenKind::string:
      return "a string";
    default:
      return fmt::format("'{}'", text);  // operators, brackets and keywords are their own names
  }
}

}  // namespace fuseval::frontend
