// Inputs that are mapped files: a file that shrinks while it is bound is an error, not the end of the process.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "support.hpp"

using namespace engine_test;

namespace {

constexpr std::int64_t count = 1 << 18;  // 2 MiB: several hundred pages

/// A .npy file of count doubles, all 1, removed at the end.
class File {
 public:
  File() : path_(std::filesystem::temp_directory_path() / ("fuseval_mapped_" + std::to_string(getpid()) + ".npy")) {
    fuseval::save(path_.string(), std::vector<double>(count, 1));
  }
  ~File() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }
  void shrink(std::uintmax_t bytes) const { std::filesystem::resize_file(path_, bytes); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a mapped file is read in place") {
  const File file;
  const fuseval::NpyFile mapped(file.path()), copied(file.path(), true);
  CHECK((mapped.view().raw().flags & FV_VIEW_MAPPED) != 0);
  CHECK((mapped.view().raw().flags & FV_VIEW_READONLY) != 0);
  CHECK((copied.view().raw().flags & FV_VIEW_MAPPED) == 0);
  CHECK(fuseval::evaluate("sum(a)", {{"a", mapped}}).item<double>() == count);
  CHECK(fuseval::evaluate("sum(a)", {{"a", copied}}).item<double>() == count);
  std::vector<double> out(count);
  fuseval::evaluate("a + b", {{"a", mapped}, {"b", copied}}, fuseval::into(out));
  CHECK(out[count - 1] == 2);
}

TEST_CASE("a file that shrinks is a file error, every time, and leaves other inputs usable") {
  struct sigaction before {};
  sigaction(SIGBUS, nullptr, &before);
  for (const char* text : {"sum(a)", "a*2", "a - mean(a)", "max(a) + sum(b)"}) {
    CAPTURE(std::string(text));
    const File file;
    const fuseval::NpyFile mapped(file.path()), copied(file.path(), true);
    const std::vector<double> b(100, 1);
    const fuseval::Bindings bindings = {{"a", mapped}, {"b", b}};
    const fuseval::Session session = session_of(3);
    CHECK(error_of([&] { session.evaluate(text, bindings); }).code() == FV_OK);
    file.shrink(4096);
    for (int repeat = 0; repeat < 3; ++repeat) {
      const fuseval::Error error = error_of([&] { session.evaluate(text, bindings); });
      CHECK(error.code() == FV_ERROR_FILE);
      CHECK(contains(error.message(), "a mapped input file shrank while it was read; outputs may be partly written"));
    }
    CHECK(session.evaluate("sum(b)", bindings).item<double>() == 100);
    CHECK(session.evaluate("sum(a)", {{"a", copied}}).item<double>() == count);
    // What is still there can be read.
    CHECK(session.evaluate("a[0] + a[1]", bindings).item<double>() == 2);
  }
  struct sigaction after {};
  sigaction(SIGBUS, nullptr, &after);
  CHECK((after.sa_handler == before.sa_handler));
}

TEST_CASE("outputs of the caller's, and checks of values, over a file that shrinks") {
  const File file;
  std::vector<std::int64_t> exponents(count, 2);
  fuseval::save(file.path(), exponents);
  const fuseval::NpyFile mapped(file.path());
  std::vector<std::int64_t> base(count, 3), out(count, 7);
  const fuseval::Bindings bindings = {{"a", base}, {"n", mapped}};
  fuseval::evaluate("a**n", bindings, fuseval::into(out));
  CHECK(out[count - 1] == 9);
  out.assign(count, 7);
  file.shrink(8192);
  CHECK(error_of([&] { fuseval::evaluate("a**n", bindings, fuseval::into(out)); }).code() == FV_ERROR_FILE);
  CHECK(out == std::vector<std::int64_t>(count, 7));  // the check reads it first
}

TEST_CASE("a file that shrinks before a device has its elements") {
  for (const bool by_copy : {false, true}) {
    CAPTURE(by_copy);
    const File file;
    const fuseval::NpyFile mapped(file.path());
    const fuseval::Session session = session_of(1);
    fuseval::RunOptions options;
    options.device = "cudasim";
    std::vector<double> out = {7};
    const auto use = [&] {
      if (by_copy)
        session.to_device(mapped, "cudasim");
      else
        session.evaluate("sum(a[::4096])", {{"a", mapped}}, fuseval::into(out), options);
    };
    CHECK(error_of(use).code() == FV_OK);
    file.shrink(4096);
    out = {7};
    const fuseval::Error error = error_of(use);
    CHECK(error.code() == FV_ERROR_FILE);
    CHECK(contains(error.message(), "a mapped input file shrank while it was read"));
    CHECK(out[0] == 7);
  }
}

TEST_CASE("a mapped file cannot be an output") {
  const File file;
  const fuseval::NpyFile mapped(file.path());
  CHECK(error_of([&] {
          fuseval::evaluate("a + 1", {{"a", mapped}}, fuseval::Outputs({mapped.view()}));
        }).code() == FV_ERROR_ARGUMENT);
}

TEST_CASE("files that are not there, or no arrays") {
  CHECK(error_of([] { fuseval::NpyFile("/nonexistent/a.npy"); }).code() == FV_ERROR_FILE);
  const File file;
  file.shrink(5);
  CHECK(error_of([&] { fuseval::NpyFile{file.path()}; }).code() == FV_ERROR_FILE);
  CHECK(error_of([] { fuseval::save("/nonexistent/a.npy", 1.0); }).code() == FV_ERROR_FILE);
}
