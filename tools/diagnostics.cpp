#include "tools/diagnostics.hpp"

#include <unistd.h>
#include <wchar.h>

#include <cstdio>
#include <cstring>

#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

constexpr const char* red = "\x1b[1;31m";
constexpr const char* yellow = "\x1b[1;33m";
constexpr const char* green = "\x1b[1;32m";
constexpr const char* plain = "\x1b[0m";

std::string coloured(const char* colour, const std::string& text) {
  return has_colour(STDERR_FILENO) ? colour + text + plain : text;
}

struct Picture {
  std::string source;
  std::string carets;
};

Picture picture_of(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const size_t end_of_source = std::min(text.find('\n'), text.size());
  return {text.substr(0, end_of_source), text.substr(std::min(end_of_source + 1, text.size()))};
}

void say(const std::string& label, const std::string& message, const std::string& source) {
  std::fprintf(stderr, "%s%s %s\n", source.c_str(), label.c_str(), message.c_str());
}

std::string with_place(const std::string& message, uint32_t line, uint32_t column) {
  return message + " (line " + std::to_string(line) + ", column " + std::to_string(column) + ")";
}

void print(const Picture& picture) {
  std::fprintf(stderr, "%s\n%s\n", picture.source.c_str(), coloured(green, picture.carets).c_str());
}

void print(const Error& error, const Picture& picture, const std::string& source) {
  report_message(with_place(error.message(), error.line(), error.column()), source);
  print(picture);
}

/// Bytes of the first `count` code points, and the columns that they take.
std::pair<size_t, size_t> measure(const std::string& text, size_t count) {
  size_t bytes = 0;
  size_t columns = 0;
  std::mbstate_t state{};
  for (; count > 0 && bytes < text.size(); --count) {
    wchar_t letter = 0;
    const size_t length = std::mbrtowc(&letter, text.data() + bytes, text.size() - bytes, &state);
    if (length == 0 || length > 4) return {bytes, columns};  // no text in the locale's encoding
    bytes += length;
    columns += static_cast<size_t>(std::max(wcwidth(letter), 0));
  }
  return {bytes, columns};
}

}  // namespace

void report_message(const std::string& message, const std::string& source) {
  say(coloured(red, "error:"), message, source);
}

void report(const Hint& hint, const std::string& source) {
  say(coloured(yellow, "hint:"), with_place(hint.message, hint.line, hint.column), source);
  print(picture_of(hint.caret));
}

void report(const Error& error, const std::string& source) {
  if (error.line() == 0) return report_message(error.message(), source);
  print(error, picture_of(error.caret()), source);
}

void report_in_line(const Error& error, const std::string& whole, const std::string& source) {
  if (error.line() != 1) return report(error, source);
  Picture picture = picture_of(error.caret());
  const size_t blanks = std::min(picture.source.find_first_not_of(' '), picture.source.size());
  const auto [bytes, columns] = measure(whole, blanks);
  // A long line is shown in part; then the text that stood before is out of sight.
  if (std::string_view(whole).substr(bytes).starts_with(picture.source.substr(blanks))) {
    picture.source = whole;
    picture.carets.insert(0, columns - std::min(columns, blanks), ' ');
  }
  print(error, picture, source);
}

}  // namespace fuseval::tools
