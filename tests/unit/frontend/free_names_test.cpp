#include "frontend/free_names.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fuseval::frontend;

namespace {

std::string names_of(std::string_view text) {
  std::string joined;
  for (const std::string& name : free_names(parse(text))) joined += (joined.empty() ? "" : " ") + name;
  return joined;
}

}  // namespace

TEST_CASE("free names, in the order in which the text shows them") {
  CHECK(names_of("1 + 2") == "");
  CHECK(names_of("a") == "a");
  CHECK(names_of("k*a + b - a") == "k a b");
  CHECK(names_of("x if c else y") == "x c y");
  CHECK(names_of("a[i:j, newaxis], b") == "a i j b");
  CHECK(names_of("sum(a, axis=k, keepdims=True)") == "a k");
  CHECK(names_of("a.sum(axis=n) + b.T") == "a n b");
  CHECK(names_of("u <= v < w and not t") == "u v w t");
}

TEST_CASE("the language's own names are not free") {
  CHECK(names_of("sin(pi*x) + np.exp(e) + numpy.pi + nan + inf") == "x");
  CHECK(names_of("a.astype(float32) + zeros(3, dtype=int8)") == "a");
  CHECK(names_of("nosuch(a)") == "a");  // a callee is no input, known or not
}

TEST_CASE("very many names are found quickly") {
  std::string text = "a0";
  for (int k = 1; k < 30'000; ++k) text += "+a" + std::to_string(k);
  CHECK(free_names(parse(text)).size() == 30'000);
}
