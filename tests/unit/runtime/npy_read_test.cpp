// Files built byte by byte: the reader may not be checked by the writer of the same project.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <complex>
#include <cstring>
#include <filesystem>
#include <functional>
#include <vector>

#include "ir/error.hpp"
#include "runtime/npy.hpp"
#include "runtime/npy_reader.hpp"
#include "tests/unit/temporary_folder.hpp"

using namespace fuseval;
using namespace fuseval::runtime;

namespace {

std::string npy(const std::string& header, const std::string& data, int version = 1) {
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  for (int k = 0; k < (version == 1 ? 2 : 4); ++k) text += static_cast<char>(header.size() >> (8 * k) & 255);
  return text + header + data;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
T element(const ArrayView& view, const std::vector<int64_t>& index) {
  const char* address = view.data;
  for (size_t k = 0; k < index.size(); ++k) address += index[k] * view.strides[k];
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

std::string error_of(const std::string& path) {
  try {
    NpyFile::open(path);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::file);
    return error.message();
  }
  return "no error";
}

const std::string plain = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n";
const std::vector<double> six = {1, 2, 3, 4, 5, 6};

}  // namespace

TEST_CASE("versions 1, 2 and 3, mapped and copied") {
  const TemporaryFolder folder;
  for (const int version : {1, 2, 3})
    for (const bool copy : {false, true}) {
      CAPTURE(version);
      CAPTURE(copy);
      const auto file = NpyFile::open(folder.write("a.npy", npy(plain, bytes_of(six), version)), copy);
      const ArrayView& view = file->view();
      CHECK(view.dtype == DType::float64);
      CHECK(view.shape == Shape{2, 3});
      CHECK(view.strides == std::vector<int64_t>{24, 8});
      CHECK(view.readonly);
      CHECK(view.mapped == !copy);
      CHECK(element<double>(view, {1, 0}) == 4);
      CHECK(element<double>(view, {1, 2}) == 6);
    }
}

TEST_CASE("any key order, blanks, quotes, and missing or extra commas of Python's") {
  const TemporaryFolder folder;
  for (const char* header : {"{'shape':(2,3),'fortran_order':False,'descr':'<f8'}",
                             "{\"descr\": \"<f8\", \"fortran_order\": False, \"shape\": (2, 3,)}",
                             "  { 'fortran_order' : False ,\n 'shape'\t: ( 2 , 3 ) , 'descr' : 'float64' , }   \n\n",
                             "{'descr': '=f8', 'fortran_order': False, 'shape': (2L, 3L), }\n",
                             "{'descr': 'f8', 'fortran_order': False, 'shape': (2, 3), }"}) {
    CAPTURE(header);
    const auto file = NpyFile::open(folder.write("a.npy", npy(header, bytes_of(six))));
    CHECK(file->view().shape == Shape{2, 3});
    CHECK(element<double>(file->view(), {0, 1}) == 2);
  }
}

TEST_CASE("Fortran order is a matter of strides") {
  const TemporaryFolder folder;
  const auto file = NpyFile::open(
      folder.write("a.npy", npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n", bytes_of(six))));
  CHECK(file->view().strides == std::vector<int64_t>{8, 16});
  CHECK(file->view().mapped);
  CHECK(element<double>(file->view(), {1, 0}) == 2);
  CHECK(element<double>(file->view(), {0, 1}) == 3);
}

TEST_CASE("every dtype in both byte orders") {
  const TemporaryFolder folder;
  const struct {
    const char* code;
    DType dtype;
    int swap;  // bytes that are swapped together
  } rows[] = {{"b1", DType::bool_, 1},     {"i1", DType::int8, 1},       {"i2", DType::int16, 2},
              {"i4", DType::int32, 4},     {"i8", DType::int64, 8},      {"u1", DType::uint8, 1},
              {"u2", DType::uint16, 2},    {"u4", DType::uint32, 4},     {"u8", DType::uint64, 8},
              {"f2", DType::float16, 2},   {"f4", DType::float32, 4},    {"f8", DType::float64, 8},
              {"c8", DType::complex64, 4}, {"c16", DType::complex128, 8}};
  for (const auto& row : rows)
    for (const char order : {'<', '>', '|', '='}) {
      CAPTURE(row.code);
      CAPTURE(order);
      const size_t size = static_cast<size_t>(size_of(row.dtype));
      std::string stored;
      std::string expected;
      for (size_t k = 0; k < 2 * size; ++k) {
        stored += static_cast<char>(k + 1);
        const size_t width = static_cast<size_t>(row.swap);
        expected += static_cast<char>((order == '>' ? k / width * width + width - 1 - k % width : k) + 1);
      }
      const std::string header =
          "{'descr': '" + (order + std::string(row.code)) + "', 'fortran_order': False, 'shape': (2,), }";
      const auto file = NpyFile::open(folder.write("a.npy", npy(header, stored)));
      CHECK(file->view().dtype == row.dtype);
      CHECK(file->view().mapped == (order != '>' || row.swap == 1));
      CHECK(std::string(file->view().data, 2 * size) == expected);
    }
}

TEST_CASE("no elements, no dimensions, and bytes after the end") {
  const TemporaryFolder folder;
  const auto open = [&](const std::string& shape, const std::string& data) {
    return NpyFile::open(
        folder.write("a.npy", npy("{'descr': '<i4', 'fortran_order': False, 'shape': " + shape + ", }\n", data)));
  };
  const auto empty = open("(3, 0, 2)", "");
  CHECK(empty->view().shape == Shape{3, 0, 2});
  CHECK(!empty->view().mapped);
  const auto scalar = open("()", bytes_of<int32_t>({7}));
  CHECK(scalar->view().shape.empty());
  CHECK(element<int32_t>(scalar->view(), {}) == 7);
  const auto longer = open("(1,)", bytes_of<int32_t>({8, 9}));  // numpy.load allows it: several arrays in a file
  CHECK(element<int32_t>(longer->view(), {0}) == 8);
  std::string deep = "(";
  for (int k = 0; k < 64; ++k) deep += "1, ";
  CHECK(open(deep + ")", bytes_of<int32_t>({5}))->view().shape == Shape(64, 1));
}

TEST_CASE("data that is not aligned is used as it lies") {
  const TemporaryFolder folder;
  const std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (6,)}";
  for (size_t pad = 0; pad < 8; ++pad) {
    const auto file = NpyFile::open(folder.write("a.npy", npy(header + std::string(pad, ' '), bytes_of(six))));
    CHECK(reinterpret_cast<uintptr_t>(file->view().data) % 8 == (10 + header.size() + pad) % 8);
    CHECK(element<double>(file->view(), {5}) == 6);
  }
}

TEST_CASE("hostile headers: each its reason") {
  const TemporaryFolder folder;
  const struct {
    const char* header;
    const char* reason;
  } rows[] = {
      {"", "its header has its end where '{' belongs"},
      {"[1]", "its header has '[1]' where '{' belongs"},
      {"{'descr': '<f8', 'fortran_order': False}", "its header lacks the key 'shape'"},
      {"{'fortran_order': False, 'shape': (2,)}", "its header lacks the key 'descr'"},
      {"{'descr': '<f8', 'shape': (2,)}", "its header lacks the key 'fortran_order'"},
      {"{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
       "its header has the key 'descr' twice"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}", "its header has an unknown key 'x'"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} {}", "its header has '{}' after the dictionary"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)", "its header has its end where ',' belongs"},
      {"{'descr': '<f8' 'fortran_order': False, 'shape': (2,)}", "its header has ''fortran_ord' where ',' belongs"},
      {"{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}",
       "its header has '0, 'shape': ' where True or False belongs"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}", "its header has a negative extent"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2)}",
       "its header has a number where a tuple belongs as shape"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': [2]}", "its header has '[2]}' where '(' belongs"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (x,)}", "its header has 'x,)}' where an extent belongs"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
       "its header has an extent beyond 2^63 - 1"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,)}",
       "its shape (4611686018427387904,) of float64 takes more than 2^63 - 1 bytes"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4611686018427387904, 8)}",
       "its shape (0, 4611686018427387904, 8) of float64 takes more than 2^63 - 1 bytes"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
       "it is truncated: shape (2,) of float64 takes 16 bytes after the header, but 3 are there"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (2,)}",
       "its dtype '|O' is an object one: only plain numbers are read"},
      {"{'descr': '<U4', 'fortran_order': False, 'shape': (2,)}",
       "its dtype '<U4' is a string one: only plain numbers are read"},
      {"{'descr': '<M8[s]', 'fortran_order': False, 'shape': (2,)}",
       "its dtype '<M8[s]' is a datetime one: only plain numbers are read"},
      {"{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}",
       "its dtype '<f16' is an unknown one: only plain numbers are read"},
      {"{'descr': '', 'fortran_order': False, 'shape': (2,)}",
       "its dtype '' is an unknown one: only plain numbers are read"},
      {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,)}",
       "its dtype is structured: only plain numbers are read"},
      {"{'descr': ('<f8', (2,)), 'fortran_order': False, 'shape': (2,)}",
       "its dtype is a subarray: only plain numbers are read"},
      {"{'descr': '<f8", "its header has a string that does not end"},
      {"{'descr': '\\x3cf8', 'fortran_order': False, 'shape': ()}", "its header has a string that does not end"},
      {"{'a\x1b[31m': 1}", "its header has an unknown key 'a?[31m'"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.header);
    const std::string path = folder.write("bad.npy", npy(row.header, "abc"));
    CHECK(error_of(path) == "cannot read \"" + path + "\": " + row.reason);
  }
  std::string ranks = "{'descr': '<f8', 'fortran_order': False, 'shape': (";
  for (int k = 0; k < 65; ++k) ranks += "1,";
  CHECK(error_of(folder.write("bad.npy", npy(ranks + ")}", "abc"))).ends_with(": it has more than 64 dimensions"));
}

TEST_CASE("hostile beginnings and files that are none") {
  const TemporaryFolder folder;
  const auto reason = [&](const std::string& bytes) {
    const std::string path = folder.write("bad.npy", bytes);
    return error_of(path).substr(("cannot read \"" + path + "\": ").size());
  };
  const std::string no_magic = "it is not a .npy file: the magic string is missing";
  CHECK(reason("") == no_magic);
  CHECK(reason("\x93NUM") == no_magic);
  CHECK(reason("PK\x03\x04 a zip archive") == no_magic);
  CHECK(reason("\x93NUMPY\x01") == "it ends within its header");
  CHECK(reason(std::string("\x93NUMPY\x02\x00\x10\x00\x00", 11)) == "it ends within its header");
  CHECK(reason(std::string("\x93NUMPY\x01\x00\x76\x00{'descr'", 18)) == "it ends within its header");
  CHECK(reason(std::string("\x93NUMPY\x04\x00\x76\x00{'descr'", 18)) ==
        "it has .npy format version 4.0: 1.0, 2.0 and 3.0 are read");
  CHECK(reason(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'", 20)) ==
        "its header says to be 4294967295 bytes long; at most 1048576 are read");
  CHECK(error_of(folder.path("missing.npy")) ==
        "cannot read \"" + folder.path("missing.npy") + "\": No such file or directory");
  CHECK(error_of(folder.path("")) == "cannot read \"" + folder.path("") + "\": it is a folder");
  REQUIRE(mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(error_of(folder.path("pipe")) == "cannot read \"" + folder.path("pipe") + "\": it is not a regular file");
  CHECK(error_of("/dev/zero") == "cannot read \"/dev/zero\": it is not a regular file");
  CHECK(error_of("a\nb.npy") == "cannot read \"a?b.npy\": No such file or directory");
}

TEST_CASE("every truncation of a file and every changed header byte gives a file or an error, never a crash") {
  const TemporaryFolder folder;
  const std::string whole = npy(plain, bytes_of(six));
  for (size_t length = 0; length < whole.size(); ++length)
    CHECK(error_of(folder.write("cut.npy", whole.substr(0, length))) != "no error");
  int read = 0;
  for (size_t at = 0; at < whole.size() - bytes_of(six).size(); ++at)
    for (const char other : {'\0', '\xff', '(', '9', ' ', '\''}) {
      std::string changed = whole;
      changed[at] = other;
      read += error_of(folder.write("changed.npy", changed)) == "no error";
    }
  CHECK(read > 0);  // blanks are
  CHECK(read < 100);
}

TEST_CASE("a file that is written to while it is read is an error") {
  const TemporaryFolder folder;
  const std::vector<double> values(1000, 1);
  const std::string path = folder.path("a.npy");
  write_npy(path, {reinterpret_cast<char*>(const_cast<double*>(values.data())), DType::float64, {1000}, {8}});
  std::vector<double> read(1000);
  const auto error_of_reading = [&](const std::function<void()>& change) {
    const NpyReader reader(path);
    change();
    try {
      reader.read(reinterpret_cast<char*>(read.data()), {0, 8000, 8000, 1});
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("no error");
  };
  CHECK(error_of_reading([] {}) == "no error");
  CHECK(error_of_reading([&] {
          const timespec times[] = {{1'000'000'000, 0}, {1'000'000'000, 1}};
          utimensat(AT_FDCWD, path.c_str(), times, 0);
        }) == "cannot read \"" + path + "\": it has changed since it was opened");
  CHECK(error_of_reading([&] { std::filesystem::rename(path, folder.path("b.npy")); }) == "no error");
}
