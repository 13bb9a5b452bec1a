// The C++ interface from its user's side: what can be bound, what comes back, and what is refused.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/temporary_folder.hpp"

using fuseval::DType;
using fuseval::evaluate;

namespace {

using Doubles = std::vector<double>;
using Shape = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a vector expression, as in the first example") {
  const Doubles a = {1, 2, 3};
  const Doubles b = {4, 5, 6};
  const auto c = evaluate("a**2 + b**2", {{"a", a}, {"b", b}});
  CHECK(c.dtype() == DType::float64);
  CHECK(c.shape() == Shape{3});
  CHECK(c.rank() == 1);
  CHECK(c.size() == 3);
  CHECK(c.to_vector<double>() == Doubles{17, 29, 45});
  CHECK(c.data<double>()[1] == 29);
  CHECK(c.at<double>(-1) == 45);
  double sum = 0;
  for (const double x : c.values<double>()) sum += x;
  CHECK(sum == 91);
  CHECK(evaluate("sum(a*b)", {{"a", a}, {"b", b}}).item<double>() == 32);
}

TEST_CASE("every kind of container") {
  const std::array<float, 2> array = {1, 2};
  const std::array<bool, 2> bools = {true, false};
  const int matrix[2][2] = {{1, 2}, {3, 4}};
  std::vector<std::uint8_t> bytes = {200, 100};
  CHECK(evaluate("x", {{"x", array}}).dtype() == DType::float32);
  CHECK(evaluate("x", {{"x", bools}}).dtype() == DType::bool_);
  CHECK(evaluate("x", {{"x", matrix}}).shape() == Shape{2, 2});
  CHECK(evaluate("x[1, 0]", {{"x", matrix}}).item<int>() == 3);
  CHECK(evaluate("x + x", {{"x", bytes}}).to_vector<std::uint8_t>() == std::vector<std::uint8_t>{144, 200});
  CHECK(evaluate("x", {{"x", std::vector<long long>{5}}}).dtype() == DType::int64);
  CHECK(evaluate("x", {{"x", std::vector<unsigned short>{5}}}).dtype() == DType::uint16);
  const auto made = evaluate("arange(4)*1.5");
  CHECK(evaluate("sum(x)", {{"x", made}}).item<double>() == 9);
  CHECK(evaluate("sum(x)", {{"x", made[0]}}).item<double>() == 9);
  CHECK(evaluate("x + 1", {{"x", Doubles{}}}).shape() == Shape{0});
  CHECK(evaluate("x + 1", {{"x", Doubles{}}}).to_vector<double>().empty());
}

TEST_CASE("views of any layout") {
  Doubles data = {0, 1, 2, 3, 4, 5};
  CHECK(evaluate("x", {{"x", fuseval::view(data.data(), {2, 3})}}).at<double>(1, 0) == 3);
  CHECK(evaluate("x", {{"x", fuseval::view(data.data() + 5, {3}, {-16})}}).to_vector<double>() == Doubles{5, 3, 1});
  CHECK(evaluate("x", {{"x", fuseval::view(data.data(), {3, 2}, {8, 24})}}).at<double>(2, 1) == 5);
  CHECK(evaluate("sum(x)", {{"x", fuseval::view(data.data() + 1, {10}, {0})}}).item<double>() == 10);
  const Shape many(6, 1);
  CHECK(evaluate("x", {{"x", fuseval::view(data.data(), many, Shape(6, 8))}}).shape() == many);
  CHECK(evaluate("x", {{"x", fuseval::view(&data[3], {})}}).item<double>() == 3);
  CHECK(error_of([&] { fuseval::view(data.data(), {2, 3}, {8}); }).message() == "a view of 2 dimensions has 1 strides");
}

TEST_CASE("C++ scalars are weak, fuseval::scalar is strong") {
  const std::vector<float> f = {1, 2};
  CHECK(evaluate("f*k", {{"f", f}, {"k", 2.5}}).dtype() == DType::float32);
  CHECK(evaluate("f*k", {{"f", f}, {"k", 2.5f}}).dtype() == DType::float32);
  CHECK(evaluate("f*k", {{"f", f}, {"k", fuseval::scalar(2.5)}}).dtype() == DType::float64);
  CHECK(evaluate("k + 1", {{"k", fuseval::scalar<std::int8_t>(3)}}).dtype() == DType::int8);
  CHECK(evaluate("k + 1", {{"k", 3}}).item<int>() == 4);
  CHECK(evaluate("k", {{"k", true}}).dtype() == DType::bool_);
  CHECK(evaluate("k", {{"k", std::size_t{7}}}).dtype() == DType::int64);
  CHECK(error_of([] {
          evaluate("k", {{"k", UINT64_MAX}});
        }).message() == "the integer 18446744073709551615 is beyond int64; bind it as fuseval::scalar<std::uint64_t>");
  CHECK(evaluate("k", {{"k", fuseval::scalar(UINT64_MAX)}}).item<std::uint64_t>() == UINT64_MAX);
}

TEST_CASE("tuples: by index and unpacked, owning their memory apart from the whole") {
  const Doubles a = {3, 1, 2};
  auto [low, high] = evaluate("min(a), max(a)", {{"a", a}}).unpack<2>();
  CHECK(low.item<double>() == 1);
  CHECK(high.item<double>() == 3);
  fuseval::Array kept;
  {
    const auto result = evaluate("a + 1, sum(a)", {{"a", a}});
    CHECK(result.is_tuple());
    CHECK(result.count() == 2);
    kept = result[0];
    CHECK(error_of([&] { result[2]; }).message() == "there is no result 2: there are 2");
    CHECK(error_of([&] { result.dtype(); }).message() ==
          "there are 2 results: choose one by result[i] or take all by unpack<n>()");
    CHECK(error_of([&] { result.unpack<3>(); }).message() == "there are 2 results, not 3");
  }
  CHECK(kept.to_vector<double>() == Doubles{4, 2, 3});
  CHECK(!evaluate("a", {{"a", a}}).is_tuple());
  CHECK(evaluate("sum(a),", {{"a", a}}).item<double>() == 6);
  const fuseval::Array moved = std::move(kept);
  CHECK(moved.size() == 3);
  CHECK(error_of([&] { kept.size(); }).message() == "the array is empty: it was moved from, or never made");
}

TEST_CASE("programs are compiled once and called many times") {
  Doubles a = {1, 2, 3};
  const Doubles b = {10, 20, 30};
  const auto axpy = fuseval::compile("k*a + b", {{"k", 1.0}, {"a", a}, {"b", b}});
  CHECK(axpy(2.0, a, b).to_vector<double>() == Doubles{12, 24, 36});
  CHECK(axpy(0.5, b, a).to_vector<double>() == Doubles{6, 12, 18});
  Doubles out(3);
  const auto into_out = axpy.into(out);
  for (int k = 0; k < 3; ++k) {
    into_out(double(k), a, b);
    CHECK(out[2] == 3 * k + 30);
  }
  axpy.into(fuseval::view(out.data() + 2, {3}, {-8}))(1.0, a, b);
  CHECK(out == Doubles{33, 22, 11});
  axpy.into(a)(1.0, a, b);  // in place
  CHECK(a == Doubles{11, 22, 33});
  CHECK(
      axpy.run({fuseval::detail::view_of(b).raw().data ? fuseval::View::of_scalar(2.0, FV_VIEW_WEAK) : fuseval::View(),
                fuseval::view(b.data(), {3}), fuseval::view(b.data(), {3})})
          .to_vector<double>() == Doubles{30, 60, 90});
  const auto both = fuseval::compile("a + 1, a > 1", {{"a", a}});
  std::array<bool, 3> above{};
  both.into(out, above)(Doubles{0, 1, 2});
  CHECK(out == Doubles{1, 2, 3});
  CHECK(above == std::array<bool, 3>{false, false, true});
}

TEST_CASE("a program called from several threads") {
  const auto program = fuseval::compile("sum(a*k)", {{"a", Doubles{1}}, {"k", 1}});
  std::vector<std::thread> threads;
  std::array<bool, 4> right{};
  for (std::size_t t = 0; t < right.size(); ++t)
    threads.emplace_back([&, t] {
      const Doubles mine(1000, static_cast<double>(t));
      right[t] = true;
      for (int k = 0; k < 50; ++k) right[t] &= program(mine, k).item<double>() == 1000.0 * static_cast<double>(t) * k;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::array<bool, 4>{true, true, true, true});
}

TEST_CASE("outputs, with casting rules, untouched by failures") {
  const Doubles a = {1.5, 2.5};
  std::vector<float> narrow(2);
  evaluate("a*2", {{"a", a}}, fuseval::into(narrow));
  CHECK(narrow == std::vector<float>{3, 5});
  std::vector<int> integers = {7, 7};
  CHECK(error_of([&] { evaluate("a", {{"a", a}}, fuseval::into(integers)); }).code() == FV_ERROR_CASTING);
  CHECK(integers == std::vector<int>{7, 7});
  fuseval::RunOptions options;
  options.casting = fuseval::Casting::unsafe;
  evaluate("a", {{"a", a}}, fuseval::into(integers), options);
  CHECK(integers == std::vector<int>{1, 2});
  Doubles wrong_size(3);
  CHECK(error_of([&] { evaluate("a", {{"a", a}}, fuseval::into(wrong_size)); }).code() == FV_ERROR_SHAPE);
  CHECK(error_of([&] { fuseval::into(a); }).message() == "an output refers to constant data");
}

TEST_CASE("item() converts upwards only") {
  CHECK(evaluate("True").item<double>() == 1);
  CHECK(evaluate("3").item<float>() == 3);
  CHECK(evaluate("uint8(200)").item<std::int16_t>() == 200);
  CHECK(error_of([] { evaluate("1.5").item<int>(); }).code() == FV_ERROR_DTYPE);
  CHECK(error_of([] { evaluate("300").item<std::uint8_t>(); }).message() ==
        "item(): 300 does not fit in the requested type");
  CHECK(error_of([] { evaluate("-1").item<std::uint64_t>(); }).code() == FV_ERROR_VALUE);
  CHECK(error_of([] { evaluate("arange(3)").item<int>(); }).message() == "item() needs one element; the result has 3");
}

TEST_CASE("to_vector() converts as item() does") {
  CHECK(evaluate("arange(3)").to_vector<double>() == Doubles{0, 1, 2});
  CHECK(evaluate("array([[1, 2], [3, 4]]).T").to_vector<float>() == std::vector<float>{1, 3, 2, 4});
  CHECK(evaluate("array([True, False])").to_vector<int>() == std::vector<int>{1, 0});
  CHECK(evaluate("array([0.5])").to_vector<float>() == std::vector<float>{0.5f});
  CHECK(evaluate("arange(0)").to_vector<double>().empty());
  CHECK(
      error_of([] { evaluate("array([1.5])").to_vector<int>(); }).message() ==
      "to_vector() converts no float64 to int32: write int32(...) in the text, or ask for a type of the result's kind");
  CHECK(error_of([] { evaluate("[1, 300]").to_vector<std::uint8_t>(); }).message() ==
        "to_vector(): 300 does not fit in the requested type");
}

TEST_CASE("element access is checked") {
  const auto c = evaluate("arange(6).reshape(2, 3)*1.0");
  CHECK(c.at<double>(-1, -1) == 5);
  CHECK(error_of([&] { c.at<double>(0, 3); }).message() == "index 3 is out of range for axis 1 of extent 3");
  CHECK(error_of([&] { c.at<double>(0); }).message() == "at() has 1 indices; the result has 2 dimensions");
  CHECK(error_of([&] { c.data<float>(); }).message() == "the result is float64, not float32");
}

TEST_CASE("errors carry all that the library knows of them") {
  const Doubles a = {1, 2};
  const auto error = error_of([&] { evaluate("a +\\\n unknwon", {{"a", a}}); });
  CHECK(error.code() == FV_ERROR_UNKNOWN_NAME);
  CHECK(error.message().find("unknwon") != std::string::npos);
  CHECK(error.span().first < error.span().second);
  CHECK(error.line() >= 1);
  CHECK(error.column() == 2);
  CHECK(error.caret().find("^~~~~~~") != std::string::npos);
  CHECK(std::string(error.what()).find(error.caret()) != std::string::npos);
  const auto placeless = error_of([] { fuseval::NpyFile("/no/such.npy"); });
  CHECK(placeless.code() == FV_ERROR_FILE);
  CHECK(placeless.what() == placeless.message());
  CHECK(placeless.line() == 0);
  CHECK_THROWS_AS(evaluate("1 +"), std::runtime_error);
}

TEST_CASE("sessions, counters, explain and info") {
  fuseval::SessionOptions options;
  options.threads = 1;
  const fuseval::Session session(options);
  const Doubles a(100'000, 1.0);
  CHECK(session.evaluate("sum(a)", {{"a", a}}).item<double>() == 100'000);
  CHECK(session.counters().launches >= 1);
  CHECK(session.counters().threads_used == 1);
  CHECK(session.explain("a + 1", {{"a", a}}, "ast").find("binary") != std::string::npos);
  CHECK(!fuseval::explain("a + 1", {{"a", a}}).empty());
  CHECK(error_of([] { fuseval::explain("1", {}, "nonsense"); }).code() == FV_ERROR_ARGUMENT);
  CHECK(fuseval::info().find("threads") != std::string::npos);
  CHECK(fuseval::version() == "0.1.0");
  options.vector_bits = 100;
  CHECK(error_of([&] { fuseval::Session{options}; }).code() != FV_OK);
}

TEST_CASE(".npy files are saved and bound") {
  const TemporaryFolder folder;
  const std::string path = folder.path("a.npy");
  const int matrix[2][2] = {{1, 2}, {3, 4}};
  fuseval::save(path, matrix);
  {
    const fuseval::NpyFile file(path);
    CHECK(evaluate("m.T", {{"m", file}}).to_vector<int>() == std::vector<int>{1, 3, 2, 4});
  }
  fuseval::save(path, evaluate("arange(3)*2"));
  CHECK(evaluate("m", {{"m", fuseval::NpyFile(path, true)}}).to_vector<std::int64_t>() == Shape{0, 2, 4});
}

TEST_CASE("bindings can be built name by name") {
  const Doubles a = {1, 2};
  fuseval::Bindings bindings;
  bindings.add("a", a).add("k", 3);
  CHECK(evaluate("a*k", bindings).to_vector<double>() == Doubles{3, 6});
}

TEST_CASE("data files are written and read by their endings") {
  const TemporaryFolder folder;
  const Doubles price = {1.5, -0.1, 1e300};
  const std::vector<int> count = {1, 2, 3};
  const std::string path = folder.path("t.csv");
  fuseval::write_data(path, {{"price", price}, {"a, b", count}});
  CHECK(folder.read("t.csv") == "price,\"a, b\"\n1.5,1\n-0.1,2\n1e+300,3\n");
  const fuseval::DataFile table(path);
  CHECK(table.names() == std::vector<std::string>{"price", "a, b"});
  CHECK(evaluate("p", {{"p", table.view("price")}}).to_vector<double>() == price);
  CHECK(evaluate("q", {{"q", table.view("a, b")}}).to_vector<std::int64_t>() == Shape{1, 2, 3});
  CHECK(error_of([&] { table.view(); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([&] { table.view("qty"); }).code() == FV_ERROR_ARGUMENT);
  CHECK(error_of([&] { table.at(2); }).code() == FV_ERROR_ARGUMENT);
  fuseval::DataOptions options;
  options.together = true;
  const fuseval::DataFile whole(path, options);
  CHECK(evaluate("a[:, 1]", {{"a", whole.view()}}).to_vector<double>() == Doubles{1, 2, 3});
  options = {};
  options.dtype = DType::float64;
  options.shape = {3, 1};
  fuseval::write_data(folder.path("r.bin"), {{"", price}});
  CHECK(evaluate("r[:, 0]", {{"r", fuseval::DataFile(folder.path("r.bin"), options).view()}}).to_vector<double>() ==
        price);
}

TEST_CASE("data files that are refused") {
  const TemporaryFolder folder;
  const Doubles a = {1, 2};
  const auto refusal = [&](auto&& f) { return error_of(f).code(); };
  CHECK(refusal([&] { fuseval::DataFile file(folder.path("x.xlsx")); }) == FV_ERROR_ARGUMENT);
  CHECK(refusal([&] { fuseval::DataFile file(folder.path("x.csv")); }) == FV_ERROR_FILE);
  CHECK(refusal([&] { fuseval::DataFile file(folder.path("x.bin")); }) == FV_ERROR_ARGUMENT);  // without a dtype
  CHECK(refusal([&] { fuseval::write_data(folder.path("x"), {{"a", a}}); }) == FV_ERROR_ARGUMENT);
  CHECK(refusal([&] { fuseval::write_data(folder.path("x.npy"), {{"a", a}, {"b", a}}); }) == FV_ERROR_ARGUMENT);
  CHECK(refusal([&] { fuseval::write_data(folder.path("x.csv"), {{"a", a}, {"b", 1.0}}); }) == FV_ERROR_SHAPE);
  CHECK(refusal([&] { fuseval::write_data(folder.path("x.csv"), {{"a", a}}, "nonsense"); }) == FV_ERROR_ARGUMENT);
  CHECK(folder.files() == 0);
  CHECK(fuseval::format_to_read("a.npz") == "npz");
  CHECK(refusal([] { fuseval::format_to_write("a.png"); }) == FV_ERROR_ARGUMENT);
  folder.write("x.npy", "words");
  CHECK(refusal([&] { fuseval::check_kind(folder.path("x.npy")); }) == FV_ERROR_FILE);
}

TEST_CASE("data by descriptors") {
  const TemporaryFolder folder;
  std::FILE* file = std::fopen(folder.path("t").c_str(), "w+");
  REQUIRE(file != nullptr);
  fuseval::write_data(fileno(file), {{"x", Doubles{1, 2}}, {"y", Doubles{3, 4}}}, "tsv");
  std::rewind(file);
  fuseval::DataOptions options;
  options.format = "tsv";
  options.names = {"y", "z"};
  options.passes_over_missing = true;
  const fuseval::DataFile table = fuseval::DataFile::of_descriptor(fileno(file), options);
  CHECK(table.names() == std::vector<std::string>{"y"});
  CHECK(evaluate("y", {{"y", table.view()}}).to_vector<double>() == Doubles{3, 4});
  std::fclose(file);
}
