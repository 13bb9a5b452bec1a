// Reductions that may run in any order: min, max, argmin, argmax, any, all, count_nonzero and integer sums and products
// give one answer, with NaN, zeros of both signs and ties, for every layout, vector width and number of threads.
#include <doctest/doctest.h>

#include <limits>

#include "canonical_reference.hpp"

using namespace engine_test;

namespace {

/// Few different values, so that ties are common; NaN only where `with_nan`.
template <class T>
std::vector<T> tied_numbers(std::size_t count, bool with_nan, std::uint64_t salt) {
  std::mt19937_64 random(seed + salt);
  std::vector<T> pool;
  if constexpr (std::is_same_v<T, bool>)
    pool = {false, true};
  else if constexpr (std::is_floating_point_v<T>)
    pool = {T(0), T(-0.0), T(-1.5), T(2), std::numeric_limits<T>::denorm_min()};
  else
    pool = {T(0), T(1), T(7), std::numeric_limits<T>::max(), std::numeric_limits<T>::min()};
  const std::size_t kinds = 1 + random() % pool.size(), first = random() % pool.size();
  std::vector<T> numbers;
  for (std::size_t k = 0; k < count; ++k) numbers.push_back(pool[(first + random() % kinds) % pool.size()]);
  if constexpr (std::is_floating_point_v<T>)
    if (with_nan)
      for (int k = 0; k < 2; ++k) numbers[random() % count] = std::numeric_limits<T>::quiet_NaN();
  return numbers;
}

/// Whether a beats b: NaN beats all, -0 ranks below +0.
template <class T>
bool beats(T a, T b, bool lowest) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
    if (a == b) return std::signbit(a) != std::signbit(b) && std::signbit(a) == lowest;
  }
  return lowest ? a < b : a > b;
}
template <class T>
std::int64_t winner(const std::vector<T>& list, bool lowest) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < list.size(); ++k)
    if (beats<T>(list[k], list[best], lowest)) best = k;
  return static_cast<std::int64_t>(best);
}

template <class T, class Out, class Reduce>
void check(const Array<T>& array, const std::string& call, const std::vector<int>& axes, Reduce&& reduce) {
  const std::vector<Out> expected = reduced<Out>(array.values(), array.shape(), axes, reduce);
  std::string text = call + "(a, axis=";
  text += axes.empty() ? "None" : std::to_string(axes[0]);
  text += ")";
  static const std::vector<fuseval::Session> sessions = [] {
    std::vector<fuseval::Session> made;
    for (const int bits : vector_widths()) made.push_back(session_of(3, bits));
    return made;
  }();
  for (const fuseval::Session& session : sessions)
    for (const int threads : {1, 3}) {
      CAPTURE(std::string(text));
      CAPTURE(sizeof(T));
      CAPTURE(threads);
      const fuseval::Result result = session.evaluate(text, {{"a", array.view()}}, with_threads(threads));
      REQUIRE(result.size() == expected.size());
      for (std::size_t k = 0; k < expected.size(); ++k) {
        if (same_bits(result.data<Out>()[k], expected[k])) continue;
        CAPTURE(k);
        CAPTURE(result.data<Out>()[k]);
        CAPTURE(expected[k]);
        FAIL_CHECK("a result differs");
        break;
      }
    }
}

template <class T>
void check_extremes(const Array<T>& array, const std::vector<int>& axes) {
  using List = std::vector<T>;
  check<T, T>(array, "min", axes,
              [](const List& l, Order) -> T { return l[static_cast<std::size_t>(winner(l, true))]; });
  check<T, T>(array, "max", axes,
              [](const List& l, Order) -> T { return l[static_cast<std::size_t>(winner(l, false))]; });
  check<T, std::int64_t>(array, "argmin", axes, [](const List& l, Order) { return winner(l, true); });
  check<T, std::int64_t>(array, "argmax", axes, [](const List& l, Order) { return winner(l, false); });
}

template <class T>
void check_truth(const Array<T>& array, const std::vector<int>& axes) {
  const auto count = [](const std::vector<T>& list) {
    return static_cast<std::int64_t>(std::count_if(list.begin(), list.end(), [](T x) { return x != T(0); }));
  };
  using List = std::vector<T>;
  check<T, bool>(array, "any", axes, [&](const List& l, Order) -> bool { return count(l) > 0; });
  check<T, bool>(array, "all", axes,
                 [&](const List& l, Order) -> bool { return count(l) == static_cast<std::int64_t>(l.size()); });
  check<T, std::int64_t>(array, "count_nonzero", axes, [&](const List& l, Order) { return count(l); });
}

template <class T>
void check_all(const Shape& shape, const std::vector<int>& axes, std::uint64_t salt) {
  const auto count = static_cast<std::size_t>(count_of(shape));
  for (const bool with_nan : {false, true}) {
    if (with_nan && !std::is_floating_point_v<T>) continue;
    const Layout layout = all_layouts[salt % 6];
    const Array<T> array(tied_numbers<T>(count, with_nan, salt++), shape, layout);
    CAPTURE(std::string(name_of(layout)));
    check_extremes(array, axes);
    check_truth(array, axes);
  }
}

template <class T>
void check_integers(const Shape& shape, const std::vector<int>& axes, Layout layout) {
  const auto count = static_cast<std::size_t>(count_of(shape));
  const Array<T> array(tied_numbers<T>(count, false, 77), shape, layout);
  using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
  check<T, Wide>(array, "sum", axes, [](const std::vector<T>& list, Order) {
    std::uint64_t total = 0;
    for (const T x : list) total += static_cast<std::uint64_t>(static_cast<Wide>(x));
    return static_cast<Wide>(total);
  });
  check<T, Wide>(array, "prod", axes, [](const std::vector<T>& list, Order) {
    std::uint64_t total = 1;
    for (const T x : list) total *= static_cast<std::uint64_t>(static_cast<Wide>(x));
    return static_cast<Wide>(total);
  });
}

}  // namespace

TEST_CASE_TEMPLATE("extremes, their places, and truth", T, double, float, std::int8_t, std::int64_t, std::uint16_t,
                   std::uint64_t) {
  MESSAGE("seed " << seed);
  std::uint64_t salt = 0;
  for (std::int64_t n : {1, 64, 129, 40001}) check_all<T>({n}, {}, salt += 2);
  check_all<T>({40, 700}, {0}, salt += 5);
  check_all<T>({40, 700}, {1}, salt += 5);
  check_all<T>({11, 13, 70}, {1}, salt += 5);
  check_all<T>({11, 13, 70}, {}, salt += 5);
}

TEST_CASE_TEMPLATE("integer sums and products wrap", T, std::int8_t, std::uint8_t, std::int32_t, std::uint32_t,
                   std::int64_t) {
  for (const Layout layout : {Layout::contiguous, Layout::transposed, Layout::negative}) {
    check_integers<T>({100, 500}, {}, layout);
    check_integers<T>({100, 500}, {0}, layout);
    check_integers<T>({100, 500}, {1}, layout);
  }
}

TEST_CASE("extremes of nothing are errors, truth of nothing is not") {
  const std::vector<double> none;
  for (const char* text : {"min(a)", "max(a)", "argmin(a)", "argmax(a)"}) {
    CAPTURE(std::string(text));
    CHECK(error_of([&] { fuseval::evaluate(text, {{"a", none}}); }).code() == FV_ERROR_VALUE);
  }
  CHECK(fuseval::evaluate("all(a)", {{"a", none}}).item<bool>());
  CHECK_FALSE(fuseval::evaluate("any(a)", {{"a", none}}).item<bool>());
  CHECK(same_bits(fuseval::evaluate("sum(a)", {{"a", none}}).item<double>(), 0.0));
  CHECK(fuseval::evaluate("prod(a)", {{"a", none}}).item<double>() == 1);
}
