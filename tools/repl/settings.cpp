#include "tools/repl/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <limits>

#include "tools/byte_count.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"
#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

constexpr int64_t unlimited = PrintOptions::no_threshold;
constexpr int least_line_width = 10, most_line_width = 10000;

int64_t whole_number(const std::string& value, int64_t least, int64_t most) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least || number > most)
    throw ReplError("'" + value + "' is no whole number from " + std::to_string(least) +
                    (most == unlimited ? " on" : " to " + std::to_string(most)));
  return number;
}

std::string text_of(int64_t number, int64_t none, std::string_view word) {
  return number == none ? std::string(word) : std::to_string(number);
}

/// "500M", "2G": bytes.
int64_t bytes_of(const std::string& value) {
  if (value == "none") return 0;
  if (value == "auto") return Settings::automatic;
  if (const auto bytes = byte_count_of(value)) return *bytes;
  throw ReplError("'" + value + "' is no number of bytes like 500M or 2G");
}

std::string bytes_text(int64_t bytes) {
  if (bytes <= 0) return bytes == 0 ? "none" : "auto";
  return byte_count_text(bytes);
}

/// Seconds, in milliseconds.
void set_timeout(Settings& s, const std::string& value) {
  constexpr double most = 1e9;
  double seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool is_number = error == std::errc() && end == value.data() + value.size();
  if (value != "none" && (!is_number || !(seconds >= 1e-3 && seconds <= most)))
    throw ReplError("'" + value + "' is no number of seconds from 0.001 to 1e9");
  s.time_limit = static_cast<int64_t>(seconds * 1e3);
}
std::string timeout_text(const Settings& s) {
  if (s.time_limit == 0) return "none";
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", static_cast<double>(s.time_limit) / 1e3);
  return text;
}

void set_threads(Settings& s, const std::string& value) {
  s.threads = value == "all" ? 0 : static_cast<int>(whole_number(value, 1, 4096));
}
/// "cuda:1": a GPU by its number.
bool is_numbered_gpu(std::string_view name) {
  constexpr std::string_view begin = "cuda:";
  return name.starts_with(begin) && name.size() > begin.size() &&
         name.find_first_not_of("0123456789", begin.size()) == std::string_view::npos;
}

// Whether it is there, the workspace finds out.
void set_device(Settings& s, const std::string& value) {
  if (value != "auto" && value != "cpu" && value != "cuda" && value != "cudasim" && !is_numbered_gpu(value))
    throw ReplError("'" + value + "' is no device: auto, cpu, cuda, cuda:1 and so on, or cudasim");
  s.device = value;
}
void set_threshold(Settings& s, const std::string& value) {
  s.print.threshold = value == "none" ? unlimited : whole_number(value, 0, unlimited - 1);
}

void set_line_width(Settings& s, const std::string& value) {
  s.line_width =
      static_cast<int>(value == "auto" ? Settings::automatic : whole_number(value, least_line_width, most_line_width));
}

constexpr Setting settings[] = {
    {"threads", "N or all", "threads that evaluate, at most",
     [](const Settings& s) { return text_of(s.threads, 0, "all"); }, set_threads},
    {"device", "auto, cpu, cuda, cuda:1 ..., or cudasim", "where evaluations run",
     [](const Settings& s) { return s.device; }, set_device},
    {"memory", "auto, none, or bytes: 500M, 2G", "what one evaluation may take",
     [](const Settings& s) { return bytes_text(s.memory_limit); },
     [](Settings& s, const std::string& value) { s.memory_limit = bytes_of(value); }},
    {"timeout", "none, or seconds: 0.5, 60", "what one evaluation may take", timeout_text, set_timeout},
    {"precision", "0 to 17", "digits after the point",
     [](const Settings& s) { return std::to_string(s.print.precision); },
     [](Settings& s, const std::string& value) { s.print.precision = static_cast<int>(whole_number(value, 0, 17)); }},
    {"threshold", "N or none", "arrays of more elements are abbreviated",
     [](const Settings& s) { return text_of(s.print.threshold, unlimited, "none"); }, set_threshold},
    {"edgeitems", "1 to 1000", "elements at either end of an abbreviated axis",
     [](const Settings& s) { return std::to_string(s.print.edge_items); },
     [](Settings& s, const std::string& value) { s.print.edge_items = whole_number(value, 1, 1000); }},
    {"linewidth", "auto, or 10 to 10000", "characters of a line; auto: the terminal's, else 75",
     [](const Settings& s) { return text_of(s.line_width, Settings::automatic, "auto"); }, set_line_width},
};

/// The first number of the file's line that begins with `key`; -1 if there is none.
int64_t number_in(const char* file, std::string_view key) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const size_t digit = line.find_first_of("0123456789", key.size());
    return digit == std::string::npos ? -1 : std::strtoll(line.c_str() + digit, nullptr, 10);
  }
  return -1;
}

}  // namespace

std::span<const Setting> all_settings() { return settings; }

PrintOptions print_options(const Settings& settings) {
  PrintOptions options = settings.print;
  if (settings.line_width != Settings::automatic)
    options.line_width = settings.line_width;
  else if (isatty(STDOUT_FILENO))
    options.line_width = std::clamp(terminal_width(STDOUT_FILENO), least_line_width, most_line_width);
  return options;
}

const Setting& find_setting(const std::string& name) {
  std::vector<std::string> known;
  for (const Setting& setting : all_settings()) {
    if (setting.name == name) return setting;
    known.emplace_back(setting.name);
  }
  const std::string near = nearest(name, known);
  throw ReplError("there is no setting '" + name + "'" +
                  (near.empty() ? "; :set lists them" : "; did you mean '" + near + "'?"));
}

int64_t available_memory() {
  constexpr int64_t kibibyte = 1024;
  const int64_t system = number_in("/proc/meminfo", "MemAvailable:");
  int64_t room = system < 0 ? 0 : system * kibibyte;
  const int64_t limit = number_in("/sys/fs/cgroup/memory.max", "");  // version 2; "max" has no number
  const int64_t used = number_in("/sys/fs/cgroup/memory.current", "");
  if (limit > 0 && used >= 0) room = std::min(room, std::max<int64_t>(limit - used, 1));
  return room;
}

}  // namespace fuseval::tools
