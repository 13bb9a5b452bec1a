// The words and tokens of the language, for completion, help and highlighting.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuseval/error.hpp"
#include "fuseval/fuseval.h"

namespace fuseval {
inline namespace abi_0 {

enum class HintKind : std::int32_t {
  mask = FV_HINT_MASK,    ///< a comparison beside & or |, which bind tighter
  axis = FV_HINT_AXIS,    ///< max(a, 0), for maximum(a, 0)
  nan = FV_HINT_NAN,      ///< a == nan
  power = FV_HINT_POWER,  ///< x^2, for x**2
  comma = FV_HINT_COMMA,  ///< 3,5 * x, two results, for 3.5 * x
};

/// A likely mistake in a valid text, and its place.
struct Hint {
  HintKind kind;
  std::string message;
  std::uint32_t begin;  ///< bytes of the text
  std::uint32_t end;
  std::uint32_t line;  ///< from 1
  std::uint32_t column;
  std::string caret;  ///< the source line and carets below it
};

namespace detail {

template <class F>
std::vector<std::string> owned_names(F&& call) {
  fv_names* raw = nullptr;
  check([&](fv_error** error) { return call(&raw, error); });
  const Handle<fv_names, fv_names_release> names(raw);
  std::vector<std::string> result;
  for (std::int32_t k = 0; k < fv_names_count(raw); ++k) result.emplace_back(fv_names_get(raw, k));
  return result;
}

template <class F>
std::vector<Hint> owned_hints(F&& call) {
  fv_hints* raw = nullptr;
  check([&](fv_error** error) { return call(&raw, error); });
  const Handle<fv_hints, fv_hints_release> hints(raw);
  std::vector<Hint> result;
  for (std::int32_t k = 0; k < fv_hints_count(raw); ++k) {
    fv_hint hint{};
    hint.struct_size = sizeof hint;
    check([&](fv_error** error) { return fv_hints_get(raw, k, &hint, error); });
    result.push_back(
        {static_cast<HintKind>(hint.kind), hint.message, hint.begin, hint.end, hint.line, hint.column, hint.caret});
  }
  return result;
}

template <class F>
std::string owned_string(F&& call) {
  char* raw = nullptr;
  check([&](fv_error** error) { return call(&raw, error); });
  const Handle<char, fv_string_release> text(raw);
  return text.get();
}

}  // namespace detail

enum class WordKind : std::int32_t {
  function = FV_WORD_FUNCTION,
  method = FV_WORD_METHOD,
  attribute = FV_WORD_ATTRIBUTE,
  constant = FV_WORD_CONSTANT,
  dtype = FV_WORD_DTYPE,
  module = FV_WORD_MODULE,
};

/// A name of a text that a binding would change.
struct FreeName {
  std::string name;
  /// The meaning of the unbound name: a constant, a dtype or a module. Empty: the name must be bound.
  std::optional<WordKind> meaning;
};

enum class TokenKind : std::int32_t {
  number = FV_TOKEN_NUMBER,
  string = FV_TOKEN_STRING,
  name = FV_TOKEN_NAME,  ///< bound by the host, or unknown to the language
  function = FV_TOKEN_FUNCTION,
  method = FV_TOKEN_METHOD,
  attribute = FV_TOKEN_ATTRIBUTE,
  parameter = FV_TOKEN_PARAMETER,  ///< axis in sum(a, axis=0)
  constant = FV_TOKEN_CONSTANT,
  dtype = FV_TOKEN_DTYPE,
  module = FV_TOKEN_MODULE,
  keyword = FV_TOKEN_KEYWORD,
  operator_ = FV_TOKEN_OPERATOR,
  bracket = FV_TOKEN_BRACKET,
  punctuation = FV_TOKEN_PUNCTUATION,
  comment = FV_TOKEN_COMMENT,
  error = FV_TOKEN_ERROR,  ///< no token of the language
};

struct Token {
  TokenKind kind;
  std::uint32_t begin;  ///< bytes of the text
  std::uint32_t end;
};

/// The tokens of a text in their order, with what they mean, for highlighting. The text may be incomplete and wrong:
/// what is no token has the kind error, and the tokens behind it follow. bound: the names that the host binds
/// (fv_tokenize). Throws only for a text of 2 GiB and when memory runs out.
inline std::vector<Token> tokens(std::string_view text, const std::vector<std::string>& bound = {}) {
  std::vector<const char*> names;
  for (const std::string& name : bound) names.push_back(name.c_str());
  fv_tokens* raw = nullptr;
  detail::check([&](fv_error** error) {
    return fv_tokenize(text.data(), text.size(), names.data(), static_cast<std::int32_t>(names.size()), &raw, error);
  });
  const detail::Handle<fv_tokens, fv_tokens_release> owned(raw);
  const fv_token* const first = fv_tokens_data(raw);
  std::vector<Token> result;
  for (std::int32_t k = 0; k < fv_tokens_count(raw); ++k)
    result.push_back({static_cast<TokenKind>(first[k].kind), first[k].begin, first[k].end});
  return result;
}

/// What texts can use besides the names that are bound, sorted.
inline std::vector<std::string> words(WordKind kind) {
  return detail::owned_names(
      [&](fv_names** names, fv_error** error) { return fv_words(static_cast<std::int32_t>(kind), names, error); });
}

/// How a word is written, and in indented lines what it is; Error(FV_ERROR_UNKNOWN_FUNCTION) if there is no such word.
inline std::string help(const std::string& word) {
  return detail::owned_string([&](char** result, fv_error** error) { return fv_help(word.c_str(), result, error); });
}

}  // namespace abi_0
}  // namespace fuseval
