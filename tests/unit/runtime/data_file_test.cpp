// Data files of every format: tables byte by byte, damaged archives, and mutations of both that must be errors or
// arrays.
#include "runtime/formats/data_file.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <minizip/zip.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "ir/error.hpp"
#include "runtime/formats/table_rows.hpp"
#include "runtime/npy.hpp"
#include "tests/unit/temporary_folder.hpp"
#include "tests/unit/thrown.hpp"

using namespace fuseval;
using namespace fuseval::runtime;

namespace {

DataArrays opened(const std::string& path, const ReadOptions& options = {}) {
  return open_data({path, -1}, nullptr, options);
}

template <class T>
std::vector<T> elements(const ArrayView& view) {
  std::vector<T> values(static_cast<size_t>(element_count(view.shape)));
  if (!values.empty()) std::memcpy(values.data(), view.data, values.size() * sizeof(T));
  return values;
}

std::string failure(const TemporaryFolder& folder, const std::string& name, const std::string& bytes,
                    const ReadOptions& options = {}) {
  const std::string path = folder.write(name, bytes);
  const Error error = thrown([&] {
    for (const DataArray& array : opened(path, options).arrays)
      if (!array.fault.empty()) throw Error(ErrorCode::file, array.fault);
  });
  CHECK(error.code() == ErrorCode::file);
  const std::string begin = "cannot read \"" + path + "\": ";
  return error.message().starts_with(begin) ? error.message().substr(begin.size()) : error.message();
}

std::string npz(const TemporaryFolder& folder, const std::vector<std::pair<std::string, std::string>>& members,
                int level) {
  const std::string path = folder.path("made.zip");
  zipFile zip = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
  for (const auto& [name, bytes] : members) {
    zipOpenNewFileInZip(zip, name.c_str(), nullptr, nullptr, 0, nullptr, 0, nullptr, level == 0 ? 0 : Z_DEFLATED,
                        level);
    zipWriteInFileInZip(zip, bytes.data(), static_cast<unsigned>(bytes.size()));
    zipCloseFileInZip(zip);
  }
  zipClose(zip, nullptr);
  return folder.read("made.zip");
}

std::string npy_bytes(const TemporaryFolder& folder, std::vector<double> values) {
  write_npy(folder.path("made.npy"),
            {reinterpret_cast<char*>(values.data()), DType::float64, {static_cast<int64_t>(values.size())}, {8}});
  return folder.read("made.npy");
}

/// What it gives for each file is arrays that can be read, or an error of that file's.
void require_array_or_error(const std::string& path, const ReadOptions& options) {
  try {
    double total = 0;
    for (const DataArray& array : opened(path, options).arrays) {
      if (!array.fault.empty()) continue;
      const auto bytes =
          static_cast<size_t>(element_count(array.view.shape)) * static_cast<size_t>(size_of(array.view.dtype));
      for (size_t k = 0; k < bytes; ++k) total += array.view.data[k];
    }
    CHECK(std::isfinite(total));
  } catch (const Error& error) {
    const bool is_expected = error.code() == ErrorCode::file || error.code() == ErrorCode::memory;
    CHECK_MESSAGE(is_expected, error.message());
  }
}

void mutate_and_read(const TemporaryFolder& folder, const std::string& name, const std::string& seed, int rounds) {
  std::mt19937 random(1234);
  using namespace std::string_view_literals;
  const std::string_view spice = "\"\",;\n\r\t 0-e.xA#\0\xFF"sv;
  for (int round = 0; round < rounds; ++round) {
    std::string bytes = seed;
    for (unsigned changes = 1 + random() % 6; changes > 0 && !bytes.empty(); --changes) {
      const size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes[at] = spice[random() % spice.size()];
          break;
        case 2:
          bytes.erase(at, 1 + random() % 9);
          break;
        default:
          bytes.insert(at, 1, spice[random() % spice.size()]);
      }
    }
    ReadOptions options;
    options.together = round % 2 == 0;
    require_array_or_error(folder.write(name, bytes), options);
  }
}

}  // namespace

TEST_CASE("columns have the dtype of their cells") {
  const TemporaryFolder folder;
  const DataArrays data = opened(folder.write("t.csv",
                                              "i,f,b,m,w,big\n"
                                              "1,1,true,,one,9223372036854775807\r\n"
                                              "-2,2.5,False,3,two,1\n"
                                              "\n"
                                              "+3,1e3,TRUE,NA,\"th,ree\",9223372036854775808\n"));
  REQUIRE(data.arrays.size() == 6);
  CHECK(elements<int64_t>(data.arrays[0].view) == std::vector<int64_t>{1, -2, 3});
  CHECK(elements<double>(data.arrays[1].view) == std::vector<double>{1, 2.5, 1000});
  CHECK(data.arrays[2].view.dtype == DType::bool_);
  CHECK(elements<char>(data.arrays[2].view) == std::vector<char>{1, 0, 1});
  const auto missing = elements<double>(data.arrays[3].view);
  CHECK((std::isnan(missing[0]) && missing[1] == 3 && std::isnan(missing[2])));
  CHECK(data.arrays[4].fault.ends_with("row 1 (line 2), column 5 (w): 'one' is no number"));
  CHECK(data.arrays[5].view.dtype == DType::float64);
}

TEST_CASE("quotes, line ends and separators") {
  const TemporaryFolder folder;
  const auto names = [&](const std::string& file, const std::string& bytes) {
    std::string list;
    for (const DataArray& array : opened(folder.write(file, bytes)).arrays) list += array.name + "|";
    return list;
  };
  CHECK(names("t.csv", "\xEF\xBB\xBFx,\"a \"\"b\"\"\nc\",z\r1,2,3\r4,5,6") == "x|a \"b\"\nc|z|");
  CHECK(names("t.csv", "a;b,c;d\n1;2;3\n") == "a|b,c|d|");
  CHECK(names("t.csv", "a\tb\n1\t2\n") == "a|b|");
  CHECK(names("t.tsv", "a,b\tc\n1\t2\n") == "a,b|c|");
  CHECK(names("t.txt", "# a comment\n  x   y\t z  \n 1 2 3 \n") == "x|y|z|");
  CHECK(names("t.csv", "1,2\n3,4\n") == "0|1|");
  CHECK(names("t.csv", "# x,y\n1,2\n") == "x|y|");
  const DataArrays none = opened(folder.write("t.csv", "x,y\n"));
  CHECK((none.arrays[1].view.shape == Shape{0} && none.arrays[1].view.dtype == DType::float64));
}

TEST_CASE("rows that do not fit into one piece of the file") {
  const TemporaryFolder folder;
  std::string text = "x,y\n";
  for (int k = 0; k < 60'000; ++k)
    text += "\"" + std::to_string(k) + "\",\"" + std::string(k == 777 ? 300'000 : 3, ' ') + "1\"\n";
  const DataArrays data = opened(folder.write("t.csv", text));
  const auto x = elements<int64_t>(data.arrays[0].view);
  REQUIRE(x.size() == 60'000);
  for (size_t k = 0; k < x.size(); ++k) REQUIRE(x[k] == static_cast<int64_t>(k));
}

TEST_CASE("a table as one array") {
  const TemporaryFolder folder;
  ReadOptions options;
  options.together = true;
  const DataArrays data = opened(folder.write("t.csv", "a,b\n1,2\n3,4.5\n"), options);
  CHECK(data.arrays[0].view.shape == Shape{2, 2});
  CHECK(elements<double>(data.arrays[0].view) == std::vector<double>{1, 2, 3, 4.5});
  CHECK(opened(folder.write("t.csv", "1\n2\n3\n"), options).arrays[0].view.shape == Shape{3});
}

TEST_CASE("what is wrong with a table has a place") {
  const TemporaryFolder folder;
  CHECK(failure(folder, "t.csv", "a,b\n1,2\n\"x\ny\",3\n4,5,6\n") ==
        "row 3 (line 5), column 3: the row has 3 cells, and the first one 2");
  CHECK(failure(folder, "t.csv", "a,b\n1,2\n3\n") ==
        "row 2 (line 3), column 2: the row has 1 cells, and the first one 2");
  CHECK(failure(folder, "t.csv", "a,b\n1,\"2\n3,4\n") ==
        "row 1 (line 2), column 2: the opening quote of the cell has no closing quote");
  CHECK(failure(folder, "t.csv", "a,b\n1,\"2\"3\n") ==
        "row 1 (line 2), column 2: there are characters after the closing quote of the cell");
  CHECK(failure(folder, "t.csv", std::string("a,b\n1,2\0,3\n", 11)) ==
        "row 1 (line 2), column 2: there is a null byte, which a text table cannot contain");
  CHECK(failure(folder, "t.csv", "a;b\n1,5;2\n") ==
        "row 1 (line 2), column 1 (a): '1,5' has a decimal comma: write a point");
  CHECK(failure(folder, "t.csv", "a\ntrue\n1\n") ==
        "row 2 (line 3), column 1 (a): '1' is neither true nor false, as the cells above are");
  CHECK(failure(folder, "t.csv", "a,b\ntrue,1\n,2\n") ==
        "row 2 (line 3), column 1 (a): a cell is missing, and a bool has no value for that");
  CHECK(failure(folder, "t.csv", "\xFF\xFEx") == "it is a text in UTF-16: UTF-8 is read");
  CHECK(failure(folder, "t.csv", "") == "it has no rows");
  ReadOptions options;
  options.names = {"c"};
  CHECK(failure(folder, "t.csv", "a,b\n1,2\n", options) == "it has no column \"c\"; it has a, b");
  options.names = {"a"};
  CHECK(failure(folder, "t.csv", "a,a\n1,2\n", options) == "two of its columns are named \"a\"");
}

TEST_CASE("the longest row of a table has exactly as many bytes as the limit") {
  const TemporaryFolder folder;
  const std::string too_long = fmt::format("the row is longer than {} bytes", TableRows::most_row_bytes);
  ReadOptions first_column;
  first_column.names = {"0"};
#if defined(__SANITIZE_THREAD__)  // one thread reads, and each round is slow under it
  const std::vector<std::string> ends = {"\r\n"};
#else
  const std::vector<std::string> ends = {"", "\n", "\r\n", "\r", "\n3,4\n"};
#endif
  for (const std::string& end : ends) {
    const std::string longest = "1," + std::string(TableRows::most_row_bytes - 3, ' ') + "2";
    const DataArrays data = opened(folder.write("t.csv", "5,6\n" + longest + end), first_column);
    const std::vector<int64_t> read = elements<int64_t>(data.arrays[0].view);
    CHECK((read == std::vector<int64_t>{5, 1} || (end == "\n3,4\n" && read == std::vector<int64_t>{5, 1, 3})));
    CHECK(failure(folder, "t.csv", "5,6\n1, " + longest.substr(2) + end).find(too_long) != std::string::npos);
  }
}

TEST_CASE("members of .npz files") {
  const TemporaryFolder folder;
  const std::string one = npy_bytes(folder, {1, 2, 3}), other = npy_bytes(folder, {4});
  for (const int level : {0, 6}) {
    const std::string bytes = npz(folder, {{"x.npy", one}, {"notes.txt", "words"}, {"y.npy", other}}, level);
    const DataArrays data = opened(folder.write("a.npz", bytes));
    REQUIRE(data.arrays.size() == 2);
    CHECK((data.arrays[0].name == "x" && data.arrays[1].name == "y"));
    CHECK(elements<double>(data.arrays[0].view) == std::vector<double>{1, 2, 3});
    ReadOptions options;
    options.names = {"z"};
    CHECK(failure(folder, "a.npz", bytes, options) == "it has no member \"z\"; it has x, y");
    std::string damaged = bytes;
    damaged[bytes.find("NUMPY") == std::string::npos ? 60 : bytes.find("NUMPY") + 130] ^= 1;
    CHECK(failure(folder, "a.npz", damaged).starts_with("member \"x\": "));
    CHECK(failure(folder, "a.npz", bytes.substr(0, bytes.size() / 2)) ==
          "it is truncated: the list of members at its end is missing");
    std::string unlisted = bytes;
    unlisted[bytes.find("PK\5\6") + 16] ^= 0x7F;  // where the list begins
    CHECK(failure(folder, "a.npz", unlisted) == "its list of members is damaged");
  }
  CHECK(failure(folder, "a.npz", "no archive") == "it is not a .npz file");
  for (const char digit : {'1', '9'}) {  // a shape that asks for fewer or more bytes than there are
    std::string reshaped = npz(folder, {{"x.npy", one}}, 0);
    reshaped[reshaped.find("(3,)") + 1] = digit;
    CHECK(failure(folder, "a.npz", reshaped) == "member \"x\": it is damaged: its checksum is wrong");
  }
  CHECK(failure(folder, "a.npz", npz(folder, {{"x.npy", one.substr(0, one.size() - 1)}}, 0)) ==
        "member \"x\": it is truncated: shape (3,) of float64 takes 24 bytes after the header, but 23 are there");
  CHECK(failure(folder, "a.npz", npz(folder, {{"x.npy", one + "more"}}, 6)) ==
        "member \"x\": it has more bytes than its header says");
  CHECK(failure(folder, "a.npz", npz(folder, {{"x.npy", "no array"}}, 6)).find("magic string is missing") !=
        std::string::npos);
}

TEST_CASE("raw elements have the size of their shape") {
  const TemporaryFolder folder;
  ReadOptions options;
  options.dtype = DType::int32;
  const std::string path = folder.write("a.bin", std::string("\1\0\0\0\2\0\0\0\3\0\0\0", 12));
  for (const bool copy : {false, true}) {
    options.copy = copy;
    const DataArrays data = opened(path, options);
    CHECK(elements<int32_t>(data.arrays[0].view) == std::vector<int32_t>{1, 2, 3});
    CHECK(data.arrays[0].view.mapped == !copy);
  }
  options.shape = Shape{2, 2};
  CHECK(failure(folder, "a.bin", std::string(12, '\1'), options) ==
        "it has 12 bytes, and shape (2, 2) of int32 takes 16");
  options.shape.reset();
  CHECK(failure(folder, "a.bin", "12345", options) == "its 5 bytes are no whole number of int32 elements");
}

TEST_CASE("a file of another kind is noticed") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& name, const std::string& bytes) {
    const std::string path = folder.write(name, bytes);
    return thrown([&] { require_kind_of_ending(path); }).code() == ErrorCode::file;
  };
  const std::string array = npy_bytes(folder, {1});
  CHECK(refused("t.npy", "a,b\n1,2\n"));
  CHECK(refused("t.csv", array));
  CHECK(refused("t.bin", array));
  CHECK(refused("t.png", array));
  CHECK(refused("t.svg", "words"));
  CHECK(refused("t.csv", "<svg/>"));
  CHECK_FALSE(refused("t.npy", array));
  CHECK_FALSE(refused("t.npy", ""));
  CHECK_FALSE(refused("t.csv", "a,b\n"));
  CHECK_FALSE(refused("t.bin", std::string(9, '\0')));
  CHECK_FALSE(refused("t.unknown", "words"));
}

TEST_CASE("mutated files are arrays or errors") {
  const TemporaryFolder folder;
  mutate_and_read(folder, "t.csv", "x,\"y \"\"z\"\"\",w\r\n1,2.5,true\n-3,\"4\",false\n1e400,NA,TRUE\n", 3000);
  mutate_and_read(folder, "t.txt", "# c\nx y z\n1 2.5 true\n -3 \"4\" false\n", 1000);
  const std::string one = npy_bytes(folder, {1, 2, 3});
  for (const int level : {0, 6})
    mutate_and_read(folder, "a.npz", npz(folder, {{"x.npy", one}, {"y.npy", one}}, level), 1500);
}

TEST_CASE("archives that are written are read") {
  const TemporaryFolder folder;
  std::vector<double> values(300'000, 1.5);
  const ArrayView view{reinterpret_cast<char*>(values.data()), DType::float64, {150'000}, {16}};
  const std::vector<NamedView> arrays = {{"x", view}, {"y", {view.data, DType::float64, {}, {}}}};
  write_data({folder.path("a.npz"), -1}, nullptr, arrays);
  const DataArrays data = opened(folder.path("a.npz"));
  REQUIRE(data.arrays.size() == 2);
  CHECK(elements<double>(data.arrays[0].view) == std::vector<double>(150'000, 1.5));
  CHECK((data.arrays[1].name == "y" && data.arrays[1].view.shape.empty()));
  const std::vector<NamedView> same = {{"x", view}, {"x", view}};
  CHECK(thrown([&] { write_data({folder.path("b.npz"), -1}, nullptr, same); }).code() == ErrorCode::argument);
  CHECK(thrown([&] { write_data({folder.path("b.npz"), -1}, nullptr, {}); }).message() == "there is no array to write");
  CHECK(folder.files() == 1);
}
