// Random expressions, and the trees that CPython's own parser makes of them.
#include <doctest/doctest.h>

#include "sexpr.hpp"

using namespace fuseval::frontend;

namespace {

struct Sample {
  std::string_view text;
  std::string_view tree;  ///< "": CPython has a syntax error
};

constexpr Sample corpus[] = {
#include "python_corpus.inc"
};

}  // namespace

TEST_CASE("trees are CPython's, and what CPython refuses is refused") {
  int accepted = 0;
  for (const Sample& sample : corpus) {
    CAPTURE(sample.text);
    const std::string tree = sexpr(sample.text);
    if (sample.tree.empty()) {
      CHECK(tree.starts_with("error: "));
    } else {
      CHECK(tree == sample.tree);
      ++accepted;
    }
  }
  CHECK(accepted >= 500);
}
