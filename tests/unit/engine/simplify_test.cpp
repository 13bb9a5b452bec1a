// What simplify leaves of a text: the operations that its results still need, as `explain` prints the graph.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "support.hpp"

using namespace engine_test;

namespace {

using Words = std::vector<std::string>;

/// "%5 = add float64 (3,) %0 %4" by its words, keyed by "%5"; the results under "return".
std::map<std::string, Words> lines_of(const std::string& graph) {
  std::map<std::string, Words> lines;
  std::istringstream stream(graph);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    Words split;
    for (std::string word; words >> word;) split.push_back(word);
    if (!split.empty()) lines[split[0]] = split;
  }
  return lines;
}

/// Names of the scalar operations that the results depend on, each as often as it is computed, in order of the
/// alphabet.
std::string operations(const std::string& text) {
  const std::vector<double> a = {1, 2, 3}, b = {4, 5, 6};
  const std::vector<std::int64_t> i = {1, 2, 3};
  const std::string graph = fuseval::explain(text, {{"a", a}, {"b", b}, {"i", i}}, "graph");
  const auto lines = lines_of(graph);
  std::map<std::string, std::string> needed;
  Words open(lines.at("return").begin() + 1, lines.at("return").end());
  while (!open.empty()) {
    const std::string id = open.back();
    open.pop_back();
    if (id[0] != '%' || needed.count(id)) continue;
    const Words& line = lines.at(id);
    needed[id] = line[2];
    open.insert(open.end(), line.begin() + 3, line.end());
  }
  Words names;
  for (const auto& [id, name] : needed)
    if (name != "input" && name != "constant" && name != "view" && name != "reshape") names.push_back(name);
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : " ") + name;
  return joined;
}

}  // namespace

TEST_CASE("simplify: operations that change nothing go") {
  CHECK(operations("1*a") == "");
  CHECK(operations("a*1.0") == "");
  CHECK(operations("a/1") == "");
  CHECK(operations("a - 0") == "");
  CHECK(operations("a + -0.0") == "");
  CHECK(operations("i + 0") == "");
  CHECK(operations("-(-a)") == "");
  CHECK(operations("~~i") == "");
  CHECK(operations("abs(abs(a))") == "absolute");
  CHECK(operations("where(True, a, b)") == "");
  CHECK(operations("where(a < b, b, b)") == "");
}

TEST_CASE("simplify: operations that change a zero, a sign or a dtype stay") {
  CHECK(operations("a + 0") == "add");  // -0.0 + 0 is +0.0
  CHECK(operations("0 - a") == "subtract");
  CHECK(operations("a*0") == "multiply");  // NaN, inf, -0.0
  CHECK(operations("a/2") == "divide");
  CHECK(operations("i/1") == "cast");
}

TEST_CASE("simplify: constants are folded, whatever stands between them") {
  CHECK(operations("2 + 3*4 + a") == "add");
  CHECK(operations("a + sin(float64(0.5))**2") == "add");
}

TEST_CASE("simplify: twice a value at hand is a sum") {
  CHECK(operations("2*sin(a)") == "add sin");
  CHECK(operations("sin(a)*2.0") == "add sin");
  CHECK(operations("2*a*b + a") == "add add multiply");
  CHECK(operations("2*i + i*i") == "add add multiply");
  CHECK(operations("2*a + 3*b") == "add multiply multiply");  // each is read once: the product takes it from memory
  CHECK(operations("3*sin(a)") == "multiply sin");
}
