// Arrays that are mapped files: reading a file that has shrunk or changed is an error, not the end of the process.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "support.hpp"
#include "tests/unit/hosts_mapping.hpp"
#include "tests/unit/temporary_folder.hpp"

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
  /// As another process does it: the last element, in place, at another time.
  void change() const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    const double two = 2;
    file.seekp(-8, std::ios::end).write(reinterpret_cast<const char*>(&two), sizeof two);
    file.close();
    const timespec times[] = {{1'000'000'000, 0}, {1'000'000'000, 1}};
    REQUIRE(utimensat(AT_FDCWD, path_.c_str(), times, 0) == 0);
  }

 private:
  std::filesystem::path path_;
};

/// All elements of a File that the host has mapped.
fuseval::View view_of(const HostsMapping& mapping) {
  return fuseval::View(mapping.data() + 128, fuseval::DType::float64, {count}, {}, FV_VIEW_READONLY | FV_VIEW_MAPPED);
}

/// Every way in which the library reads elements of a view, each with strides of several kinds.
struct Reader {
  const char* name;
  std::function<void(const fuseval::Session&, const fuseval::View&)> read;
};

fuseval::RunOptions on_simulator() {
  fuseval::RunOptions options;
  options.device = "cudasim";
  return options;
}

std::vector<Reader> readers(const TemporaryFolder& folder) {
  using fuseval::Session;
  using fuseval::View;
  const auto evaluating = [](const char* text, const fuseval::RunOptions& options = {}) {
    return [text, options](const Session& session, const View& a) { session.evaluate(text, {{"a", a}}, options); };
  };
  return {{"evaluation", evaluating("sum(a)")},
          {"evaluation in chains", evaluating("a - mean(a)")},
          {"outputs",
           [](const Session& session, const View& a) {
             std::vector<double> out(count);
             session.evaluate("a*2", {{"a", a}}, fuseval::into(out));
           }},
          {"evaluation on a device", evaluating("sum(a[::4096])", on_simulator())},
          {"fv_to_host", [](const Session& session, const View& a) { session.to_host(a); }},
          {"fv_to_device", [](const Session& session, const View& a) { session.to_device(a, "cudasim"); }},
          {"fv_to_device of strided elements",
           [](const Session& session, const View& a) {
             const fv_view raw = a.raw();
             session.to_device(View(raw.data, a.dtype(), {count / 4096}, {8 * 4096}, raw.flags), "cudasim");
           }},
          {"fv_to_device of unaligned elements",
           [](const Session& session, const View& a) {
             const fv_view raw = a.raw();
             session.to_device(View(raw.data, a.dtype(), {count / 4096}, {8 * 4095 + 4}, raw.flags), "cudasim");
           }},
          {"fv_copy",
           [](const Session& session, const View& a) {
             const fuseval::Array to = session.empty({count}, fuseval::DType::float64, "cpu");
             session.copy(a, to.view());
           }},
          {"fv_copy to a device",
           [](const Session& session, const View& a) {
             const fuseval::Array to = session.empty({count}, fuseval::DType::float64, "cudasim");
             session.copy(a, to.view());
           }},
          {"fv_npy_write", [&](const Session&, const View& a) { fuseval::save(folder.path("out.npy"), a); }},
          {"fv_npy_write of gathered elements",
           [&](const Session&, const View& a) {
             const fv_view raw = a.raw();
             fuseval::save(folder.path("out.npy"), View(raw.data, a.dtype(), {count / 2}, {16}, raw.flags));
           }},
          {"fv_read_mapped", [](const Session&, const View& a) {
             double sum = 0;
             fuseval::read_mapped({a}, [&] {
               for (std::int64_t k = 0; k < count; ++k) sum += static_cast<const double*>(a.raw().data)[k];
             });
             CHECK(sum == count);
           }}};
}

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

TEST_CASE("a host's mapping of a file that shrinks is a file error of every reader, every time") {
  struct sigaction before {};
  sigaction(SIGBUS, nullptr, &before);
  const TemporaryFolder folder;
  for (const Reader& reader : readers(folder)) {
    CAPTURE(std::string(reader.name));
    const File file;
    const HostsMapping mapping(file.path());
    const fuseval::View mapped = view_of(mapping);
    const fuseval::Session session = session_of(3);
    CHECK(error_of([&] { reader.read(session, mapped); }).code() == FV_OK);
    std::filesystem::remove(folder.path("out.npy"));
    file.shrink(4096);
    for (int repeat = 0; repeat < 3; ++repeat) {
      const fuseval::Error error = error_of([&] { reader.read(session, mapped); });
      CHECK(error.code() == FV_ERROR_FILE);
      CHECK(contains(error.message(), "shrank"));
    }
    // What is still there can be read.
    CHECK(session.evaluate("a[0] + a[1]", {{"a", mapped}}).item<double>() == 2);
  }
  CHECK(folder.files() == 0);
  struct sigaction after {};
  sigaction(SIGBUS, nullptr, &after);
  CHECK((after.sa_handler == before.sa_handler));
}

TEST_CASE("a file of fuseval's that is written to after it was opened is a file error of every reader") {
  const TemporaryFolder folder;
  for (const bool shrinks : {false, true})
    for (const Reader& reader : readers(folder)) {
      CAPTURE(shrinks);
      CAPTURE(std::string(reader.name));
      const File file;
      const fuseval::NpyFile mapped(file.path()), copied(file.path(), true);
      const std::vector<double> b(100, 1);
      const fuseval::Session session = session_of(1);
      CHECK(error_of([&] { reader.read(session, mapped.view()); }).code() == FV_OK);
      std::filesystem::remove(folder.path("out.npy"));
      shrinks ? file.shrink(4096) : file.change();
      const fuseval::Error error = error_of([&] { reader.read(session, mapped.view()); });
      CHECK(error.code() == FV_ERROR_FILE);
      CHECK(contains(error.message(),
                     "the mapped file \"" + file.path() + "\" " +
                         (shrinks ? "has become shorter since it was opened" : "has changed since it was opened")));
      CHECK(session.evaluate("sum(b)", {{"a", mapped}, {"b", b}}).item<double>() == 100);
      CHECK(session.evaluate("sum(a)", {{"a", copied}}).item<double>() == count);
    }
  CHECK(folder.files() == 0);
}

TEST_CASE("a file that is replaced leaves its mapping as it is") {
  const File file;
  const fuseval::NpyFile mapped(file.path());
  fuseval::save(file.path(), std::vector<std::int64_t>(count, 7));
  CHECK(fuseval::evaluate("sum(a)", {{"a", mapped}}).item<double>() == count);
}

TEST_CASE("a reader of the host's that throws, and one that finds the file changed") {
  const File file;
  const fuseval::NpyFile mapped(file.path());
  CHECK_THROWS_AS(fuseval::read_mapped({mapped.view()}, [] { throw std::out_of_range("the host's"); }),
                  std::out_of_range);
  const fuseval::Error error = error_of([&] { fuseval::read_mapped({mapped.view()}, [&] { file.change(); }); });
  CHECK(error.code() == FV_ERROR_FILE);
}

TEST_CASE("a mapped array that comes back by DLPack is still one") {
  const File file;
  const fuseval::World world;
  const fuseval::Session session = session_of(1);
  void* managed = nullptr;
  fv_array *taken = nullptr, *local = nullptr;
  fv_distribution* distribution = nullptr;
  REQUIRE(fv_load_slab(session.handle(), world.handle(), file.path().c_str(), 0, 0, nullptr, &local, &distribution,
                       nullptr) == FV_OK);
  REQUIRE(fv_array_to_dlpack(local, 1, &managed, nullptr) == FV_OK);
  REQUIRE(fv_array_from_dlpack(session.handle(), managed, 1, &taken, nullptr) == FV_OK);
  fv_view view{};
  REQUIRE(fv_array_view(taken, &view, nullptr) == FV_OK);
  CHECK((view.flags & FV_VIEW_MAPPED) != 0);
  file.shrink(4096);
  CHECK(error_of([&] { session.evaluate("sum(a)", {{"a", fuseval::View(view)}}); }).code() == FV_ERROR_FILE);
  fv_array_release(taken);
  fv_array_release(local);
  fv_distribution_release(distribution);
}

TEST_CASE("a weak scalar is no mapped file") {
  const double value = 2;
  const fv_view view{const_cast<double*>(&value),  FV_FLOAT64, 0, nullptr, nullptr, FV_DEVICE_CPU, 0,
                     FV_VIEW_WEAK | FV_VIEW_MAPPED};
  const fuseval::Error error = error_of([&] { fuseval::evaluate("k + 1", {{"k", fuseval::View(view)}}); });
  CHECK(error.code() == FV_ERROR_INVALID_HANDLE);
  CHECK(contains(error.message(), "a weak scalar is a number of the caller's, not a mapped file"));
}

TEST_CASE("outputs of the caller's, and checks of values, over a file that shrinks") {
  const File file;
  std::vector<std::int64_t> exponents(count, 2);
  fuseval::save(file.path(), exponents);
  const HostsMapping mapping(file.path());
  const fuseval::View mapped(mapping.data() + 128, fuseval::DType::int64, {count}, {},
                             FV_VIEW_READONLY | FV_VIEW_MAPPED);
  std::vector<std::int64_t> base(count, 3), out(count, 7);
  const fuseval::Bindings bindings = {{"a", base}, {"n", mapped}};
  fuseval::evaluate("a**n", bindings, fuseval::into(out));
  CHECK(out[count - 1] == 9);
  out.assign(count, 7);
  file.shrink(8192);
  CHECK(error_of([&] { fuseval::evaluate("a**n", bindings, fuseval::into(out)); }).code() == FV_ERROR_FILE);
  CHECK(out == std::vector<std::int64_t>(count, 7));  // the check reads it first
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

TEST_CASE("files of any bytes are written whole, and what cannot be written is found before") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a.txt");
  fuseval::check_files({path, folder.path("b.txt")});
  CHECK(folder.files() == 0);
  fuseval::write_file(path, "some text");
  fuseval::write_file(folder.path("empty"), "");
  CHECK(folder.read("a.txt") == "some text");
  CHECK(folder.files() == 2);
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  for (const auto& attempt :
       {std::function<void()>([&] { fuseval::write_file(path, "other"); }), std::function<void()>([&] {
          fuseval::check_files({folder.path("empty"), path});
        })}) {
    const fuseval::Error error = error_of(attempt);
    CHECK(error.code() == FV_ERROR_FILE);
    CHECK(error.message() == "cannot write \"" + path + "\": it is read-only");
  }
  CHECK(error_of([&] { fuseval::check_files({folder.path("b"), folder.path("./b")}); }).code() == FV_ERROR_ARGUMENT);
  CHECK(folder.read("a.txt") == "some text");
  CHECK(folder.files() == 2);
}
