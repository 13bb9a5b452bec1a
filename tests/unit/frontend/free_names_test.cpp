#include "frontend/free_names.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fuseval::frontend;

namespace {

std::string names_of(std::string_view text) {
  std::string joined;
  for (const FreeName& free : free_names(parse(text))) {
    joined += (joined.empty() ? "" : " ") + free.name;
    if (free.meaning == WordKind::constant) joined += ":constant";
    if (free.meaning == WordKind::dtype) joined += ":dtype";
    if (free.meaning == WordKind::module) joined += ":module";
  }
  return joined;
}

}  // namespace

TEST_CASE("free names, in the order in which the text shows them") {
  CHECK(names_of("1 + 2") == "");
  CHECK(names_of("a") == "a");
  CHECK(names_of("k*a + b - a") == "k a b");
  CHECK(names_of("x if c else y") == "x c y");
  CHECK(names_of("a[i:j], b") == "a i j b");
  CHECK(names_of("sum(a, axis=k, keepdims=True)") == "a k");
  CHECK(names_of("a.sum(axis=n) + b.T") == "a n b");
  CHECK(names_of("u <= v < w and not t") == "u v w t");
}

TEST_CASE("a binding would change what a constant, a dtype and a module are") {
  CHECK(names_of("e > m") == "e:constant m");
  CHECK(names_of("sin(pi*x) + nan + inf - euler_gamma") ==
        "pi:constant x nan:constant inf:constant euler_gamma:constant");
  CHECK(names_of("np.exp(e) + numpy.pi") == "np:module e:constant numpy:module");
  CHECK(names_of("a.astype(float32) + zeros(3, dtype=int)[newaxis]") == "a float32:dtype int:dtype newaxis:constant");
  CHECK(names_of("a[None], True, False, ...") == "a");  // words that nobody can bind
}

TEST_CASE("a function's name is free where it is no call") {
  CHECK(names_of("a - mean") == "a mean");
  CHECK(names_of("mean(a)") == "a");
  CHECK(names_of("mean(mean) + float32(float32)") == "mean float32:dtype");
  CHECK(names_of("gamma*x + nosuch(a)") == "gamma x a");
}

TEST_CASE("very many names are found quickly") {
  std::string text = "a0";
  for (int k = 1; k < 30'000; ++k) text += "+a" + std::to_string(k);
  CHECK(free_names(parse(text)).size() == 30'000);
}
