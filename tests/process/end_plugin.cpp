// A host's part that uses fuseval, in a shared library of its own.
#include <atomic>
#include <cstdio>
#include <fuseval/fuseval.hpp>
#include <string>
#include <vector>

namespace {

std::atomic<int> texts{0};

/// Evaluates a text that is new in this process, with code that is new, and says whether the answer is right.
bool is_right() {
  const int number = ++texts;
  const std::vector<double> a(1000, 1.0);
  std::string text = "a";
  double value = 1;
  for (int bit = 0; bit < 10; ++bit) {
    const bool sum = (number >> bit & 1) != 0;
    text = "(" + text + (sum ? " + " : " * ") + "abs(a))";
    if (sum) ++value;
  }
  return fuseval::evaluate("sum(" + text + ")", {{"a", a}}).item<double>() == 1000 * value;
}

struct Static {
  bool is_asked = false;
  ~Static();
};

}  // namespace

extern "C" __attribute__((visibility("default"))) void evaluate_as(const char* who) {
  try {
    std::printf("%s is %s\n", who, is_right() ? "right" : "wrong");
  } catch (const std::exception& error) {
    std::printf("%s failed: %s\n", who, error.what());
  }
  std::fflush(stdout);
}

extern "C" __attribute__((visibility("default"))) void evaluate_for_ever() {
  for (;;) try {
      if (!is_right()) std::printf("wrong\n");
    } catch (const std::exception& error) {
      std::printf("failed: %s\n", error.what());
    }
}

namespace {
Static in_plugin;
Static::~Static() {
  if (is_asked) evaluate_as("plugin's static");
}
}  // namespace

extern "C" __attribute__((visibility("default"))) void evaluate_at_unload() { in_plugin.is_asked = true; }
