// Texts and shapes made to hurt: deep, long, wide and larger than any memory. Each gives its answer or a clear error,
// quickly, and nothing crashes.
#include <doctest/doctest.h>

#include <cstdlib>
#include <ctime>
#include <limits>

#include "support.hpp"

using namespace engine_test;

// The sanitizers' allocators end the process where others say that there is no memory.
#if defined(__SANITIZE_ADDRESS__)
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
#elif defined(__SANITIZE_THREAD__)
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  return "allocator_may_return_null=1";
}
#endif

namespace {

std::string repeated(const std::string& part, int count) {
  std::string text;
  text.reserve(part.size() * static_cast<std::size_t>(count));
  for (int k = 0; k < count; ++k) text += part;
  return text;
}

/// Fails when its scope took more of the processor than anything here needs.
class Quickly {
 public:
  explicit Quickly(double seconds) : limit_(seconds) {}
  ~Quickly() { CHECK(static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC < limit_); }

 private:
  double limit_;
  std::clock_t start_ = std::clock();
};

fv_status status_of(const std::string& text, const fuseval::Bindings& bindings = {}) {
  const Quickly quickly(20);
  const fuseval::Error error = error_of([&] { fuseval::evaluate(text, bindings); });
  CHECK(error.message().size() < 2000);
  if (error.code() != FV_OK) CHECK(error.message().size() > 10);
  return error.code();
}

bool is_limit(fv_status status) { return status == FV_ERROR_LIMIT; }

}  // namespace

TEST_CASE("nesting") {
  const std::vector<double> a = {1, 2};
  const fuseval::Bindings bindings = {{"a", a}};
  for (const int depth : {1000, 10000, 100000}) {
    CAPTURE(depth);
    CHECK(is_limit(status_of(repeated("(", depth) + "a" + repeated(")", depth), bindings)));
    CHECK(is_limit(status_of(repeated("-", depth) + "a", bindings)));
    CHECK(is_limit(status_of(repeated("abs(", depth) + "a" + repeated(")", depth), bindings)));
    CHECK(is_limit(status_of(repeated("a**", depth) + "a", bindings)));
    CHECK(is_limit(status_of(repeated("a[", depth), bindings)));
    CHECK(is_limit(status_of(repeated("not ", depth) + "a", bindings)));
    CHECK(is_limit(status_of(repeated("(", depth), bindings)));
    CHECK(is_limit(status_of(repeated("1 if a > 0 else ", depth) + "a", bindings)));
  }
  CHECK(status_of(repeated("(", 150) + "a" + repeated(")", 150), bindings) == FV_OK);
  CHECK(status_of(repeated("abs(", 100) + "a" + repeated(")", 100), bindings) == FV_OK);
}

TEST_CASE("long texts") {
  const std::vector<double> a = {1, 2};
  const fuseval::Bindings bindings = {{"a", a}};
  const std::string terms = "a" + repeated(" + a", 5000);
  CHECK(fuseval::evaluate(terms, bindings).to_vector<double>() == std::vector<double>{5001, 10002});
  CHECK(fuseval::evaluate("sum(" + terms + ")", bindings).item<double>() == 15003);
  // Terms that are alike are one node; these are not.
  std::string distinct = "a";
  for (int k = 0; k < 5000; ++k) distinct += " + a*" + std::to_string(k) + ".5";
  const fv_status status = status_of(distinct, bindings);
  CHECK((status == FV_OK || is_limit(status)));
  if (status == FV_OK) CHECK(fuseval::evaluate(distinct, bindings).at<double>(0) == 1 + 5000 * 4999 / 2 + 2500);
  const std::string full = "a" + repeated("+a", (1 << 19) - 1);
  CHECK(full.size() < 1 << 20);
  const fv_status filled = status_of(full, bindings);
  CHECK((filled == FV_OK || is_limit(filled)));
  CHECK(is_limit(status_of("a" + repeated("+a", 1 << 19), bindings)));
  CHECK(status_of("a" + std::string(1 << 19, ' '), bindings) == FV_OK);
  CHECK(is_limit(status_of("a" + std::string(2 << 20, ' '), bindings)));
  CHECK(is_limit(status_of(repeated("1+", 200000) + "1", bindings)));
}

TEST_CASE("many names") {
  const auto over = [](int count, double& expected) {
    std::vector<double> values(static_cast<std::size_t>(count));
    fuseval::Bindings bindings;
    std::string text;
    expected = 0;
    for (int k = 0; k < count; ++k) {
      values[static_cast<std::size_t>(k)] = k;
      expected += k;
      const std::string name = "x" + std::to_string(k);
      bindings.add(name, fuseval::view(&values[static_cast<std::size_t>(k)], {1}));
      text += (k > 0 ? " + " : "") + name;
    }
    const Quickly quickly(20);
    try {
      return fuseval::evaluate(text, bindings).at<double>(0);
    } catch (const fuseval::Error& error) {
      CHECK(error.code() == FV_ERROR_LIMIT);
      return -1.0;
    }
  };
  double expected = 0;
  CHECK(over(40, expected) == expected);
  CHECK(over(500, expected) == expected);
  CHECK(over(1000, expected) == expected);
  CHECK(over(3000, expected) == -1);
}

TEST_CASE("five thousand terms over five hundred names") {
  std::vector<std::vector<double>> arrays;
  fuseval::Bindings bindings;
  for (int k = 0; k < 500; ++k) arrays.push_back({static_cast<double>(k), 1});
  for (int k = 0; k < 500; ++k) bindings.add("x" + std::to_string(k), arrays[static_cast<std::size_t>(k)]);
  std::string text = "x0";
  for (int k = 1; k < 5000; ++k) text += (k % 2 == 0 ? " + x" : " - x") + std::to_string(k * 7 % 500);
  const fv_status status = status_of(text, bindings);
  CHECK((status == FV_OK || is_limit(status)));
  if (status == FV_OK) CHECK(fuseval::evaluate(text, bindings).at<double>(1) == 0);
}

TEST_CASE("a graph of a hundred thousand nodes") {
  // Doubling: the tree of this text's value would have 2**40 leaves, its graph has 40 nodes.
  const std::vector<double> a = {1};
  std::string nested = "a";
  for (int k = 0; k < 12; ++k) nested = "(" + nested + " + " + nested + ")";
  CHECK(fuseval::evaluate(nested, {{"a", a}}).at<double>(0) == 4096);
  std::string wide = "a";
  for (int k = 0; k < 60000; ++k) wide += "*a+" + std::to_string(k % 10);
  const fv_status status = status_of(wide, {{"a", a}});
  CHECK((status == FV_OK || is_limit(status)));
}

TEST_CASE("many results, many axes") {
  const std::vector<double> a = {1, 2};
  const fuseval::Bindings bindings = {{"a", a}};
  const fv_status status = status_of(repeated("a + 1,", 1500), bindings);
  CHECK((status == FV_OK || is_limit(status)));
  CHECK(fuseval::evaluate(repeated("a,", 100), bindings).count() == 100);
  const std::string axes = repeated("newaxis,", 63);
  CHECK(fuseval::evaluate("a[" + axes + "]", bindings).rank() == 64);
  CHECK(fuseval::evaluate("sum(a[" + axes + "])", bindings).item<double>() == 3);
  CHECK(status_of("a[" + axes + "newaxis]", bindings) == FV_ERROR_LIMIT);
  CHECK(status_of("zeros((" + repeated("1,", 65) + "))") != FV_OK);
  CHECK(fuseval::evaluate("zeros((" + repeated("1,", 64) + "))").rank() == 64);
}

TEST_CASE("sizes beyond memory and beyond int64") {
  const auto refused = [](const std::string& text, const fuseval::Bindings& bindings = {}) {
    const fv_status status = status_of(text, bindings);
    return status == FV_ERROR_MEMORY || status == FV_ERROR_LIMIT || status == FV_ERROR_VALUE ||
           status == FV_ERROR_SHAPE;
  };
  CHECK(refused("arange(2**62)"));
  CHECK(refused("arange(2**62) + arange(2**62)[:, newaxis]"));
  CHECK(refused("zeros((2**40, 2**40))"));
  CHECK(refused("ones(2**61)*2"));
  CHECK(refused("zeros(-1)"));
  CHECK(refused("arange(2**50)*1.5"));
  CHECK(refused("broadcast_to(1.5, (2**31, 2**31, 2**31))"));
  CHECK(refused("arange(1e30)"));
  CHECK(refused("linspace(0, 1, 2**60)"));
  CHECK(refused("zeros((2**31, 2**31, 2**31, 0))"));  // as in NumPy, though it would have no elements
  CHECK(!refused("zeros((2**28, 2**28, 0))"));
  const double one = 1;
  const std::int64_t large = std::int64_t{1} << 40;
  const fuseval::Bindings bindings = {{"a", fuseval::view(&one, {large, 1}, {0, 8})},
                                      {"b", fuseval::view(&one, {1, large}, {8, 0})}};
  CHECK(refused("a + b", bindings));
  CHECK(refused("sum(a + b)", bindings));
  CHECK(refused("a*1", bindings));
}

TEST_CASE("the limit of memory holds for results, temporaries and scratch, before any of it is taken") {
  int taken = 0;
  const auto outcome = [&](int64_t limit, const std::string& text, const fuseval::Bindings& bindings) {
    fuseval::SessionOptions options;
    options.memory_limit = limit;
    options.threads = 1;
    options.hooks.allocate = [&](std::size_t bytes, std::size_t alignment) {
      ++taken;
      return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    };
    options.hooks.deallocate = [](void* memory, std::size_t) { std::free(memory); };
    const fuseval::Session session(options);
    taken = 0;
    const fv_status status = error_of([&] { session.evaluate(text, bindings); }).code();
    if (status != FV_OK) CHECK(session.counters().kernels_compiled == 0);
    return status;
  };
  const std::vector<double> a(1000, 1.0);
  const fuseval::Bindings bindings = {{"a", a}};
  CHECK(outcome(16000, "a + 1, a + 2", bindings) == FV_OK);
  CHECK(taken == 2);
  CHECK(outcome(15999, "a + 1, a + 2", bindings) == FV_ERROR_LIMIT);
  CHECK(taken == 0);
  const char* stored =
      "sum(arange(1000)[:, newaxis]*arange(2), axis=1)[::-1]";  // a result and a temporary of 8000 bytes
  CHECK(outcome(15999, stored, bindings) == FV_ERROR_LIMIT);
  CHECK(taken == 0);
}

TEST_CASE("the limit of memory holds for what a reduction works in") {
  const auto outcome = [](int64_t limit) {
    fuseval::SessionOptions options;
    options.memory_limit = limit;
    options.threads = 1;
    const std::vector<double> values(100 * 4096, 1.0);
    const fuseval::Session session(options);
    return error_of([&] {
             session.evaluate("sum(c, axis=0)", {{"c", fuseval::view(values.data(), {100, 4096})}});
           })
        .code();
  };
  CHECK(outcome(8 * 4096 + 1000) == FV_ERROR_LIMIT);  // the sums, but not their states
  CHECK(outcome(16 << 20) == FV_OK);                  // a tile of columns has a state for each level of the tree
}

TEST_CASE("hostile bytes") {
  for (const std::string& text :
       {std::string(), std::string("\0", 1), std::string("1\0+1", 4), std::string("\xff\xfe"), std::string("\xc3"),
        std::string("a\xed\xa0\x80"), std::string(" \t\n"), std::string("1e999999999"),
        std::string("9") + std::string(5000, '9'), std::string("0x"), std::string("1_"), std::string("'abc"),
        std::string("\"\"\""), std::string("\\"), std::string("import os"), std::string("__class__"),
        std::string("().__class__"), std::string("lambda: 1")}) {
    CAPTURE(text);
    const fv_status status = status_of(text);
    if (text != "1e999999999") CHECK(status != FV_OK);
    CHECK(status != FV_ERROR_INTERNAL);
  }
}
