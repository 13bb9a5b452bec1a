#include "frontend/literals.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <string>

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

/// The value of a string literal that is the whole of `text`.
std::string value(std::string_view text) {
  const auto prefix = static_cast<uint32_t>(text.find_first_of("'\""));
  const Token token = scan_string(text, 0, prefix);
  CHECK(token.span == Span{0, static_cast<uint32_t>(text.size())});
  return string_value(text, token.span);
}

}  // namespace

TEST_CASE("floats are correctly rounded, as the C library reads them") {
  for (const char* text : {"0.1", "1e23", "8.5e22", "2.2250738585072011e-308", "4.9e-324", "1.7976931348623157e308",
                           "9007199254740993.0", "123456789.123456789e-30", ".5", "5."}) {
    CAPTURE(text);
    CHECK(number_value(text) == std::strtod(text, nullptr));
  }
  CHECK(number_value("1_0.2_5e1_0") == 10.25e10);
  CHECK(number_value("2.5j") == 2.5);
}

TEST_CASE("floats beyond the range") {
  CHECK(number_value("1e309") == HUGE_VAL);
  CHECK(number_value("1e-400") == 0);
  CHECK(number_value("1e99999999999999999999") == HUGE_VAL);
  CHECK(number_value("1e-99999999999999999999") == 0);
  CHECK(number_value("0e99999999999999999999") == 0);
  CHECK(number_value("0.0000001e-320") == 0);
  CHECK(number_value(std::string(400, '9') + ".5") == HUGE_VAL);
  CHECK(number_value("0." + std::string(400, '0') + "1e10") == 0);
  CHECK(number_value("0." + std::string(400, '0') + "1e401") == 1.0);
}

TEST_CASE("strings and their escapes") {
  CHECK(value("'abc'") == "abc");
  CHECK(value("\"it's\"") == "it's");
  CHECK(value("'a\\n\\t\\\\\\'\\\"\\a\\0'") == std::string("a\n\t\\'\"\a\0", 8));
  CHECK(value("'\\x41\\u00e9\\U0001F600\\101\\1018'") == "A\u00e9\U0001F600AA8");
  CHECK(value("'\\u5909'") == "\u5909");
  CHECK(value("'\\q\\d'") == "\\q\\d");
  CHECK(value("r'\\n'") == "\\n");
  CHECK(value("U'x'") == "x");
  CHECK(value("'a\\\nb'") == "ab");
  CHECK(value("'a\\\r\nb'") == "ab");
  CHECK(value("'''a'b\r\n\"c'''") == "a'b\n\"c");
  CHECK(value("''") == "");
  CHECK(value("''''''") == "");
}

TEST_CASE("strings that are refused") {
  for (const char* text : {"'", "'a", "\"a'", "'a\nb'", "'''a''", "'\\'", "'''\\'''"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(scan_string(text, 0, 0), Error);
  }
  for (const char* text : {"'\\x4'", "'\\u123'", "'\\U00110000'", "'\\ud800'", "'\\N{DIGIT ONE}'"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(value(text), Error);
  }
}
