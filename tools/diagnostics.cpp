#include "tools/diagnostics.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuseval::tools {
namespace {

constexpr const char* red = "\x1b[1;31m";
constexpr const char* green = "\x1b[1;32m";
constexpr const char* plain = "\x1b[0m";

/// https://no-color.org: any non-empty value switches colour off.
bool has_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_colour && *no_colour) return false;
  return isatty(STDERR_FILENO) && terminal && std::string_view(terminal) != "dumb";
}

std::string coloured(const char* colour, const std::string& text) {
  return has_colour() ? colour + text + plain : text;
}

}  // namespace

void report_message(const std::string& message) {
  std::fprintf(stderr, "fuseval: %s %s\n", coloured(red, "error:").c_str(), message.c_str());
}

void report(const Error& error) {
  if (error.line() == 0) return report_message(error.message());
  report_message(error.message() + " (line " + std::to_string(error.line()) + ", column " +
                 std::to_string(error.column()) + ")");
  std::string picture = error.caret();
  while (!picture.empty() && picture.back() == '\n') picture.pop_back();
  const size_t end_of_source = std::min(picture.find('\n'), picture.size());
  std::fprintf(stderr, "%s%s\n", picture.substr(0, end_of_source).c_str(),
               coloured(green, picture.substr(end_of_source)).c_str());
}

}  // namespace fuseval::tools
