#include "frontend/diagnostic.hpp"

#include <doctest/doctest.h>

using namespace fuseval;
using namespace fuseval::frontend;

namespace {

struct Expected {
  uint32_t line;
  uint32_t column;
};

void check_place(std::string_view text, uint32_t offset, Expected expected) {
  CAPTURE(text);
  CAPTURE(offset);
  const Place place = place_of(text, offset);
  CHECK(place.line == expected.line);
  CHECK(place.column == expected.column);
}

std::string repeated(std::string_view text, int count) {
  std::string result;
  for (int k = 0; k < count; ++k) result += text;
  return result;
}

}  // namespace

TEST_CASE("places count lines and code points") {
  check_place("abc", 0, {1, 1});
  check_place("abc", 3, {1, 4});
  check_place("abc", 99, {1, 4});
  check_place("a\nb", 1, {1, 2});
  check_place("a\nb", 2, {2, 1});
  check_place("a\r\nb\rc", 3, {2, 1});
  check_place("a\r\nb\rc", 5, {3, 1});
  check_place("\u03b1\u03b2 + x", 4, {1, 3});
  check_place("\u03b1\u03b2 + x", 3, {1, 2});  // inside a character: that character
  check_place("\xff\xff+", 2, {1, 3});         // bytes that are no UTF-8 count one each
  check_place("", 0, {1, 1});
}

TEST_CASE("carets stand under the span") {
  CHECK(caret_picture("a + foo * b", {4, 7}) == "a + foo * b\n    ^~~");
  CHECK(caret_picture("a + b", {2, 3}) == "a + b\n  ^");
  CHECK(caret_picture("a +", {3, 3}) == "a +\n   ^");
  CHECK(caret_picture("a + b", {2, 2}) == "a + b\n  ^");
  CHECK(caret_picture("", {0, 0}) == "\n^");
  CHECK(caret_picture("ab", {7, 9}) == "ab\n  ^");
}

TEST_CASE("only the line in which the span begins is shown") {
  CHECK(caret_picture("first\nsecond + x\nthird", {6, 12}) == "second + x\n^~~~~~");
  CHECK(caret_picture("f(a,\n  b)", {1, 9}) == "f(a,\n ^~~");
  CHECK(caret_picture("a +\nb", {3, 4}) == "a +\n   ^");
  CHECK(caret_picture("a +\r\nb", {3, 5}) == "a +\n   ^");
  CHECK(caret_picture("a +\r\nb", {4, 5}) == "a +\n   ^");
}

TEST_CASE("tabs stay tabs, so that both lines move alike") {
  CHECK(caret_picture("\ta\t+ b", {5, 6}) == "\ta\t+ b\n\t \t  ^");
  CHECK(caret_picture("a\tb", {0, 3}) == "a\tb\n^~\t~");
  CHECK(caret_picture("a\tb", {1, 2}) == "a\tb\n ^");
}

TEST_CASE("wide characters take two columns, combining ones none") {
  CHECK(caret_picture("\u5909\u6570 + x", {9, 10}) == "\u5909\u6570 + x\n       ^");
  CHECK(caret_picture("\u5909\u6570 + x", {3, 6}) == "\u5909\u6570 + x\n  ^~");
  CHECK(caret_picture("e\u0301 + x", {6, 7}) == "e\u0301 + x\n    ^");
}

TEST_CASE("what a terminal would act on is not passed on") {
  CHECK(caret_picture("a\x1b[31m $", {7, 8}) == "a\uFFFD[31m $\n       ^");
  CHECK(caret_picture("\xff+", {0, 1}) == "\uFFFD+\n^");
  CHECK(caret_picture("a\u202eb", {4, 5}) == "a\uFFFDb\n  ^");
}

TEST_CASE("long lines are cut around the span") {
  const std::string text = repeated("a + ", 100) + "$" + repeated(" + b", 100);
  const std::string picture = caret_picture(text, {400, 401}, 40);
  CHECK(picture == "…a + a + a + $ + b + b + b + b + b + b …\n             ^");
  CHECK(caret_picture(text, {0, 1}, 20) == "a + a + a + a + a …\n^");
  CHECK(caret_picture(text, {800, 801}, 20) == "… b + b + b + b + b\n                  ^");
  CHECK(caret_picture(repeated("\u5909", 60) + "+$", {181, 182}, 40) ==
        "…" + repeated("\u5909", 18) + "+$\n" + repeated(" ", 38) + "^");
  CHECK(caret_picture(std::string(1 << 20, 'a'), {0, 1 << 20}, 20) == "aaaaaaaaaaaaaaaaaa…\n^" + std::string(17, '~'));
}

TEST_CASE("a line that fits is not cut") {
  const std::string text(98, 'a');
  CHECK(caret_picture(text, {97, 98}) == text + "\n" + std::string(97, ' ') + "^");
}

TEST_CASE("the nearest name") {
  const std::vector<std::string_view> names = {"arcsin", "arctan2", "cos",  "max", "maximum",
                                               "mean",   "sin",     "sqrt", "sum", "x"};
  CHECK(nearest("sqr", names) == "sqrt");
  CHECK(nearest("sqtr", names) == "sqrt");
  CHECK(nearest("maximun", names) == "maximum");
  CHECK(nearest("arctn2", names) == "arctan2");
  CHECK(nearest("Mean", names) == "mean");
  CHECK(nearest("X", names) == "x");
  CHECK(nearest("y", names) == "");
  CHECK(nearest("foo", names) == "");
  CHECK(nearest("temperature", names) == "");
  CHECK(nearest("", names) == "");
  CHECK(nearest(std::string(1 << 20, 's'), names) == "");
  CHECK(nearest("sin", {}) == "");
}
