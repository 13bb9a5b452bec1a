// Texts that are deep, long or wide, at the limits and far beyond them.
#include <doctest/doctest.h>

#include "front_end.hpp"
#include "tests/unit/frontend/bind_fixture.hpp"

using namespace fuseval;
using namespace fuseval::fuzz;

namespace {

constexpr size_t text_limit = frontend::Limits{}.text_bytes;

std::string repeated(std::string_view text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  while (count-- > 0) result += text;
  return result;
}

Answer checked(const std::string& text, const std::vector<frontend::InputInfo>& inputs) {
  Watchdog watchdog;
  watchdog.watch(text);
  const Answer answer = answer_to(text, inputs);
  CAPTURE(text.substr(0, 60));
  CAPTURE(text.size());
  CHECK(answer.fault == "");
  return answer;
}

Answer checked(const std::string& text) { return checked(text, frontend::testing::standard_inputs()); }

struct Nest {
  const char* open;
  const char* close;
};

// One level of each kind that counts as depth, over what stands inside it.
constexpr Nest nests[] = {{"(", ")"},
                          {"-", ""},
                          {"~", ""},
                          {"not ", ""},
                          {"a if q else ", ""},
                          {"x**", ""},
                          {"a + (", ")"},
                          {"abs(", ")"},
                          {"sum((", ",))"},
                          {"a[", "]"},
                          {"where(m, a, ", ")"},
                          {"max(a, initial=", ")"},
                          {"-(", ")[None]"},
                          {"a[..., ", ":]"},
                          {"abs(a)[a.ndim + ", "]"}};
constexpr Nest only_opened[] = {{"[", "]"}, {"{", "}"}, {"lambda x: ", ""}, {"f(a=", ")"}, {"a[b:", "]"}};

std::string nested(const Nest& nest, size_t depth, bool closes = true) {
  return repeated(nest.open, depth) + "a" + (closes ? repeated(nest.close, depth) : "");
}

std::string sum_of(size_t terms) { return "a" + repeated(" + a*2.5", terms - 1); }

std::vector<frontend::InputInfo> scalars(size_t count) {
  std::vector<frontend::InputInfo> inputs;
  for (size_t k = 0; k < count; ++k)
    inputs.push_back(frontend::testing::array("v" + std::to_string(k), DType::float64, {3}));
  return inputs;
}

std::string sum_of(const std::vector<frontend::InputInfo>& inputs) {
  std::string text;
  for (const auto& input : inputs) text += (text.empty() ? "" : " + ") + input.name;
  return text;
}

}  // namespace

TEST_CASE("nests at the limit of depth and far beyond it") {
  for (const Nest& nest : nests)
    for (const size_t depth : {50, 99, 100, 101, 199, 200, 201, 10'000}) {
      const Answer whole = checked(nested(nest, depth));
      if (depth > 200) CHECK(whole.code == ErrorCode::limit);
      if (depth < 99) CHECK(whole.code != ErrorCode::limit);
      checked(nested(nest, depth, false));
    }
  for (const Nest& nest : only_opened)
    for (const size_t depth : {199, 201, 10'000}) {
      checked(nested(nest, depth));
      checked(nested(nest, depth, false));
    }
  CHECK(checked(nested({"(", ")"}, 200)).stage == Stage::planned);
  CHECK(checked(nested({"abs(", ")"}, 200)).stage == Stage::planned);
  CHECK(checked(nested({"-", ""}, 200)).stage == Stage::planned);
}

TEST_CASE("texts of a megabyte") {
  for (const char* piece : {" ",    "\n",
                            "a",    "1",
                            "(",    ")",
                            "[",    "-",
                            "+",    ".",
                            ",",    "#",
                            "'",    "\"",
                            "\\\n", "a+",
                            "a,",   "a*(",
                            "a.T.", "a[",
                            "a\n",  "\t\n",
                            "1,",   "0x1",
                            "1_",   "é",
                            "\xff", "\xf0\x9f\x98\x80",
                            "'a'",  "a if a else ",
                            "a<",   "a and ",
                            "f(",   "f()",
                            "a=1,", "...,",
                            ":",    "'\\N",
                            "\r",   "not ",
                            "**",   "a;",
                            "{"}) {
    const size_t size = std::string_view(piece).size();
    checked(repeated(piece, text_limit / size));
    checked("a" + repeated(piece, (text_limit - 2) / size) + "a");
  }
  CHECK(checked(repeated(" ", text_limit) + "a").code == ErrorCode::limit);
  CHECK(checked(repeated(" ", text_limit - 1) + "a").stage == Stage::planned);
  CHECK(checked("a" + repeated(" ", text_limit - 1)).stage == Stage::planned);
  CHECK(checked("a" + repeated(".T", 90'000)).stage == Stage::planned);
  CHECK(checked("a" + repeated("[::-1]", 14'000)).stage == Stage::planned);
}

TEST_CASE("long sums, many results") {
  for (const size_t terms : {1000, 5000}) CHECK(checked(sum_of(terms)).stage == Stage::planned);
  CHECK(checked("a" + repeated(" < a", 5000)).stage == Stage::planned);
  CHECK(checked("a" + repeated(" and m", 5000)).stage == Stage::planned);
  CHECK(checked("a" + repeated(", a + 1", 1000)).stage == Stage::planned);
  CHECK(checked("sum(a)" + repeated(" + sum(a*x)", 1000)).stage == Stage::planned);
  CHECK(checked("a" + repeated(" + a*(3**2583 % 7**1400 % 99)", 1000)).stage == Stage::planned);
  CHECK(checked("0" + repeated(" + 3**2583 // 7**1400 % 99", 3000)).stage == Stage::planned);
  CHECK(checked(sum_of(60'000)).code == ErrorCode::limit);
}

TEST_CASE("as many operands and dimensions as there may be, and one more") {
  CHECK(checked(sum_of(scalars(1024)), scalars(1024)).stage == Stage::planned);
  CHECK(checked(sum_of(scalars(1025)), scalars(1025)).code == ErrorCode::limit);
  CHECK(checked("v7 + v1", scalars(1025)).stage == Stage::planned);
  CHECK(checked("s" + repeated("[None]", 64)).stage == Stage::planned);
  CHECK(checked("s" + repeated("[None]", 65)).code == ErrorCode::limit);
  CHECK(checked("s[" + repeated("None,", 64) + "]").stage == Stage::planned);
  CHECK(checked("s[" + repeated("None,", 65) + "]").code == ErrorCode::limit);
  CHECK(checked("ones((" + repeated("1,", 65) + "))").code == ErrorCode::limit);
  CHECK(checked("reshape(s, (" + repeated("1,", 65) + "))").code == ErrorCode::limit);
}
