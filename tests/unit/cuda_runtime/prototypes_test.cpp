// The hand-written declarations against the toolkit's headers, where they are installed.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "runtime/environment.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace {

std::string toolkit_headers() {
  using fuseval::runtime::environment;
  for (const std::string& home : {environment("CUDA_HOME"), environment("CUDA_PATH"), std::string("/usr/local/cuda")})
    if (!home.empty() && access((home + "/include/cuda.h").c_str(), R_OK) == 0 &&
        access((home + "/include/nvrtc.h").c_str(), R_OK) == 0)
      return home + "/include";
  return "";
}

/// Whether toolkit/prototypes.cpp compiles, with `first` searched for headers before the sources.
bool compiles(const std::string& first, const std::string& headers) {
  return std::system(fmt::format("{} -std=c++20 -fsyntax-only -I'{}' -I'{}' -isystem '{}' '{}' >/dev/null 2>&1",
                                 FUSEVAL_CXX, first, FUSEVAL_SOURCE_FOLDER, headers,
                                 FUSEVAL_SOURCE_FOLDER "/tests/unit/cuda_runtime/toolkit/prototypes.cpp")
                         .c_str()) == 0;
}

/// The header of ours with `from` turned into `to`, in a folder that is searched first.
bool compiles_with(const std::string& header, const std::string& from, const std::string& to,
                   const std::string& headers) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path("runtime/cuda"));
  std::ifstream source(FUSEVAL_SOURCE_FOLDER "/runtime/cuda/" + header);
  std::string text{std::istreambuf_iterator<char>(source), {}};
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  folder.write("runtime/cuda/" + header, text.replace(at, from.size(), to));
  return compiles(folder.path(""), headers);
}

}  // namespace

TEST_CASE("declarations agree with cuda.h and nvrtc.h, and a wrong one would not") {
  const std::string headers = toolkit_headers();
  if (headers.empty()) {
    MESSAGE("skipped: no cuda.h and nvrtc.h in $CUDA_HOME, $CUDA_PATH or /usr/local/cuda");
    return;
  }
  CHECK(compiles(FUSEVAL_SOURCE_FOLDER, headers));
  const auto driver = [&](const char* from, const char* to) {
    return compiles_with("driver_api.hpp", from, to, headers);
  };
  CHECK_FALSE(driver("cuMemAlloc_v2, Result(DevicePointer* pointer, size_t",
                     "cuMemAlloc_v2, Result(DevicePointer* pointer, unsigned"));
  CHECK_FALSE(driver("cuStreamDestroy_v2", "cuStreamDestroy"));
  CHECK_FALSE(driver("no_binary_for_gpu = 209", "no_binary_for_gpu = 208"));
  CHECK_FALSE(driver("unsigned short usage", "unsigned usage"));
  CHECK_FALSE(
      compiles_with("nvrtc_api.hpp", "NvrtcProgram program, char* ptx", "NvrtcProgram* program, char* ptx", headers));
}
