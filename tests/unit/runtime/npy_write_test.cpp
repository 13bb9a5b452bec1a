#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "ir/error.hpp"
#include "runtime/npy.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace fuseval;
using namespace fuseval::runtime;

namespace {

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// What NumPy 2 writes: 10 bytes, the dictionary, blanks to a multiple of 64, and a newline.
std::string expected_file(std::string dictionary, const std::string& data, size_t length = 118) {
  dictionary.resize(length - 1, ' ');
  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(length & 255);
  head += static_cast<char>(length >> 8);
  return head + dictionary + "\n" + data;
}

std::string error_of(const std::string& path, const ArrayView& view) {
  try {
    write_npy(path, view);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::file);
    return error.message();
  }
  return "no error";
}

std::vector<int32_t> counted(size_t n) {
  std::vector<int32_t> values(n);
  for (size_t k = 0; k < n; ++k) values[k] = static_cast<int32_t>(k);
  return values;
}

}  // namespace

TEST_CASE("C order, Fortran order and gathered views") {
  const TemporaryFolder folder;
  std::vector<int32_t> values = counted(12);
  char* data = reinterpret_cast<char*>(values.data());
  const auto written = [&](const ArrayView& view) {
    write_npy(folder.path("a.npy"), view);
    return folder.read("a.npy");
  };
  const auto dictionary = [](const std::string& order, const std::string& shape) {
    return "{'descr': '<i4', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };
  CHECK(written({data, DType::int32, {3, 4}, {16, 4}}) ==
        expected_file(dictionary("False", "(3, 4)"), bytes_of(values)));
  CHECK(written({data, DType::int32, {4, 3}, {4, 16}}) ==
        expected_file(dictionary("True", "(4, 3)"), bytes_of(values)));
  CHECK(written({data + 44, DType::int32, {3}, {-16}}) ==
        expected_file(dictionary("False", "(3,)"), bytes_of<int32_t>({11, 7, 3})));
  CHECK(written({data + 4, DType::int32, {2, 2, 2}, {0, 16, 8}}) ==
        expected_file(dictionary("False", "(2, 2, 2)"), bytes_of<int32_t>({1, 3, 5, 7, 1, 3, 5, 7})));
  CHECK(written({data + 8, DType::int32, {}, {}}) == expected_file(dictionary("False", "()"), bytes_of<int32_t>({2})));
  CHECK(written({data, DType::int32, {2, 0}, {99, 99}}) == expected_file(dictionary("False", "(2, 0)"), ""));
  CHECK(written({data, DType::int32, {1, 2}, {-7, 4}}) ==
        expected_file(dictionary("False", "(1, 2)"), bytes_of<int32_t>({0, 1})));
  CHECK(folder.files() == 1);
}

TEST_CASE("every dtype has its code, and the reader agrees") {
  const TemporaryFolder folder;
  const char* codes[] = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2",
                         "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"};
  std::string data(64, '\0');
  for (size_t k = 0; k < data.size(); ++k) data[k] = static_cast<char>(k % 2);
  for (int k = 0; k < dtype_count; ++k) {
    const DType dtype = static_cast<DType>(k);
    CAPTURE(codes[k]);
    write_npy(folder.path("a.npy"), {data.data(), dtype, {3}, {size_of(dtype)}});
    const std::string bytes = folder.read("a.npy");
    CHECK(bytes.find("'descr': '" + std::string(codes[k]) + "'") != std::string::npos);
    const auto file = NpyFile::open(folder.path("a.npy"));
    CHECK(file->view().dtype == dtype);
    CHECK(std::memcmp(file->view().data, data.data(), 3 * static_cast<size_t>(size_of(dtype))) == 0);
  }
}

TEST_CASE("a gathered view larger than the staging buffer") {
  const TemporaryFolder folder;
  std::vector<int32_t> values = counted(300'000);
  write_npy(folder.path("a.npy"), {reinterpret_cast<char*>(values.data()), DType::int32, {150'000}, {8}});
  const auto file = NpyFile::open(folder.path("a.npy"));
  REQUIRE(file->view().shape == Shape{150'000});
  int64_t wrong = 0;
  for (int32_t k = 0; k < 150'000; ++k) {
    int32_t value = 0;
    std::memcpy(&value, file->view().data + 4 * k, 4);
    wrong += value != 2 * k;
  }
  CHECK(wrong == 0);
}

TEST_CASE("the target is replaced in one step, through links, with the usual permissions") {
  const TemporaryFolder folder;
  std::vector<int32_t> values = counted(4);
  const ArrayView view{reinterpret_cast<char*>(values.data()), DType::int32, {4}, {4}};
  folder.write("real.npy", "old contents");
  REQUIRE(symlink("real.npy", folder.path("link.npy").c_str()) == 0);
  write_npy(folder.path("link.npy"), view);
  struct stat status {};
  REQUIRE(lstat(folder.path("link.npy").c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  CHECK(NpyFile::open(folder.path("real.npy"))->view().shape == Shape{4});
  const mode_t mask = umask(022);
  write_npy(folder.path("new.npy"), view);
  umask(mask);
  REQUIRE(stat(folder.path("new.npy").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);

  // A reader that has the old file mapped keeps it.
  const auto old = NpyFile::open(folder.path("new.npy"));
  values[3] = 77;
  write_npy(folder.path("new.npy"), view);
  int32_t kept = 0;
  std::memcpy(&kept, old->view().data + 12, 4);
  CHECK(kept == 3);
}

TEST_CASE("what cannot be written leaves nothing behind") {
  const TemporaryFolder folder;
  std::vector<int32_t> values = counted(100'000);
  const ArrayView view{reinterpret_cast<char*>(values.data()), DType::int32, {100'000}, {4}};
  CHECK(error_of(folder.path("no/such/a.npy"), view) ==
        "cannot write \"" + folder.path("no/such/a.npy") + "\": No such file or directory");
  CHECK(error_of(folder.path(""), view) == "cannot write \"" + folder.path("") + "\": it is a folder");
  CHECK(error_of("/dev/null", view) == "cannot write \"/dev/null\": it is not a regular file");
  CHECK(error_of("/proc/a.npy", view) == "cannot write \"/proc/a.npy\": No such file or directory");
  CHECK(folder.files() == 0);

  folder.write("kept.npy", "old contents");
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{100'000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string message = error_of(folder.path("kept.npy"), view);
  const std::string gathered = error_of(folder.path("kept.npy"), {view.data, DType::int32, {50'000}, {8}});
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(message == "cannot write \"" + folder.path("kept.npy") + "\": File too large");
  CHECK(gathered == message);
  CHECK(folder.files() == 1);
  CHECK(folder.read("kept.npy") == "old contents");
}

TEST_CASE("writing from a mapped file that shrank is an error") {
  const TemporaryFolder folder;
  std::vector<int32_t> values = counted(100'000);
  write_npy(folder.path("source.npy"), {reinterpret_cast<char*>(values.data()), DType::int32, {100'000}, {4}});
  const auto source = NpyFile::open(folder.path("source.npy"));
  REQUIRE(truncate(folder.path("source.npy").c_str(), 5000) == 0);
  const std::string expected = "cannot write \"" + folder.path("a.npy") + "\": the mapped file \"" +
                               folder.path("source.npy") + "\" has become shorter since it was opened";
  CHECK(error_of(folder.path("a.npy"), source->view()) == expected);
  ArrayView every_second = source->view();
  every_second.shape = {50'000};
  every_second.strides = {8};
  CHECK(error_of(folder.path("a.npy"), every_second) == expected);
  CHECK(folder.files() == 1);
}

TEST_CASE("writing from a host's mapping of a file that shrank is an error") {
  const TemporaryFolder folder;
  const int fd = open(folder.write("source", std::string(400'000, 'x')).c_str(), O_RDWR);
  void* const pages = mmap(nullptr, 400'000, PROT_READ, MAP_PRIVATE, fd, 0);
  REQUIRE(pages != MAP_FAILED);
  REQUIRE(ftruncate(fd, 5000) == 0);
  ArrayView source{static_cast<char*>(pages), DType::int32, {100'000}, {4}, true, true};
  CHECK(error_of(folder.path("a.npy"), source) ==
        "cannot write \"" + folder.path("a.npy") + "\": the mapped file that it is written from shrank");
  source.shape = {50'000};
  source.strides = {8};
  CHECK(error_of(folder.path("a.npy"), source) ==
        "cannot write \"" + folder.path("a.npy") + "\": a mapped input file shrank while it was read");
  CHECK(folder.files() == 1);
  munmap(pages, 400'000);
  close(fd);
}
