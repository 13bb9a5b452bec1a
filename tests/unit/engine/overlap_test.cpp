// Outputs in the caller's memory: they may overlap inputs and each other in any way, and the result is as if the inputs
// had been copied first. Every byte that is not an output stays as it was. Also what an output may be cast from, and
// that a call that fails has written nothing.
#include <doctest/doctest.h>

#include <numeric>

#include "support.hpp"

using namespace engine_test;
using fuseval::Casting;
using fuseval::View;

namespace {

using Doubles = std::vector<double>;

/// A view of doubles somewhere in a buffer; strides count elements.
struct Slice {
  std::int64_t offset;
  Shape shape;
  Shape strides;

  View of(Doubles& buffer) const {
    Shape bytes = strides;
    for (auto& stride : bytes) stride *= 8;
    return fuseval::view(buffer.data() + offset, shape, bytes);
  }
};

Doubles numbered(std::size_t count) {
  Doubles buffer(count);
  for (std::size_t k = 0; k < count; ++k) buffer[k] = static_cast<double>(k + 1) + 1 / static_cast<double>(k + 3);
  return buffer;
}

/// Writes the result, broadcast to the slice's shape, element by element.
void assign(Doubles& buffer, const Slice& slice, const fuseval::Array& result) {
  const Shape shape = result.shape();
  const Doubles values = result.to_vector<double>();
  const std::size_t extra = slice.shape.size() - shape.size();
  Shape index(slice.shape.size(), 0);
  if (count_of(slice.shape) > 0) do {
      std::int64_t from = 0, to = slice.offset;
      for (std::size_t k = 0; k < index.size(); ++k) {
        to += index[k] * slice.strides[k];
        if (k >= extra) from = from * shape[k - extra] + (shape[k - extra] == 1 ? 0 : index[k]);
      }
      buffer[static_cast<std::size_t>(to)] = values[static_cast<std::size_t>(from)];
    } while (advance(index, slice.shape));
}

struct Named {
  std::string name;
  Slice slice;
};

/// Evaluates into slices of one buffer that the inputs lie in too.
void check(const std::string& text, const Doubles& start, const std::vector<Named>& inputs,
           const std::vector<Slice>& outputs, const fuseval::Session& session = fuseval::Session::shared()) {
  CAPTURE(std::string(text));
  Doubles copy = start, expected = start, buffer = start;
  fuseval::Bindings copied, bound;
  for (const Named& input : inputs) {
    copied.add(input.name, input.slice.of(copy));
    bound.add(input.name, input.slice.of(buffer));
  }
  const fuseval::Result result = session.evaluate(text, copied);
  for (std::size_t k = 0; k < outputs.size(); ++k) assign(expected, outputs[k], result[k]);
  std::vector<View> views;
  for (const Slice& output : outputs) views.push_back(output.of(buffer));
  session.evaluate(text, bound, fuseval::Outputs(views));
  CHECK(first_difference(buffer.data(), expected.data(), buffer.size()) == -1);
}

Slice row(std::int64_t offset, std::int64_t count, std::int64_t stride = 1) { return {offset, {count}, {stride}}; }

}  // namespace

TEST_CASE("shifted by one, forwards and backwards, at every size around the vectors'") {
  for (std::int64_t n : {1, 2, 7, 8, 9, 16, 17, 63, 64, 65, 1000}) {
    CAPTURE(n);
    const Doubles start = numbered(static_cast<std::size_t>(n) + 8);
    for (const std::int64_t shift : {1, 2, 3, 4, 7}) {
      check("a*2 + 1", start, {{"a", row(0, n)}}, {row(shift, n)});
      check("a*2 + 1", start, {{"a", row(shift, n)}}, {row(0, n)});
      check("a - b", start, {{"a", row(shift, n)}, {"b", row(0, n)}}, {row(0, n)});
    }
  }
}

TEST_CASE("the same array: in place, reversed, in steps") {
  for (std::int64_t n : {1, 2, 9, 64, 513}) {
    CAPTURE(n);
    const Doubles start = numbered(static_cast<std::size_t>(2 * n));
    check("a*a", start, {{"a", row(0, n)}}, {row(0, n)});
    check("a*a", start, {{"a", row(0, n)}}, {row(n - 1, n, -1)});
    check("a[::-1]*1", start, {{"a", row(0, n)}}, {row(0, n)});
    check("a + 1", start, {{"a", row(0, n, 2)}}, {row(0, n)});
    check("a + 1", start, {{"a", row(0, n)}}, {row(0, n, 2)});
    check("a + 1", start, {{"a", row(0, n, 2)}}, {row(1, n, 2)});
    check("a + a[::-1]", start, {{"a", row(0, n)}}, {row(0, n)});
  }
}

TEST_CASE("transposed in place, and blocks of a matrix") {
  const std::int64_t n = 37;
  const Doubles start = numbered(static_cast<std::size_t>(n * n));
  const Slice whole{0, {n, n}, {n, 1}}, transposed{0, {n, n}, {1, n}};
  check("a*1", start, {{"a", whole}}, {transposed});
  check("a.T*1", start, {{"a", whole}}, {whole});
  check("a + a.T", start, {{"a", whole}}, {whole});
  check("a + b", start, {{"a", Slice{0, {n - 1, n - 1}, {n, 1}}}, {"b", Slice{n + 1, {n - 1, n - 1}, {n, 1}}}},
        {Slice{1, {n - 1, n - 1}, {n, 1}}});
  const std::string laplace = "u[2:,1:-1] + u[:-2,1:-1] + u[1:-1,2:] + u[1:-1,:-2] - 4*u[1:-1,1:-1]";
  check(laplace, start, {{"u", whole}}, {Slice{n + 1, {n - 2, n - 2}, {n, 1}}});
}

TEST_CASE("two outputs over the inputs crosswise, and over each other") {
  for (std::int64_t n : {1, 5, 100}) {
    const Doubles start = numbered(static_cast<std::size_t>(3 * n));
    check("b, a", start, {{"a", row(0, n)}, {"b", row(n, n)}}, {row(0, n), row(n, n)});
    check("a + b, a - b", start, {{"a", row(0, n)}, {"b", row(n, n)}}, {row(n, n), row(0, n)});
    check("a + b, sum(a)", start, {{"a", row(0, n)}, {"b", row(n, n)}}, {row(0, n), Slice{2 * n, {}, {}}});
    check("sum(a), a + b", start, {{"a", row(0, n)}, {"b", row(n, n)}}, {Slice{0, {}, {}}, row(n, n)});
    // Outputs that overlap each other are written in order: the last one wins.
    check("a + 1, a + 2", start, {{"a", row(0, n)}}, {row(2, n), row(1, n)});
  }
}

TEST_CASE("reductions into a cell or a row of what they reduce") {
  const std::int64_t n = 50, m = 30;
  const Doubles start = numbered(static_cast<std::size_t>(n * m));
  const Slice whole{0, {n, m}, {m, 1}};
  check("sum(a)", start, {{"a", whole}}, {Slice{7 * m + 3, {}, {}}});
  check("sum(a, axis=0)", start, {{"a", whole}}, {row(2 * m, m)});
  check("sum(a, axis=1)", start, {{"a", whole}}, {row(3, n, m)});
  check("a - mean(a, axis=0)", start, {{"a", whole}}, {whole});
  check("a / max(a)", start, {{"a", whole}}, {whole});
  check("a - sum(a, axis=1, keepdims=True), min(a)", start, {{"a", whole}}, {whole, Slice{5, {}, {}}});
}

TEST_CASE("rows in place, tile by tile, over themselves and over others") {
  const std::int64_t n = 200, m = 600;
  const Doubles start = numbered(static_cast<std::size_t>((n + 2) * (m + 2)));
  const Slice whole{0, {n, m}, {m, 1}}, padded{0, {n, m}, {m + 2, 1}}, next_row{m, {n, m}, {m, 1}};
  const Slice flipped{(n - 1) * m, {n, m}, {-m, 1}}, turned{0, {m, n}, {1, m}};
  const char* by_row = "a - mean(a, axis=1, keepdims=True)";
  const std::string softmax =
      "exp(a - max(a, axis=1, keepdims=True)) / sum(exp(a - max(a, axis=1, keepdims=True)), axis=1, keepdims=True)";
  for (const int threads : {1, 3}) {
    const fuseval::Session session = session_of(threads);
    for (const std::string& text : {std::string(by_row), softmax}) {
      check(text, start, {{"a", whole}}, {whole}, session);
      check(text, start, {{"a", padded}}, {padded}, session);
      check(text, start, {{"a", whole}}, {next_row}, session);
      check(text, start, {{"a", next_row}}, {whole}, session);
      check(text, start, {{"a", whole}}, {flipped}, session);
      check(text, start, {{"a", flipped}}, {flipped}, session);
      check(text, start, {{"a", turned}}, {turned}, session);
      check(text, start, {{"a", whole}}, {padded}, session);
    }
    check("a - mean(a, axis=0)", start, {{"a", whole}}, {whole}, session);
    check("a - mean(a, axis=0)", start, {{"a", flipped}}, {flipped}, session);
    check("a - mean(a[::-1], axis=1, keepdims=True)", start, {{"a", whole}}, {whole}, session);
    check("a[::-1] - mean(a, axis=1, keepdims=True)", start, {{"a", whole}}, {whole}, session);
    check("a - mean(a, axis=1, keepdims=True), sum(a)", start, {{"a", whole}}, {whole, Slice{n * m + 5, {}, {}}},
          session);
    check("b - mean(a, axis=1, keepdims=True)", start, {{"a", whole}, {"b", next_row}}, {next_row}, session);
    check("b - mean(a, axis=1, keepdims=True)", start, {{"a", whole}, {"b", whole}}, {whole}, session);
  }
}

TEST_CASE("outputs larger than the result, 0-d and empty ones") {
  const Doubles start = numbered(60);
  check("a + 1", start, {{"a", row(0, 10)}}, {Slice{0, {6, 10}, {10, 1}}});
  check("sum(a)", start, {{"a", row(0, 10)}}, {Slice{5, {4, 3}, {3, 1}}});
  check("a[0] + a[1]", start, {{"a", row(0, 10)}}, {Slice{1, {}, {}}});
  check("a + 1", start, {{"a", Slice{4, {}, {}}}}, {Slice{4, {}, {}}});
  check("a + 1", start, {{"a", row(5, 0)}}, {row(5, 0)});
  check("a.reshape(5, 2)", start, {{"a", row(0, 10)}}, {Slice{0, {5, 2}, {1, 5}}});
}

TEST_CASE("large arrays on several threads") {
  const fuseval::Session session = session_of(3);
  const std::int64_t n = 300000;
  const Doubles start = numbered(static_cast<std::size_t>(n) + 10);
  check("a*2 + b", start, {{"a", row(0, n)}, {"b", row(5, n)}}, {row(1, n)}, session);
  check("a*2 + b", start, {{"a", row(0, n)}, {"b", row(5, n)}}, {row(0, n)}, session);
  check("a - mean(a)", start, {{"a", row(0, n)}}, {row(n - 1, n, -1)}, session);
  CHECK(session.counters().tasks > 1);  // whether two threads were quick enough to take some is not ours to say
}

TEST_CASE("random slices of one buffer") {
  MESSAGE("seed " << seed);
  std::mt19937_64 random(seed);
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  const std::int64_t size = 400;
  const Doubles start = numbered(size);
  const auto slice_of = [&](std::int64_t rows, std::int64_t columns) {
    const bool turned = random() % 2 == 0;
    const std::int64_t inner = between(1, 3), outer = (turned ? rows : columns) * inner + between(0, 4);
    Slice slice{0, {rows, columns}, turned ? Shape{inner, outer} : Shape{outer, inner}};
    const std::int64_t reach = (rows - 1) * slice.strides[0] + (columns - 1) * slice.strides[1];
    slice.offset = between(0, size - 1 - reach);
    for (std::size_t axis = 0; axis < 2; ++axis)
      if (random() % 3 == 0) {
        slice.offset += (slice.shape[axis] - 1) * slice.strides[axis];
        slice.strides[axis] = -slice.strides[axis];
      }
    return slice;
  };
  const char* texts[] = {"a*2 - b",
                         "a + b[::-1]",
                         "a + sum(b, axis=0)",
                         "where(a > b, a, b)",
                         "a[:, ::-1] - mean(b)",
                         "a - max(a, axis=1, keepdims=True)",
                         "b - max(a, axis=0)"};
  for (int round = 0; round < 600; ++round) {
    CAPTURE(round);
    const std::int64_t rows = between(1, 6), columns = between(1, 12);
    check(texts[random() % std::size(texts)], start, {{"a", slice_of(rows, columns)}, {"b", slice_of(rows, columns)}},
          {slice_of(rows, columns)});
  }
}

TEST_CASE("casting to an output follows the rule that is asked for") {
  const std::vector<double> a = {1.75, -2.5, 3};
  const fuseval::Bindings bindings = {{"a", a}};
  const auto code = [&](auto& output, const char* text, Casting casting) {
    fuseval::RunOptions options;
    options.casting = casting;
    return error_of([&] { fuseval::evaluate(text, bindings, fuseval::into(output), options); }).code();
  };
  std::vector<float> floats(3, 9);
  CHECK(code(floats, "a", Casting::no) == FV_ERROR_CASTING);
  CHECK(code(floats, "a", Casting::safe) == FV_ERROR_CASTING);
  CHECK(floats == std::vector<float>{9, 9, 9});
  CHECK(code(floats, "a", Casting::same_kind) == FV_OK);
  CHECK(floats == std::vector<float>{1.75f, -2.5f, 3});
  std::vector<std::int32_t> integers(3, 9);
  CHECK(code(integers, "a", Casting::same_kind) == FV_ERROR_CASTING);
  CHECK(code(integers, "a > 2", Casting::no) == FV_ERROR_CASTING);
  CHECK(integers == std::vector<std::int32_t>{9, 9, 9});
  CHECK(code(integers, "a", Casting::unsafe) == FV_OK);
  CHECK(integers == std::vector<std::int32_t>{1, -2, 3});
  CHECK(code(integers, "a > 2", Casting::safe) == FV_OK);
  CHECK(integers == std::vector<std::int32_t>{0, 0, 1});
  std::vector<double> doubles(3, 9);
  CHECK(code(doubles, "a > 2", Casting::same_kind) == FV_OK);
  CHECK(code(doubles, "a*2", Casting::no) == FV_OK);
  CHECK(doubles == std::vector<double>{3.5, -5, 6});
}

TEST_CASE("an output of another dtype over its own input") {
  std::vector<double> buffer = {1, 2, 3, 4, 5, 6, 7, 8};
  auto* floats = reinterpret_cast<float*>(buffer.data());
  const fuseval::Bindings bindings = {{"a", buffer}};
  fuseval::evaluate("a + 1", bindings, fuseval::Outputs({fuseval::view(floats, {8})}));
  for (int k = 0; k < 8; ++k) {
    float value;
    std::memcpy(&value, reinterpret_cast<char*>(buffer.data()) + 4 * k, 4);
    CHECK(value == static_cast<float>(k + 2));
  }
  CHECK(buffer[4] == 5);
}

TEST_CASE("what cannot be an output") {
  Doubles a = {1, 2, 3}, out = {7, 7, 7};
  const fuseval::Bindings bindings = {{"a", a}};
  const auto failure = [&](const char* text, std::vector<View> outputs) {
    return error_of([&] { fuseval::evaluate(text, bindings, fuseval::Outputs(std::move(outputs))); });
  };
  const View good = fuseval::view(out.data(), {3});
  CHECK(failure("a*2", {View(out.data(), fuseval::DType::float64, {3}, {}, FV_VIEW_READONLY)}).code() ==
        FV_ERROR_ARGUMENT);
  CHECK(failure("a*2", {fuseval::view(out.data(), {3}, {0})}).code() == FV_ERROR_ARGUMENT);
  CHECK(failure("a*2", {fuseval::view(out.data(), {2})}).code() == FV_ERROR_SHAPE);
  CHECK(failure("a*2", {fuseval::view(out.data(), {3, 1})}).code() == FV_ERROR_SHAPE);
  CHECK(failure("a*2", {fuseval::view(out.data(), {})}).code() == FV_ERROR_SHAPE);
  CHECK(failure("a*2", {fuseval::view(out.data(), {1})}).code() == FV_ERROR_SHAPE);
  CHECK(failure("a*2", {good, good}).code() == FV_ERROR_ARGUMENT);
  CHECK(failure("a*2, a*3", {good}).code() == FV_ERROR_ARGUMENT);
  CHECK(failure("a*2, -(a > 1)", {good, good}).code() == FV_ERROR_DTYPE);
  CHECK(failure("a*2, a[:2] + a", {good, good}).code() == FV_ERROR_SHAPE);
  CHECK(failure("a*2, b", {good, good}).code() == FV_ERROR_UNKNOWN_NAME);
  CHECK(out == Doubles{7, 7, 7});
  CHECK(failure("a*2", {fuseval::view(out.data(), {1, 3})}).code() == FV_OK);
  CHECK(out == Doubles{2, 4, 6});
}

TEST_CASE("errors that depend on values are found before anything is written") {
  const std::vector<std::int64_t> base = {2, 3, 4}, exponent = {1, -1, 2};
  std::vector<std::int64_t> first = {7, 7, 7}, second = {8, 8, 8};
  const fuseval::Bindings bindings = {{"a", base}, {"b", exponent}};
  const auto error = error_of([&] { fuseval::evaluate("a*2, a**b", bindings, fuseval::into(first, second)); });
  CHECK(error.code() == FV_ERROR_VALUE);
  CHECK(first == std::vector<std::int64_t>{7, 7, 7});
  CHECK(second == std::vector<std::int64_t>{8, 8, 8});
  // The exponents lie where the result goes: the check and the run must both see them as they were.
  std::vector<std::int64_t> both = {3, 2, 1, 0};
  fuseval::evaluate("a**b", {{"a", fuseval::view(both.data(), {3})}, {"b", fuseval::view(both.data() + 1, {3})}},
                    fuseval::Outputs({fuseval::view(both.data() + 1, {3})}));
  CHECK(both == std::vector<std::int64_t>{3, 9, 2, 1});
}
