// Weak scalars whose value changes from call to call: every operator and function has as many plans as there are
// outcomes that a plan is for, however many values it meets, and the bits of the same number in the text.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "support.hpp"

using namespace engine_test;

namespace {

constexpr int values = 1000;

/// The weak scalars of one call: 1 000 different ones each, among them every number that a power treats apart.
struct Weak {
  explicit Weak(int number)
      : k(number - 1), x(0.25 * (number - 4)), small(number % 50), p(number + 1), y(0.5 + 0.75 * number) {}
  std::int64_t k;      ///< -1 to 998
  double x;            ///< -1 to 248.75
  std::int64_t small;  ///< 0 to 49
  std::int64_t p;      ///< 1 to 1 000
  double y;            ///< positive
};

const std::vector<double> a = {1.25, 2.5, 0.75};
const std::vector<float> b = {1.25F, 2.5F, 0.75F};
const std::vector<std::int32_t> i = {5, -7, 2};
const std::vector<std::int64_t> I = {5, -7, 1000};
const std::vector<std::uint8_t> u = {5, 7, 255};
const std::unique_ptr<bool[]> m_data(new bool[3]{true, false, true});

fuseval::Bindings bindings(const Weak& weak) {
  const auto m = fuseval::view(m_data.get(), {3});
  return {{"a", a},      {"b", b},      {"i", i},          {"I", I},      {"u", u},     {"m", m},
          {"k", weak.k}, {"x", weak.x}, {"s", weak.small}, {"p", weak.p}, {"y", weak.y}};
}

using Outcome = std::vector<std::string>;

/// The bytes of elements; the sign of a NaN is not specified.
template <class T>
std::string bytes_of(std::vector<T> elements) {
  for (T& element : elements)
    if (element != element) element = std::numeric_limits<T>::quiet_NaN();
  return {reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T)};
}

std::string bytes_of(const fuseval::Array& array) {
  const fv_view view = array.view().raw();
  if (view.dtype == FV_FLOAT64) return bytes_of(array.to_vector<double>());
  if (view.dtype == FV_FLOAT32) return bytes_of(array.to_vector<float>());
  return {static_cast<const char*>(view.data), array.size() * static_cast<std::size_t>(fv_dtype_size(view.dtype))};
}

/// Each result's dtype and bytes, or the error's message.
Outcome outcome(const fuseval::Session& session, const std::string& text, const Weak& weak) {
  Outcome outcome;
  try {
    const fuseval::Result results = session.evaluate(text, bindings(weak));
    for (std::size_t k = 0; k < results.count(); ++k)
      outcome.push_back(std::to_string(results[k].view().raw().dtype) + bytes_of(results[k]));
  } catch (const fuseval::Error& error) {
    outcome.push_back(error.message());
  }
  return outcome;
}

bool is_of_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The text with its weak scalars written as numbers.
std::string written_out(const std::string& text, const Weak& weak) {
  const std::map<std::string, std::string> numbers = {{"k", std::to_string(weak.k)},
                                                      {"x", std::to_string(weak.x)},
                                                      {"s", std::to_string(weak.small)},
                                                      {"p", std::to_string(weak.p)},
                                                      {"y", std::to_string(weak.y)}};
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_name(text[end])) ++end;
    const std::string word = text.substr(at, std::max<std::size_t>(end - at, 1));
    const auto number = numbers.find(word);
    const bool is_keyword = text.substr(at + word.size(), 1) == "=" && text.substr(at + word.size(), 2) != "==";
    result += number == numbers.end() || is_keyword ? word : "(" + number->second + ")";
    at += word.size();
  }
  return result;
}

/// Plans that a text takes for all values. Its values are those of the text with the numbers in it.
std::int64_t plans_of(const fuseval::Session& session, const fuseval::Session& other, const std::string& text) {
  const std::int64_t before = session.counters().plans_made;
  for (int number = 0; number < values; ++number) {
    const Weak weak(number);
    const Outcome got = outcome(session, text, weak);
    if (number > 12 && number % 333 != 0) continue;
    const std::string literal = written_out(text, weak);
    CHECK_MESSAGE(got == outcome(other, literal, weak), text << " as " << literal);
  }
  return session.counters().plans_made - before;
}

bool compiles(const fuseval::Session& session, const std::string& text) {
  try {
    session.evaluate(text, bindings(Weak(10)));
    return true;
  } catch (const fuseval::Error&) {
    return false;
  }
}

struct Row {
  const char* text;
  std::int64_t plans;  ///< at most
};

/// What the operators and functions below do not meet by themselves, or where a plan is for an outcome.
constexpr Row rows[] = {
    {"-k*a", 1},
    {"+k*a", 1},
    {"~k*a", 1},
    {"-x*a", 1},
    {"a*(not k)", 1},
    {"a*(k > 3)", 1},
    {"a*(k > x)", 1},
    {"a*(1 < k < 500)", 2},  // the truth of 1 < k
    {"a*(k or 1)", 2},
    {"a*(k and x)", 2},
    {"a if k % 2 else b", 2},
    {"p/y if y > 5 else 0", 2},
    {"k*k*k*p//7 - k*a", 1},
    {"x**2", 1},
    {"y**x", 1},
    {"p**k", 2},  // float and int: the sign of the exponent
    {"p**-2", 1},
    {"x**2*a", 1},
    {"1/p*a + (p - 1)//2*b", 1},
    {"(p/y + p%7)*a", 1},
    {"divmod(p, 7)", 1},
    {"i + (k & 6 | 1 ^ p)", 1},
    {"i << s, i >> s, u << s", 1},
    {"i*(1 << s)", 2},  // and the error beyond int32, which is no plan
    {"a**k", 8},        // 2, 0.5, -1, 0, 1, 3, 4 and all others
    {"a**x", 8},
    {"b**x", 8},
    {"a**(s/2)", 8},
    {"I**p, i**s", 3},  // p is 2, s is 2, neither
    {"m**p", 2},
    {"power(m, p)", 2},
    {"float_power(i, x)", 8},
    {"norm(a, y)", 9},                 // and 2, inf, -inf, 0, 1
    {"a < k+1, i < k+1, u < k-1", 4},  // below uint8, in it, above it
    {"greater(p**2, k), less(k, x)", 1},
    {"clip(a, x, y)", 1},
    {"clip(i, s, p)", 1},
    {"clip(I, k, k + 5)", 1},
    {"clip(u, k, k + 300)", 4},  // bounds beyond uint8 are dropped, or an error
    {"a.clip(k, p + 1)", 1},
    {"full(3, k), full(2, x), full(2, k*2)", 1},
    {"full(3, k, dtype='float32'), full_like(i, k), full_like(b, x)", 1},
    {"where(m, k, i), where(m, x, b), where(m, k*3, u)", 1},
    {"where(k > 3, a, b)", 1},
    {"where(k, a, x)", 1},
    {"select([a > x, m], [a*x, k], default=p)", 1},
    {"sum(a, initial=x), prod(i, initial=k), min(a, initial=k), max(I, initial=k+1)", 1},
    {"sum(i, initial=x)", 1},
    {"sum(a, where=k > 3), mean(a, where=m & (k > 3))", 2},
    {"sum(a, keepdims=k > 3)", 2},
    {"var(a, ddof=k), std(b, ddof=x), var(a, correction=x, where=m)", 1},
    {"round(a, k - 5), round(I, k - 500)", 8},  // negative, 0, positive, beyond float64's range
    {"nan_to_num(a, nan=x, posinf=k, neginf=-k)", 1},
    {"int32(k), int64(x), float32(k), float64(x), bool(k), uint64(p), int16(x)", 1},
    {"linspace(x, y, 5), linspace(k, p, 3, endpoint=False)", 1},
    {"tri(3, 3, k - 2), eye(3, k=k), tril(full((3, 3), x), k), triu(full((3, 3), 2), k=k - 3)", 1},
    {"real(k), imag(k), real(k > 3)", 1},
    {"k, x, k + 1, x + 1, k*x, k > x", 1},
    // What shapes, axes and indices depend on.
    {"a[k % 3]", 3},
    {"a[:p % 4]", 4},
    {"zeros(s % 5)", 5},
    {"sum(a, axis=-1 if k > 3 else 0)", 2},
    {"arange(s % 5)", 5},
};

/// Functions that take no number as a value, but arrays, and what shapes depend on; the latter are in `rows` if they
/// take a number as well.
const std::set<std::string> without_numbers = {
    "all",      "any",      "argmax",           "argmin",      "arange",   "astype", "broadcast_to", "count_nonzero",
    "eye",      "full",     "diagonal",         "expand_dims", "flip",     "fliplr", "flipud",       "identity",
    "indices",  "linspace", "matrix_transpose", "matmul",      "moveaxis", "ones",   "permute_dims", "reshape",
    "swapaxes", "trace",    "transpose",        "tri",         "zeros",    "squeeze"};

/// The patterns in which a function takes numbers.
constexpr std::array patterns = {"(x)", "(k + 1)", "(a, x)", "(x, b)", "(i, k)", "(p, I)", "(k, p)", "(a, x, p)"};

/// Where a plan is for an outcome.
const std::map<std::string, std::int64_t> plans_of_functions = {{"power", 8}, {"pow", 8},   {"float_power", 8},
                                                                {"norm", 9},  {"round", 4}, {"around", 4}};

}  // namespace

TEST_CASE("operators of numbers and arrays make a plan for all values, or one for each outcome") {
  const fuseval::Session session = session_of(1), other = session_of(1);
  for (const char* op : {"+", "-", "*", "/", "//", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">="})
    for (const char* pair : {"a x", "x a", "b y", "y b", "i s", "s i", "I p", "p I", "k p", "x y", "k y", "u s"}) {
      const std::string text = std::string(pair, 1) + op + std::string(pair + 2, 1);
      if (!compiles(session, text)) continue;
      const std::int64_t plans = plans_of(session, other, text);
      CHECK_MESSAGE(plans == 0, text << ": " << plans);
    }
}

TEST_CASE("expressions of numbers, keywords and conditions make a plan for each outcome") {
  const fuseval::Session session = session_of(1), other = session_of(1);
  for (const auto& [text, most] : rows) {
    const std::int64_t plans = plans_of(session, other, text);
    CHECK_MESSAGE((plans >= 1 && plans <= most), std::string(text) << ": " << plans);
  }
}

TEST_CASE("every function that takes a number makes a plan for all values, or one for each outcome") {
  const fuseval::Session session = session_of(1), other = session_of(1);
  for (const std::string& name : fuseval::words(fuseval::WordKind::function)) {
    int met = 0;
    if (without_numbers.contains(name)) continue;
    for (const char* pattern : patterns) {
      const std::string text = name + pattern;
      if (!compiles(session, text)) continue;
      const auto known = plans_of_functions.find(name);
      const std::int64_t plans = plans_of(session, other, text);
      CHECK_MESSAGE(plans <= (known == plans_of_functions.end() ? 1 : known->second), text << ": " << plans);
      ++met;
    }
    const auto is_in = [&](const Row& row) { return std::string(row.text).find(name + "(") != std::string::npos; };
    CHECK_MESSAGE((met > 0 || std::any_of(std::begin(rows), std::end(rows), is_in)), name);
  }
}

TEST_CASE("a number that cannot be what the program needs is an error before anything is stored, and no plan") {
  const fuseval::Session session = session_of(1);
  struct Refused {
    const char* text;
    std::int64_t k;
    const char* message;
  };
  for (const auto& [text, k, message] :
       {Refused{"i + k", std::int64_t{1} << 40, "the integer 1099511627776 is out of bounds for int32"},
        {"i*(k*k)", 50'000, "the integer 2500000000 is out of bounds for int32"},
        {"i + 6//k", 0, "division by zero"},
        {"i**k", -1, "Integers to negative integer powers are not allowed."},
        {"i << (1 << k)", -2, "negative shift count"},
        {"i + int8(k/1)", 200, "the float 200 is out of bounds for int8"},
        {"i*int32(10.0**k > 5)", 400, "the power is too large for a float"}}) {
    INFO(text);
    std::vector<std::int32_t> out(3);
    const auto program = session.compile(text, {{"i", i}, {"k", 1}});
    program.into(out)(i, std::int64_t{3});
    const std::vector<std::int32_t> good = out;
    const std::int64_t plans = session.counters().plans_made;
    const fuseval::Error error = error_of([&] { program.into(out)(i, k); });
    CHECK(error.code() == FV_ERROR_VALUE);
    CHECK(error.message() == message);
    CHECK(out == good);
    program.into(out)(i, std::int64_t{3});
    CHECK(out == good);
    CHECK(session.counters().plans_made == plans);
  }
}

TEST_CASE("many numbers of one call, and calls with options, are what few and without are") {
  const fuseval::Session session = session_of(1);
  std::string text = "a";
  for (int number = 1; number <= 100; ++number) text += " + (k + " + std::to_string(number) + ")";
  const auto program = session.compile(text, {{"a", a}, {"k", 1}});
  std::int64_t plans = 0;
  for (const std::int64_t k : {1, 2, 1000}) {
    double expected = a[0];
    for (int number = 1; number <= 100; ++number) expected += static_cast<double>(k + number);
    CHECK(program(a, k).at<double>(0) == expected);
    std::vector<double> out(3);
    fuseval::RunOptions options;
    options.threads = 1;
    program.with(fuseval::into(out), options)(a, k);
    CHECK(out[0] == expected);
    if (k == 1) plans = session.counters().plans_made;
  }
  CHECK(session.counters().plans_made == plans);
}

TEST_CASE("explain says which inputs are not the caller's") {
  const fuseval::Session session = session_of(1);
  const std::string line = "; input 2: float64, computed from weak scalars at each call\n";
  for (const char* stage : {"graph", "plan"}) {
    const std::string text = session.explain("a*(k + 1)", {{"a", a}, {"k", 1}}, stage);
    CHECK_MESSAGE(text.substr(0, line.size()) == line, text);
    CHECK(session.explain("a*k", {{"a", a}, {"k", 1}}, stage).find("each call") == std::string::npos);
  }
}
