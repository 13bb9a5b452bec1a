#include "frontend/highlight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "frontend/functions.hpp"
#include "frontend/literals.hpp"
#include "frontend/scanner.hpp"
#include "frontend/unicode.hpp"
#include "frontend/vocabulary.hpp"

namespace fuseval::frontend {
namespace {

/// A token of the lexer's, or what the lexer skips or refuses. `fixed`: its kind, if that is known.
struct Piece {
  Span span;
  TokenKind token = TokenKind::end;
  std::optional<HighlightKind> fixed = {};
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f' || c == '\n' || c == '\r'; }
bool is_newline(char c) { return c == '\n' || c == '\r'; }

/// Where the lexer goes on behind what it refused: strings are left as a whole.
uint32_t end_of_refused(std::string_view text, uint32_t begin, Span refused) {
  const size_t quote = text.substr(begin, 3).find_first_of("'\"");  // behind a prefix of two letters at most
  if (quote != std::string_view::npos && begin + quote < refused.end)
    return string_extent(text, begin + static_cast<uint32_t>(quote)).end;
  return std::max(refused.end, begin + 1);
}

/// Reads the text from token to token.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Piece> read() {
    std::vector<Piece> pieces;
    for (uint32_t begin = 0; begin < text_.size();) {
      if (is_blank(text_[begin])) {
        ++begin;
        continue;
      }
      pieces.push_back(piece(begin));
      begin = pieces.back().span.end;
    }
    return pieces;
  }

 private:
  Piece piece(uint32_t begin) const {
    if (decode(text_, begin).size == 0) return {{begin, end_of_invalid(begin)}, {}, HighlightKind::error};
    if (text_[begin] == '\\') return backslash(begin);
    Piece piece = text_[begin] == '#' ? comment(begin) : token(begin);
    const std::string_view bytes = text_.substr(begin, piece.span.end - begin);
    if (find_invalid_utf8(bytes) != bytes.size()) piece.fixed = HighlightKind::error;
    return piece;
  }

  uint32_t end_of_invalid(uint32_t begin) const {
    while (begin < text_.size() && decode(text_, begin).size == 0) ++begin;
    return begin;
  }

  Piece comment(uint32_t begin) const {
    const auto end = std::min(text_.find_first_of("\r\n", begin), text_.size());
    return {{begin, static_cast<uint32_t>(end)}, {}, HighlightKind::comment};
  }

  Piece backslash(uint32_t begin) const {
    const bool continues = begin + 1 < text_.size() && is_newline(text_[begin + 1]);
    return {{begin, begin + 1}, {}, continues ? HighlightKind::punctuation : HighlightKind::error};
  }

  Piece token(uint32_t begin) const {
    try {
      const Token token = scan_token(text_, begin);
      return {token.span, token.kind};
    } catch (const Error& refusal) {
      return {{begin, end_of_refused(text_, begin, refusal.span())}, {}, HighlightKind::error};
    }
  }

  std::string_view text_;
};

HighlightKind kind_of(TokenKind token) {
  switch (token) {
    case TokenKind::integer:
    case TokenKind::floating:
    case TokenKind::imaginary:
      return HighlightKind::number;
    case TokenKind::string:
      return HighlightKind::string;
    case TokenKind::keyword_true:
    case TokenKind::keyword_false:
    case TokenKind::keyword_none:
      return HighlightKind::constant;
    case TokenKind::left_parenthesis:
    case TokenKind::right_parenthesis:
    case TokenKind::left_bracket:
    case TokenKind::right_bracket:
    case TokenKind::left_brace:
    case TokenKind::right_brace:
      return HighlightKind::bracket;
    case TokenKind::comma:
    case TokenKind::colon:
    case TokenKind::semicolon:
    case TokenKind::dot:
    case TokenKind::ellipsis:
      return HighlightKind::punctuation;
    default:
      return token >= TokenKind::keyword_and ? HighlightKind::keyword : HighlightKind::operator_;
  }
}

/// What an unbound name means to the language.
HighlightKind meaning(std::string_view word) {
  if (find_function(word)) return HighlightKind::function;
  const auto value = meaning_of(word);
  if (!value) return HighlightKind::name;
  if (*value == WordKind::constant) return HighlightKind::constant;
  return *value == WordKind::dtype ? HighlightKind::dtype : HighlightKind::module;
}

HighlightKind member_of_module(std::string_view word) {
  if (word == "linalg") return HighlightKind::module;
  return is_module(word) ? HighlightKind::name : meaning(word);
}

HighlightKind member_of_array(std::string_view word) {
  if (find_method(word)) return HighlightKind::method;
  const auto attributes = array_attributes();
  const bool is_known =
      std::any_of(attributes.begin(), attributes.end(), [&](const AttributeInfo& a) { return a.name == word; });
  return is_known ? HighlightKind::attribute : HighlightKind::name;
}

/// Gives every piece its kind; a name's depends on its neighbours.
class Classifier {
 public:
  Classifier(std::string_view text, const std::vector<Piece>& pieces, const std::unordered_set<std::string>& bound)
      : text_(text), pieces_(pieces), bound_(bound) {}

  std::vector<Highlight> classify() {
    std::vector<Highlight> result;
    result.reserve(pieces_.size());
    for (size_t k = 0; k < pieces_.size(); ++k) {
      const Piece& piece = pieces_[k];
      const HighlightKind kind = piece.fixed ? *piece.fixed : kind_at(k);
      result.push_back({kind, piece.span});
      if (!is_skipped(piece)) remember(piece.token, kind);
    }
    return result;
  }

 private:
  static bool is_skipped(const Piece& piece) {
    return piece.fixed == HighlightKind::comment || piece.fixed == HighlightKind::punctuation;
  }

  HighlightKind kind_at(size_t k) const {
    return pieces_[k].token == TokenKind::name ? kind_of_name(k) : kind_of(pieces_[k].token);
  }

  HighlightKind kind_of_name(size_t k) const {
    const Span span = pieces_[k].span;
    const std::string word = normalised_name(text_.substr(span.begin, span.end - span.begin));
    if (previous_ == TokenKind::dot) return follows_module_ ? member_of_module(word) : member_of_array(word);
    const TokenKind next = token_after(k);
    const bool begins_argument = previous_ == TokenKind::left_parenthesis || previous_ == TokenKind::comma;
    if (depth_ > 0 && begins_argument && next == TokenKind::assign) return HighlightKind::parameter;
    const HighlightKind kind = meaning(word);
    const bool is_callable = kind == HighlightKind::function || kind == HighlightKind::dtype;
    const bool is_called = is_callable && next == TokenKind::left_parenthesis;
    return is_called || bound_.count(word) == 0 ? kind : HighlightKind::name;
  }

  /// The next token, comments and continued lines left out.
  TokenKind token_after(size_t k) const {
    do ++k;
    while (k < pieces_.size() && is_skipped(pieces_[k]));
    return k < pieces_.size() ? pieces_[k].token : TokenKind::end;
  }

  void remember(TokenKind token, HighlightKind kind) {
    if (token == TokenKind::left_parenthesis) ++depth_;
    if (token == TokenKind::right_parenthesis && depth_ > 0) --depth_;
    follows_module_ = kind == HighlightKind::module || (follows_module_ && token == TokenKind::dot);
    previous_ = token;
  }

  std::string_view text_;
  const std::vector<Piece>& pieces_;
  const std::unordered_set<std::string>& bound_;
  TokenKind previous_ = TokenKind::end;
  bool follows_module_ = false;  ///< the token before is a module, or a dot behind one
  size_t depth_ = 0;             ///< open parentheses
};

}  // namespace

std::vector<Highlight> highlight(std::string_view text, const std::unordered_set<std::string>& bound) {
  constexpr size_t most = std::numeric_limits<int32_t>::max();  // so that an int32_t counts the tokens
  if (text.size() > most)
    throw Error(ErrorCode::limit, fmt::format("the text has {} bytes, and {} are allowed", text.size(), most));
  const std::vector<Piece> pieces = Reader(text).read();
  return Classifier(text, pieces, bound).classify();
}

}  // namespace fuseval::frontend
