#include "frontend/literals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "frontend/unicode.hpp"

namespace fuseval::frontend {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/// Python lets these follow a number without a blank ("1if x else 2").
bool may_follow_number(std::string_view word) {
  constexpr std::array<std::string_view, 8> keywords = {"and", "else", "for", "if", "in", "is", "not", "or"};
  return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

class NumberScanner {
 public:
  NumberScanner(std::string_view source, uint32_t begin) : source_(source), begin_(begin), position_(begin) {}

  Token scan() {
    if (peek() == '0' && base_of(peek(1)) != 0) return scan_prefixed(base_of(peek(1)));
    TokenKind kind = TokenKind::integer;
    if (is_digit(peek())) digits();
    const uint32_t whole_end = position_;
    if (peek() == '.') {
      kind = TokenKind::floating;
      ++position_;
      if (is_digit(peek())) digits();
    }
    if (exponent()) kind = TokenKind::floating;
    if ((peek() | 0x20) == 'j') {
      kind = TokenKind::imaginary;
      ++position_;
    }
    check_end();
    if (kind == TokenKind::integer) check_leading_zeros(whole_end);
    return {kind, {begin_, position_}};
  }

 private:
  char peek(uint32_t ahead = 0) const { return position_ + ahead < source_.size() ? source_[position_ + ahead] : '\0'; }

  static int base_of(char c) {
    switch (c | 0x20) {
      case 'x':
        return 16;
      case 'o':
        return 8;
      case 'b':
        return 2;
    }
    return 0;
  }

  void digits(int base = 10) {
    for (;;) {
      while (digit_value(peek()) < base) ++position_;
      if (peek() != '_') return;
      if (digit_value(peek(1)) >= base) fail("an underscore must stand between two digits");
      ++position_;
    }
  }

  Token scan_prefixed(int base) {
    const char* name = base == 16 ? "hexadecimal" : base == 8 ? "octal" : "binary";
    position_ += 2;
    if (peek() == '_') ++position_;
    if (digit_value(peek()) < base) digits(base);
    if (position_ - begin_ == 2 || source_[position_ - 1] == '_' || is_digit(peek())) {
      const std::string prefix(source_.substr(begin_, 2));
      if (is_digit(peek())) fail(fmt::format("'{}' is not {} digit", peek(), base == 8 ? "an octal" : "a binary"));
      fail(fmt::format("{} digits are expected after '{}'", name, prefix));
    }
    check_end();
    return {TokenKind::integer, {begin_, position_}};
  }

  bool exponent() {
    if ((peek() | 0x20) != 'e') return false;
    const bool has_sign = peek(1) == '+' || peek(1) == '-';
    if (!is_digit(peek(has_sign ? 2 : 1))) {
      // "1else" is a number and a keyword; all else wanted an exponent.
      if (may_follow_number(word())) return false;
      position_ += has_sign ? 2 : 1;
      fail("digits are expected in the exponent");
    }
    position_ += has_sign ? 2 : 1;
    digits();
    return true;
  }

  /// The name that stands at the position.
  std::string_view word() const {
    uint32_t end = position_;
    while (end < source_.size()) {
      const CodePoint c = decode(source_, end);
      if (c.size == 0 || !is_name_continue(c.value)) break;
      end += c.size;
    }
    return source_.substr(position_, end - position_);
  }

  void check_end() {
    const std::string_view rest = word();
    if (rest.empty() || may_follow_number(rest)) return;
    if (rest[0] == '_') fail("an underscore must stand between two digits");
    fail(fmt::format("'{}' cannot follow a number (a product needs '*')", shortened(rest)));
  }

  void check_leading_zeros(uint32_t end) {
    const std::string_view number = source_.substr(begin_, end - begin_);
    if (number[0] != '0' || number.find_first_not_of("0_") == number.npos) return;
    fail("leading zeros are not allowed in a decimal integer (octal is written 0o…)");
  }

  [[noreturn]] void fail(const std::string& reason) {
    position_ += static_cast<uint32_t>(word().size());
    const std::string literal = shortened(source_.substr(begin_, position_ - begin_));
    throw Error(ErrorCode::syntax, fmt::format("invalid number '{}': {}", literal, reason), {begin_, position_});
  }

  std::string_view source_;
  uint32_t begin_;
  uint32_t position_;
};

/// from_chars leaves the value alone when it is out of range; the decimal exponent of the first digit that is not zero
/// tells overflow from underflow.
double out_of_range_value(std::string_view digits) {
  const size_t exponent_at = digits.find_first_of("eE");
  const std::string_view mantissa = digits.substr(0, exponent_at);
  int64_t exponent = 0;
  if (exponent_at != digits.npos) {
    std::string_view text = digits.substr(exponent_at + 1);
    const bool negative = text[0] == '-';
    if (text[0] == '+' || negative) text.remove_prefix(1);
    if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc()) exponent = INT64_MAX / 2;
    if (negative) exponent = -exponent;
  }
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  const size_t leading = mantissa.find_first_not_of("0.");
  if (leading == mantissa.npos) return 0.0;
  const int64_t magnitude = static_cast<int64_t>(point) - static_cast<int64_t>(leading);
  return exponent + magnitude > 0 ? std::numeric_limits<double>::infinity() : 0.0;
}

/// Resolves escapes of a string whose text between the quotes is [position, end).
class StringReader {
 public:
  StringReader(std::string_view source, uint32_t position, uint32_t end)
      : source_(source), position_(position), end_(end) {}

  std::string read(bool is_raw) {
    while (position_ < end_) {
      const char c = source_[position_];
      if (c == '\\' && !is_raw) {
        escape();
      } else if (c == '\r') {
        newline();
      } else {
        value_ += c;
        ++position_;
      }
    }
    return std::move(value_);
  }

 private:
  /// Every line end in a text is '\n' to Python.
  void newline() {
    position_ += position_ + 1 < end_ && source_[position_ + 1] == '\n' ? 2 : 1;
    value_ += '\n';
  }

  void escape() {
    const uint32_t begin = position_++;
    const char c = source_[position_++];
    constexpr std::string_view letters = "\\'\"abfnrtv";
    constexpr std::string_view values = "\\'\"\a\b\f\n\r\t\v";
    if (const size_t k = letters.find(c); k != letters.npos) {
      value_ += values[k];
    } else if (c >= '0' && c <= '7') {
      octal(c);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      hexadecimal(begin, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c == 'N') {
      throw Error(ErrorCode::syntax, "characters by name (\\N{…}) are not available in strings", {begin, position_});
    } else if (c == '\r') {
      if (position_ < end_ && source_[position_] == '\n') ++position_;
    } else if (c != '\n') {
      value_ += '\\';
      --position_;
    }
  }

  void octal(char first) {
    char32_t code = static_cast<char32_t>(first - '0');
    for (int k = 0; k < 2 && position_ < end_ && source_[position_] >= '0' && source_[position_] <= '7'; ++k) {
      code = code * 8 + static_cast<char32_t>(source_[position_++] - '0');
    }
    append_utf8(value_, code);
  }

  void hexadecimal(uint32_t begin, int count) {
    char32_t code = 0;
    for (int k = 0; k < count; ++k, ++position_) {
      const int digit = position_ < end_ ? digit_value(source_[position_]) : 99;
      if (digit > 15) {
        throw Error(ErrorCode::syntax,
                    fmt::format("the escape '\\{}' needs {} hexadecimal digits", source_[begin + 1], count),
                    {begin, position_});
      }
      code = code << 4 | static_cast<char32_t>(digit);
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw Error(ErrorCode::syntax, "the escape is not a Unicode character", {begin, position_});
    }
    append_utf8(value_, code);
  }

  std::string_view source_;
  uint32_t position_;
  uint32_t end_;
  std::string value_;
};

uint32_t quote_size(std::string_view source, uint32_t quote) {
  const std::string_view rest = source.substr(quote);
  return rest.starts_with("\"\"\"") || rest.starts_with("'''") ? 3 : 1;
}

}  // namespace

Token scan_number(std::string_view source, uint32_t begin) { return NumberScanner(source, begin).scan(); }

double number_value(std::string_view literal) {
  std::string digits(literal);
  std::erase(digits, '_');
  if (digits.back() == 'j' || digits.back() == 'J') digits.pop_back();
  double value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return result.ec == std::errc::result_out_of_range ? out_of_range_value(digits) : value;
}

StringExtent string_extent(std::string_view source, uint32_t quote) {
  const uint32_t size = quote_size(source, quote);
  const std::string_view closing = source.substr(quote, size);
  uint32_t position = quote + size;
  while (position < source.size() && !source.substr(position).starts_with(closing)) {
    const char c = source[position];
    if (size == 1 && (c == '\n' || c == '\r')) break;
    position += c == '\\' && position + 1 < source.size() ? 2 : 1;
    if (c == '\\' && source.substr(position - 1).starts_with("\r\n")) ++position;
  }
  const bool is_closed = source.substr(position).starts_with(closing);
  return {is_closed ? position + size : position, is_closed};
}

Token scan_string(std::string_view source, uint32_t begin, uint32_t prefix) {
  const uint32_t quote = begin + prefix;
  const StringExtent extent = string_extent(source, quote);
  if (extent.is_closed) return {TokenKind::string, {begin, extent.end}};
  const uint32_t size = quote_size(source, quote);
  throw Error(ErrorCode::syntax, fmt::format("this string is never closed: {} is missing", source.substr(quote, size)),
              {begin, quote + size});
}

std::string string_value(std::string_view source, Span literal) {
  const uint32_t quote = static_cast<uint32_t>(source.find_first_of("'\"", literal.begin));
  const bool is_raw = source.substr(literal.begin, quote - literal.begin).find_first_of("rR") != source.npos;
  const uint32_t size = quote_size(source, quote);
  return StringReader(source, quote + size, literal.end - size).read(is_raw);
}

}  // namespace fuseval::frontend
