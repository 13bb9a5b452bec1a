#include "mutations.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace fuseval::fuzz {
namespace {

// Tokens that some stage treats on its own: operators, brackets, keywords, and numbers at the ends of their ranges.
const std::vector<std::string> odd_tokens = {"(",
                                             ")",
                                             "[",
                                             "]",
                                             "{",
                                             "}",
                                             ",",
                                             ":",
                                             "=",
                                             "==",
                                             ":=",
                                             ";",
                                             ".",
                                             "...",
                                             "+",
                                             "-",
                                             "*",
                                             "/",
                                             "//",
                                             "%",
                                             "@",
                                             "**",
                                             "~",
                                             "!",
                                             "&",
                                             "|",
                                             "^",
                                             "<<",
                                             ">>",
                                             "<",
                                             "<=",
                                             "!=",
                                             "->",
                                             "not",
                                             "and",
                                             "or",
                                             "if",
                                             "else",
                                             "in",
                                             "is",
                                             "for",
                                             "lambda",
                                             "None",
                                             "True",
                                             "False",
                                             "newaxis",
                                             "axis=",
                                             "dtype=",
                                             "keepdims=True",
                                             "where=",
                                             "initial=",
                                             "ddof=",
                                             "out=",
                                             "0",
                                             "1",
                                             "-1",
                                             "2",
                                             "3",
                                             "64",
                                             "65",
                                             "255",
                                             "256",
                                             "-129",
                                             "2147483648",
                                             "9223372036854775807",
                                             "9223372036854775808",
                                             "18446744073709551616",
                                             "1e400",
                                             "1e-400",
                                             "0.5",
                                             "-0.0",
                                             "inf",
                                             "nan",
                                             "2j",
                                             "0x",
                                             "1__0",
                                             "012",
                                             "'float32'",
                                             "'x'",
                                             "'",
                                             "\"\"\"",
                                             "#",
                                             "\n",
                                             "\t",
                                             "float32",
                                             "int8",
                                             "uint64",
                                             "bool",
                                             "complex64",
                                             "float16",
                                             "np.",
                                             "numpy.linalg.",
                                             ".T",
                                             ".shape[0]",
                                             ".sum()"};

const std::vector<std::string> odd_bytes = {
    "(",     ")",        "[",    "]",    "{",      "}",      ",",      ":",      "=",
    "==",    ":=",       ";",    ".",    "...",    "+",      "-",      "**",     "//",
    "~",     "!",        "&&",   "<>",   "\\",     "\n",     "\r\n",   "\t",     "#",
    "'",     "\"",       "'''",  "0x",   "1e",     "1_",     "\\u",    " if ",   " else ",
    " not ", " lambda ", "\xc3", "\xff", "\u201c", "\u2212", "\u5909", "\u202e", std::string(1, '\0')};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }

// Words with the blanks behind them, and single characters: closer than Python's tokens is not needed.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> tokens;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + 1;
    if (is_word(text[begin]))
      while (end < text.size() && is_word(text[end])) ++end;
    while (end < text.size() && text[end] == ' ') ++end;
    tokens.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return tokens;
}

std::string join(const std::vector<std::string>& tokens) {
  std::string text;
  for (const std::string& token : tokens) text += token;
  return text;
}

std::ptrdiff_t offset(size_t n) { return static_cast<std::ptrdiff_t>(n); }

}  // namespace

Mutator::Mutator(uint64_t seed, std::vector<std::string> programs, std::vector<std::string> names)
    : random_(seed), programs_(std::move(programs)), names_(std::move(names)) {}

std::string Mutator::token() {
  if (below(2) == 0) return names_[below(names_.size())] + (below(2) == 0 ? " " : "");
  return odd_tokens[below(odd_tokens.size())] + (below(2) == 0 ? " " : "");
}

std::string Mutator::tokens() {
  Tokens tokens = split(program());
  for (size_t k = below(4); k-- > 0;) change(tokens);
  return join(tokens);
}

void Mutator::change(Tokens& tokens) {
  if (tokens.empty()) return;
  const size_t at = below(tokens.size());
  switch (below(7)) {
    case 0:
      tokens.erase(tokens.begin() + offset(at));
      break;
    case 1:
      tokens[at] = token();
      break;
    case 2:
      tokens.insert(tokens.begin() + offset(at), token());
      break;
    case 3:
      tokens.insert(tokens.begin() + offset(at), tokens[below(tokens.size())]);
      break;
    case 4:
      std::swap(tokens[at], tokens[below(tokens.size())]);
      break;
    case 5:
      wrap(tokens);
      break;
    case 6:
      splice(tokens);
      break;
  }
}

/// Puts a span of tokens in brackets, often as the arguments of a call: most of the results are programs again.
void Mutator::wrap(Tokens& tokens) {
  const size_t begin = below(tokens.size());
  const size_t end = begin + 1 + below(tokens.size() - begin);
  tokens.insert(tokens.begin() + offset(end), ")");
  tokens.insert(tokens.begin() + offset(begin), below(3) == 0 ? "(" : names_[below(names_.size())] + "(");
}

void Mutator::splice(Tokens& tokens) {
  const Tokens other = split(program());
  const size_t begin = below(other.size());
  const size_t count = std::min<size_t>(other.size() - begin, 1 + below(8));
  tokens.insert(tokens.begin() + offset(below(tokens.size() + 1)), other.begin() + offset(begin),
                other.begin() + offset(begin + count));
}

std::string Mutator::bytes() {
  std::string text = program();
  for (size_t k = below(6); k-- > 0;) {
    const size_t at = below(text.size() + 1);
    switch (below(5)) {
      case 0:
        text.insert(at, odd_bytes[below(odd_bytes.size())]);
        break;
      case 1:
        text.erase(at, below(8));
        break;
      case 2:
        text.insert(at, program().substr(0, below(20)));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size() + 1), below(30)));
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
    }
  }
  return text;
}

std::string Mutator::noise() {
  constexpr std::string_view common = "ab01.,:()[]+-*/ =<>~'\"\n\te_";
  const bool any = below(2) == 0;
  std::string text;
  for (size_t k = below(200); k-- > 0;) text += any ? static_cast<char>(below(256)) : common[below(common.size())];
  return text;
}

}  // namespace fuseval::fuzz
