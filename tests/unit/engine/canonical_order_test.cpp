// The promise of equal bits: threads, layouts and vector widths change nothing, and sums are those of the canonical
// order. Compared with a reference that is written in this folder, to the bit.
#include <doctest/doctest.h>

#include <chrono>

#include "canonical_reference.hpp"

using namespace engine_test;

namespace {

struct Case {
  Shape shape;
  std::vector<int> axes;  // none: all
};

std::string axis_text(const std::vector<int>& axes) {
  if (axes.empty()) return "None";
  std::string text = "(";
  for (const int axis : axes) text += std::to_string(axis) + ",";
  return text + ")";
}

template <class T>
struct FloatReduction {
  const char* name;
  T (*reduce)(const std::vector<T>&, Order);
};
template <class T>
constexpr FloatReduction<T> float_reductions[] = {
    {"sum", canonical_sum<T>}, {"prod", canonical_prod<T>}, {"mean", canonical_mean<T>}, {"var", canonical_var<T>}};

template <class T>
std::vector<T> numbers_for(const std::string& reduction, std::size_t count) {
  return reduction == "prod" ? near_one<T>(count) : rough_numbers<T>(count);
}

/// One session for each vector width, with seven threads; a run may ask for fewer.
const std::vector<fuseval::Session>& sessions() {
  static const std::vector<fuseval::Session> list = [] {
    std::vector<fuseval::Session> made;
    for (const int bits : vector_widths()) made.push_back(session_of(7, bits));
    return made;
  }();
  return list;
}

template <class T>
void check(const Case& wanted, const FloatReduction<T>& reduction, Layout layout, std::vector<int> threads) {
  const auto count = static_cast<std::size_t>(count_of(wanted.shape));
  const Array<T> array(numbers_for<T>(reduction.name, count), wanted.shape, layout);
  const std::vector<T> expected = reduced<T>(array.values(), wanted.shape, wanted.axes, reduction.reduce);
  const std::string text = std::string(reduction.name) + "(a, axis=" + axis_text(wanted.axes) + ")";
  for (const fuseval::Session& session : sessions())
    for (const int t : threads) {
      CAPTURE(sizeof(T));
      CAPTURE(std::string(text));
      CAPTURE(wanted.shape[0]);
      CAPTURE(std::string(name_of(layout)));
      CAPTURE(t);
      const fuseval::Result result = session.evaluate(text, {{"a", array.view()}}, with_threads(t));
      REQUIRE(result.size() == expected.size());
      CHECK(first_difference(result.data<T>(), expected.data(), expected.size()) == -1);
    }
}

template <class T>
void check_all_layouts(const Case& wanted, std::vector<int> threads) {
  for (const FloatReduction<T>& reduction : float_reductions<T>)
    for (const Layout layout : all_layouts) check<T>(wanted, reduction, layout, threads);
}

}  // namespace

TEST_CASE("full reductions of more than a hundred blocks") {
  MESSAGE("seed " << seed);
  check_all_layouts<double>({{64 * 64 * 101 + 37}, {}}, {1, 2, 3, 7});
  check_all_layouts<float>({{64 * 128 * 101 + 37}, {}}, {7});
  check_all_layouts<double>({{343, 401}, {}}, {7});
}

TEST_CASE("the last axis is reduced") {
  check_all_layouts<double>({{3, 64 * 64 * 34 + 5}, {1}}, {1, 7});
  check_all_layouts<float>({{300, 257}, {-1}}, {7});
  check_all_layouts<double>({{20000, 3}, {1}}, {7});
}

TEST_CASE("the first axis is reduced, the last one kept") {
  check_all_layouts<double>({{90001, 3}, {0}}, {1, 7});
  check_all_layouts<float>({{257, 600}, {0}}, {7});
  check_all_layouts<double>({{31, 5001}, {0}}, {7});
}

// codegen/llvm/kernel_reduce_serial.cpp takes 1, 4 or 16 rows at once and cuts columns into tiles; the engine cuts rows
// or columns.
TEST_CASE("every grouping of rows over kept columns") {
  check_all_layouts<double>({{1203, 500}, {0}}, {1});     // one by one
  check_all_layouts<float>({{1203, 900}, {0}}, {1});      // one by one
  check_all_layouts<double>({{203, 1301}, {0}}, {1, 2});  // by fours
  check_all_layouts<double>({{29, 20001}, {0}}, {1, 3});  // several tiles
  check_all_layouts<float>({{7, 65, 3, 1100}, {0, 2}}, {1, 7});
}

TEST_CASE("middle axes and several axes") {
  for (const std::vector<int>& axes : {std::vector<int>{1}, {0, 2}, {0, 1}, {1, 2}, {-4, -1}, {1, 2, 3}}) {
    check_all_layouts<double>({{5, 19, 41, 19}, axes}, {7});
    check_all_layouts<float>({{5, 19, 41, 19}, axes}, {7});
  }
}

TEST_CASE("extents of 1 count in the choice of the order") {
  check_all_layouts<double>({{1500, 1}, {0}}, {1, 7});     // the last axis is kept
  check_all_layouts<double>({{1500, 1}, {0, 1}}, {1, 7});  // and here reduced
  check_all_layouts<double>({{1, 1500}, {1}}, {1, 7});
  check_all_layouts<double>({{40, 1, 300, 1}, {2}}, {1, 7});
}

TEST_CASE("every small size: tails of vectors, lanes, rows and blocks") {
  for (std::int64_t n : {1,   2,   3,   7,    8,    9,    15,   16,   17,   31,   33,   63,   64,    65,
                         127, 128, 129, 1023, 1024, 1025, 1087, 4095, 4096, 4097, 8191, 8193, 12289, 16385})
    for (int type = 0; type < 2; ++type)
      for (std::size_t k = 0; k < 4; ++k) {
        if (type == 0) check<double>({{n}, {}}, float_reductions<double>[k], Layout::contiguous, { 1 });
        if (type == 1) check<float>({{n}, {}}, float_reductions<float>[k], Layout::strided, { 1 });
      }
}

TEST_CASE("sessions of 1, 2, 3 and 7 threads") {
  const Array<double> a(rough_numbers<double>(64 * 64 * 120 + 11), {64 * 64 * 120 + 11}, Layout::contiguous);
  const double expected = canonical_sum(a.values(), Order::lanes);
  for (const int threads : {1, 2, 3, 7}) {
    CAPTURE(threads);
    const fuseval::Session session = session_of(threads);
    // On a busy machine a run may end before a worker has woken: it is tried until several took part, if not all.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(300);
    do {
      CHECK(same_bits(session.evaluate("sum(a)", {{"a", a.view()}}).item<double>(), expected));
    } while (session.counters().threads_used < std::min(threads, 2) && std::chrono::steady_clock::now() < deadline);
    CHECK(session.counters().threads_used >= std::min(threads, 2));
    CHECK(session.counters().threads_used <= threads);
    CHECK(session.counters().tasks >= threads);
  }
}

TEST_CASE("keepdims changes the shape only") {
  const Array<double> a(rough_numbers<double>(30 * 40 * 7), {30, 40, 7}, Layout::contiguous);
  for (const char* axes : {"None", "0", "1", "-1", "(0, 2)"}) {
    CAPTURE(std::string(axes));
    const std::string call = std::string("sum(a, axis=") + axes;
    const auto plain = fuseval::evaluate(call + ")", {{"a", a.view()}});
    const auto kept = fuseval::evaluate(call + ", keepdims=True)", {{"a", a.view()}});
    CHECK(kept.rank() == 3);
    REQUIRE(kept.size() == plain.size());
    CHECK(first_difference(kept.data<double>(), plain.data<double>(), plain.size()) == -1);
  }
}

TEST_CASE("a reduction over an expression has the order of that expression's values") {
  const std::int64_t rows = 300, columns = 1500;
  const Array<double> a(rough_numbers<double>(rows * columns, 1), {rows, columns}, Layout::transposed);
  const Array<double> b(rough_numbers<double>(columns, 2), {columns}, Layout::contiguous);
  std::vector<double> products;
  for (std::size_t k = 0; k < a.values().size(); ++k) products.push_back(a.values()[k] * b.values()[k % columns]);
  for (const fuseval::Session& session : sessions()) {
    const fuseval::Bindings bindings = {{"a", a.view()}, {"b", b.view()}};
    CHECK(same_bits(session.evaluate("sum(a*b)", bindings).item<double>(), canonical_sum(products, Order::lanes)));
    const auto rows_sums = reduced<double>(products, {rows, columns}, {1}, canonical_sum<double>);
    const auto result = session.evaluate("sum(a*b, axis=1), sum(a*b, axis=0)", bindings);
    CHECK(first_difference(result[0].data<double>(), rows_sums.data(), rows_sums.size()) == -1);
    const auto column_sums = reduced<double>(products, {rows, columns}, {0}, canonical_sum<double>);
    CHECK(first_difference(result[1].data<double>(), column_sums.data(), column_sums.size()) == -1);
  }
}

TEST_CASE("the reference can fail: its orders differ, and so do neighbouring sizes of a block") {
  const std::vector<double> numbers = rough_numbers<double>(9000);
  CHECK(canonical_sum(numbers, Order::lanes) != canonical_sum(numbers, Order::serial));
  double plain = 0;
  for (const double x : numbers) plain += x;
  CHECK(canonical_sum(numbers, Order::lanes) != plain);
  CHECK(canonical_var(numbers, Order::lanes) != canonical_var(numbers, Order::serial));
}

TEST_CASE("machine code has the vector width that was asked for") {
  const Array<double> a(rough_numbers<double>(100), {100}, Layout::contiguous);
  for (const char* text : {"2*a + 3", "sum(a*a)", "sin(a)", "var(a)"}) {
    CAPTURE(std::string(text));
    const std::string narrow = session_of(1, 256).explain(text, {{"a", a.view()}}, "asm");
    CHECK(contains(narrow, "%ymm"));
    CHECK_FALSE(contains(narrow, "%zmm"));
    if (has_avx512()) CHECK(contains(session_of(1, 512).explain(text, {{"a", a.view()}}, "asm"), "%zmm"));
  }
  if (!has_avx512()) MESSAGE("512-bit vectors are not tested: this CPU has no AVX-512");
}
