// Golden CUDA texts of the usual nests, held in tests/golden. A missing reference fails; FUSEVAL_UPDATE_GOLDEN=1 writes
// what is now.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "sample_nests.hpp"

namespace fuseval::test {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return "(there is no " + path + ")";
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("golden CUDA texts") {
  const bool update = std::getenv("FUSEVAL_UPDATE_GOLDEN") != nullptr;
  const std::string chosen[] = {"linear",         "exp",      "laplacian",  "broadcast", "sum",
                                "sum_short_rows", "variance", "sum_columns"};
  for (const SampleNest& sample : sample_nests()) {
    if (std::find(std::begin(chosen), std::end(chosen), sample.name) == std::end(chosen)) continue;
    CAPTURE(sample.name);
    const std::string path = std::string(FUSEVAL_GOLDEN_FOLDER "/cuda_") + sample.name + ".txt";
    std::string now = codegen::cuda_kernel(sample.builder->nest, {"kernel", sample.variant}).text;
    // The prelude is in one of them.
    if (sample.name != chosen[0]) now.erase(0, now.find("// the nest"));
    if (update) std::ofstream(path, std::ios::binary) << now;
    CHECK(now == read(path));
  }
}

}  // namespace fuseval::test
