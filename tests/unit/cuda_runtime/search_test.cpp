// The order in which libraries are searched. The fake driver's file stands for them: copies under other names.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "runtime/cuda/library_search.hpp"
#include "runtime/cuda/python_folders.hpp"
#include "tests/unit/environment_variables.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace fuseval::runtime::cuda;
namespace fs = std::filesystem;

namespace {

const std::string packages = "venv/lib/python3.12/site-packages";

std::string put(const TemporaryFolder& folder, const std::string& path) {
  fs::create_directories(fs::path(folder.path(path)).parent_path());
  fs::copy_file(FUSEVAL_FAKE_DRIVER, folder.path(path));
  return folder.path(path);
}

LibrarySearch search_for(std::vector<std::string> names) {
  return {.variable = "FUSEVAL_TEST_LIBRARY",
          .names = std::move(names),
          .wheel_folders = {"nvidia/cu13/lib", "nvidia/cuda_nvrtc/lib"},
          .in_toolkits = true,
          .folders = {}};
}

}  // namespace

TEST_CASE("libraries: the first place that has one, in the documented order") {
  const TemporaryFolder folder;
  EnvironmentVariables variables;
  variables.set("VIRTUAL_ENV", folder.path("venv"));
  variables.set("PYTHONPATH", folder.path("pythonpath") + "::" + folder.path("missing"));
  variables.set("CONDA_PREFIX", folder.path("conda"));
  variables.set("CUDA_HOME", folder.path("home"));
  variables.set("CUDA_PATH", folder.path("path"));
  const LibrarySearch search = search_for({"libfuseval-test.so.2", "libfuseval-test.so.1"});
  const std::vector<std::string> order = {
      put(folder, packages + "/nvidia/cu13/lib/libfuseval-test.so.2"),
      put(folder, packages + "/nvidia/cu13/lib/libfuseval-test.so.1"),
      put(folder, packages + "/nvidia/cuda_nvrtc/lib/libfuseval-test.so.2"),
      put(folder, "pythonpath/nvidia/cuda_nvrtc/lib/libfuseval-test.so.1"),
      put(folder, "conda/lib/libfuseval-test.so.1"),
      put(folder, "home/lib64/libfuseval-test.so.1"),
      put(folder, "home/targets/x86_64-linux/lib/libfuseval-test.so.2"),
      put(folder, "path/lib64/libfuseval-test.so.2"),
  };
  for (const std::string& expected : order) {
    const LibraryFound found = find_library(search);
    REQUIRE(found.library);
    CHECK(fs::canonical(found.library->path()) == fs::canonical(expected));
    CHECK(found.library->symbol("cuInit") != nullptr);
    CHECK(found.library->symbol("cuInitialise") == nullptr);
    fs::remove(expected);
  }
  const std::string reason = find_library(search).reason;
  CHECK(reason.starts_with("libfuseval-test.so.2, libfuseval-test.so.1 was not found (looked in "));
  for (const char* place : {"Python's packages", "conda/lib", "the system's library path", "home/lib64", "path/lib64"})
    CHECK_MESSAGE(reason.find(place) != std::string::npos, reason);
}

TEST_CASE("libraries: the variable is the only place when it is set") {
  const TemporaryFolder folder;
  EnvironmentVariables variables;
  variables.set("CONDA_PREFIX", folder.path("conda"));
  put(folder, "conda/lib/libfuseval-only.so.1");
  const std::string own = put(folder, "own.so");
  variables.set("FUSEVAL_TEST_LIBRARY", own);
  CHECK(find_library(search_for({"libfuseval-only.so.1"})).library->path() == own);
  variables.set("FUSEVAL_TEST_LIBRARY", folder.path("none.so"));
  const LibraryFound found = find_library(search_for({"libfuseval-only.so.1"}));
  CHECK(!found.library);
  CHECK(found.reason.starts_with("FUSEVAL_TEST_LIBRARY=" + folder.path("none.so") + " cannot be loaded: "));
}

TEST_CASE("libraries: one that the process has loaded is used before others are looked for") {
  const TemporaryFolder folder;
  EnvironmentVariables variables;
  variables.set("CONDA_PREFIX", folder.path("conda"));
  put(folder, "conda/lib/libm.so.6");
  CHECK(find_library(search_for({"libm.so.6"})).library->path().find(folder.path("conda")) == std::string::npos);
}

TEST_CASE("libraries: a file that is none is passed over, and named") {
  const TemporaryFolder folder;
  EnvironmentVariables variables;
  variables.set("CONDA_PREFIX", folder.path("conda"));
  variables.set("CUDA_HOME", folder.path("home"));
  fs::create_directories(folder.path("conda/lib"));
  const std::string broken = folder.write("conda/lib/libfuseval-broken.so.1", "text");
  const LibraryFound none = find_library(search_for({"libfuseval-broken.so.1"}));
  CHECK(!none.library);
  CHECK_MESSAGE(none.reason.find(broken) != std::string::npos, none.reason);
  const std::string good = put(folder, "home/lib64/libfuseval-broken.so.1");
  CHECK(find_library(search_for({"libfuseval-broken.so.1"})).library->path() == good);
}

TEST_CASE("Python's folders: the environment first, the newest Python first, each once") {
  const TemporaryFolder folder;
  EnvironmentVariables variables;
  for (const char* version : {"python3.9", "python3.12", "python3.10"})
    fs::create_directories(folder.path(std::string("venv/lib/") + version + "/site-packages"));
  variables.set("VIRTUAL_ENV", folder.path("venv"));
  variables.set("PYTHONPATH", folder.path("venv/lib/python3.10/site-packages"));
  const std::vector<std::string> found = python_folders();
  REQUIRE(found.size() >= 3);
  CHECK(found[0] == folder.path("venv/lib/python3.12/site-packages"));
  CHECK(found[1] == folder.path("venv/lib/python3.10/site-packages"));
  CHECK(found[2] == folder.path("venv/lib/python3.9/site-packages"));
  CHECK(std::count(found.begin(), found.end(), found[1]) == 1);
}
