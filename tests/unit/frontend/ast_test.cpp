#include "frontend/ast.hpp"

#include <doctest/doctest.h>

using namespace fuseval::frontend;

TEST_CASE("a tree is printed a line a node, children below") {
  CHECK(print(parse("f(-a, k='x\\n')[1:, 2.5] if 0 < b <= 2j else None")) ==
        "conditional  [0, 48)\n"
        "  subscript  [0, 23)\n"
        "    call  [0, 14)\n"
        "      name f  [0, 1)\n"
        "      unary negative (-)  [2, 4)\n"
        "        name a  [3, 4)\n"
        "      keyword k  [6, 13)\n"
        "        string \"x\\n\"  [8, 13)\n"
        "    slice  [15, 17)\n"
        "      integer 1  [15, 16)\n"
        "      none  [17, 17)\n"
        "      none  [17, 17)\n"
        "    floating 2.5  [19, 22)\n"
        "  compare < <=  [27, 38)\n"
        "    integer 0  [27, 28)\n"
        "    name b  [31, 32)\n"
        "    imaginary 2j  [36, 38)\n"
        "  none  [44, 48)\n");
}

TEST_CASE("a deep tree is printed in bounded width") {
  std::string text = "a";
  for (int k = 0; k < 5'000; ++k) text += "+a";
  const std::string lines = print(parse(text));
  CHECK(lines.size() < 200 * 10'001);
  CHECK(lines.find("(level 5000) name a  [0, 1)") != lines.npos);
}

TEST_CASE("operators have names and spellings") {
  CHECK(name_of(Operator::floor_divide) == "floor_divide");
  CHECK(spelling_of(Operator::greater_equal) == ">=");
}
