// The real NVRTC, where one is installed: it needs no GPU.
#include "runtime/cuda/nvrtc.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "ir/error.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime::cuda;

namespace {

const std::string text = R"(struct Arguments { double* out; const double* in; unsigned long long n; };
extern "C" __global__ void __launch_bounds__(256) twice(const __grid_constant__ Arguments arguments) {
  const unsigned long long i = blockIdx.x * 256ull + threadIdx.x;
  if (i < arguments.n) arguments.out[i] = arguments.in[i] * 2.0;
}
)";
const std::vector<std::string> options = {"--std=c++17", "--fmad=false"};

/// nullptr where there is none: the test then says so and ends.
std::shared_ptr<const Nvrtc> installed() {
  NvrtcFound found = Nvrtc::find(0);
  if (!found.nvrtc) MESSAGE("skipped: " << found.reason);
  return found.nvrtc;
}

}  // namespace

TEST_CASE("NVRTC says its version, its file and its targets") {
  const auto nvrtc = installed();
  if (!nvrtc) return;
  CHECK(nvrtc->major() >= 11);
  CHECK(nvrtc->path().find("nvrtc") != std::string::npos);
  CHECK(std::is_sorted(nvrtc->archs().begin(), nvrtc->archs().end()));
  CHECK(nvrtc->archs().front() >= 70);
  CHECK(std::count(nvrtc->archs().begin(), nvrtc->archs().end(), 80) == 1);
}

TEST_CASE("a text is compiled to a cubin for every target, and to PTX") {
  const auto nvrtc = installed();
  if (!nvrtc) return;
  for (const int arch : nvrtc->archs()) {
    const auto compiled = nvrtc->compile(text, "twice", "sm_" + std::to_string(arch), options);
    CHECK(compiled.image.substr(0, 4) == "\177ELF");
    CHECK(compiled.image.find("twice") != std::string::npos);
    CHECK_FALSE(compiled.is_ptx);
  }
  const auto ptx = nvrtc->compile(text, "twice", "compute_80", options);
  CHECK(ptx.is_ptx);
  CHECK(ptx.image.find(".target sm_80") != std::string::npos);
  CHECK(ptx.image.find(".entry twice") != std::string::npos);
  CHECK(ptx.image.back() == '\0');
}

TEST_CASE("the report of registers and spills is in the log") {
  const auto nvrtc = installed();
  if (!nvrtc) return;
  const std::vector<std::string> verbose = {"--ptxas-options=-v"};
  CHECK(nvrtc->compile(text, "twice", "sm_80", verbose).log.find("registers") != std::string::npos);
}

TEST_CASE("errors name the text, the target, the line and the first error's words") {
  const auto nvrtc = installed();
  if (!nvrtc) return;
  const Error wrong = thrown(
      [&] { nvrtc->compile("\n\n__device__ int a = missing;\n__device__ int b = other;\n", "nest_7", "sm_80", {}); });
  CHECK(wrong.code() == ErrorCode::internal);
  CHECK(wrong.message() == "NVRTC " + nvrtc->version() +
                               " did not compile nest_7 for sm_80: identifier \"missing\" is undefined (line 3)");
  const Error target = thrown([&] { nvrtc->compile(text, "twice", "sm_20", {}); });
  CHECK(target.code() == ErrorCode::unsupported);
  CHECK(target.message().find("does not compile for sm_20, only for sm_") != std::string::npos);
  const std::vector<std::string> unknown = {"--no-such-option"};
  CHECK(thrown([&] { nvrtc->compile(text, "twice", "sm_80", unknown); }).code() == ErrorCode::internal);
}

TEST_CASE("threads compile side by side") {
  const auto nvrtc = installed();
  if (!nvrtc) return;
  const std::string expected = nvrtc->compile(text, "twice", "sm_80", options).image;
  std::vector<std::string> images(4);
  std::vector<std::thread> threads;
  for (std::string& image : images)
    threads.emplace_back([&] { image = nvrtc->compile(text, "twice", "sm_80", options).image; });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& image : images) CHECK(image == expected);
}

TEST_CASE("the first error is found in logs of the front end, of ptxas and of neither") {
  CHECK(first_error("k(3): warning: odd\nk(14): error: expected a \";\"\n\nk(15): error: more\n").line == 14);
  CHECK(first_error("k(3): warning #1: odd\nk(14): error: expected a \";\"\n").words == "expected a \";\"");
  CHECK(first_error("ptxas fatal   : x\nptxas error   : Entry function uses too much shared data").words ==
        "Entry function uses too much shared data");
  CHECK(first_error("something else\nand more").words == "something else");
  CHECK(first_error("").words.empty());
}
