#include "frontend/operator_help.hpp"

#include <fmt/format.h>

namespace fuseval::frontend {
namespace {

struct OperatorHelp {
  std::string_view sign;
  std::string_view written;
  std::string_view summary;
};

constexpr OperatorHelp operator_rows[] = {
    {"+", "a + b, +a", "the sum; as the functions add and positive"},
    {"-", "a - b, -a", "the difference, and the negative; as subtract and negative"},
    {"*", "a * b", "the product, element by element; as multiply"},
    {"/", "a / b", "the quotient, a float also of integers; as divide"},
    {"//", "a // b", "the quotient rounded down; as floor_divide"},
    {"%", "a % b", "the remainder, with the sign of b; as remainder"},
    {"**", "a ** b", "a to the power of b; -a**2 is -(a**2); as power"},
    {"&", "a & b", "bits that both have; binds tighter than comparisons: (a > 0) & (b > 0); as bitwise_and"},
    {"|", "a | b", "bits that either has; binds tighter than comparisons: (a > 0) | (b > 0); as bitwise_or"},
    {"^", "a ^ b", "bits that one of the two has, no power, which is a**b; as bitwise_xor"},
    {"~", "~a", "all bits reversed, and of bools the opposite; as invert"},
    {"<<", "a << b", "bits shifted to the left by b places; as left_shift"},
    {">>", "a >> b", "bits shifted to the right by b places; as right_shift"},
    {"==", "a == b", "whether they are equal; nothing equals nan; as equal"},
    {"!=", "a != b", "whether they differ; as not_equal"},
    {"<", "a < b, a < b <= c", "whether it is less; as less"},
    {"<=", "a <= b, a < b <= c", "whether it is less or equal; as less_equal"},
    {">", "a > b, a > b >= c", "whether it is greater; as greater"},
    {">=", "a >= b, a > b >= c", "whether it is greater or equal; as greater_equal"},
    {"and", "a and b", "of arrays, element by element: logical_and; of plain numbers, b is evaluated if a is true"},
    {"or", "a or b", "of arrays, element by element: logical_or; of plain numbers, b is evaluated if a is false"},
    {"not", "not a", "the opposite, element by element; as logical_not"},
    {"if", "a if c else b", "of an array c, element by element: where(c, a, b); else a or b alone is evaluated"},
    {"else", "a if c else b", "of an array c, element by element: where(c, a, b); else a or b alone is evaluated"},
    {"[]", "a[i, j], a[1:10:2], a[..., newaxis]",
     "elements and parts of an array, by integers, slices, ... and newaxis"},
    {":", "a[start:stop:step]", "within an index: the elements from start up to, but not including, stop"},
    {"...", "a[..., i]", "within an index: all of as many axes as are left over"},
    {",", "a, b", "several results, a tuple"},
    {".", "a.sum(), a.shape", "a method or an attribute of an array"},
};

}  // namespace

std::optional<std::string> operator_help(std::string_view sign) {
  for (const OperatorHelp& row : operator_rows)
    if (row.sign == sign) return fmt::format("{}\n  {}\n", row.written, row.summary);
  return std::nullopt;
}

}  // namespace fuseval::frontend
