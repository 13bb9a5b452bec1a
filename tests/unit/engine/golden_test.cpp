// Golden texts: graph, loop nests and LLVM code of a few programs, held in tests/golden. A missing reference fails;
// FUSEVAL_UPDATE_GOLDEN=1 writes what is now.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "codegen/llvm/kernel.hpp"
#include "engine/base/views.hpp"
#include "engine/call/explain.hpp"
#include "engine/plan/runtime.hpp"

using namespace fuseval;
using namespace fuseval::engine;

namespace {

struct Case {
  const char* file;
  const char* text;
};

// One fixed target, so that the texts do not depend on the machine.
codegen::TargetOptions fixed_target(int bits) {
  codegen::TargetOptions target;
  target.cpu = bits == 512 ? "skylake-avx512" : "haswell";
  target.vector_bits = bits;
  return target;
}

std::string all_stages(const char* text) {
  static double data[12];
  const int64_t matrix[] = {3, 4}, row[] = {4};
  const fv_view inputs[] = {{data, FV_FLOAT64, 2, matrix, nullptr, FV_DEVICE_CPU, 0, 0},
                            {data, FV_FLOAT32, 1, row, nullptr, FV_DEVICE_CPU, 0, 0}};
  std::string result = std::string(text) + "\n";
  for (const int bits : {512, 256}) {
    SessionOptions options;
    options.threads = 1;
    auto runtime = std::make_shared<Runtime>(options, fixed_target(bits));
    runtime->chains = {.tile_bytes = 256 << 10, .row_bytes = 512 << 10, .threads = 1};
    const Program program(runtime, text, {{"a", DType::float64, 2, false}, {"b", DType::float32, 1, false}});
    if (bits == 512)
      for (const char* stage : {"ast", "graph", "loops", "plan"})
        result += std::string("\n---- ") + stage + "\n" + explain(program, inputs, 2, stage);
    result += "\n---- llvm, " + std::to_string(bits) + " bits\n" + explain(program, inputs, 2, "llvm");
  }
  return result;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? text.str() : "(there is no " + path + ")";
}

}  // namespace

TEST_CASE("golden texts") {
  const Case cases[] = {
      {"elementwise", "2*a + 3*b"},
      {"stencil", "a[1:, 1:] - a[:-1, :-1]"},
      {"where", "where(a > b, a, -b)"},
      {"sum_rows", "sum(a*a, axis=1)"},
      {"sum_columns", "-sum(a, axis=0)"},
      {"rebroadcast", "a - mean(a, axis=1, keepdims=True)"},
      {"integers", "arange(10) // 3 + a.size"},
  };
  const bool update = std::getenv("FUSEVAL_UPDATE_GOLDEN") != nullptr;
  for (const Case& c : cases) {
    CAPTURE(c.file);
    const std::string path = std::string(FUSEVAL_GOLDEN_FOLDER "/") + c.file + ".txt";
    const std::string now = all_stages(c.text);
    if (update) std::ofstream(path, std::ios::binary) << now;
    CHECK(now == read(path));
  }
}
