#include "tools/picture/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>

#include "fuseval/fuseval.hpp"

namespace fuseval::tools {
namespace {

constexpr std::chrono::milliseconds patience{500};
constexpr char interrupt = 3;  ///< Ctrl-C

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// The variables themselves and not setlocale: a locale that is set and not installed still says what the terminal
/// shows.
bool is_utf8_locale() {
  std::string locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  std::string name;
  for (const char c : locale)
    if (c != '-') name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
  return name.find("utf8") != std::string::npos;
}

/// https://no-color.org: any value but an empty one.
Palette palette_of(const std::string& terminal_name) {
  const std::string colours = variable("COLORTERM");
  if (!variable("NO_COLOR").empty() || terminal_name.empty() || terminal_name == "dumb") return Palette::none;
  return colours == "truecolor" || colours == "24bit" ? Palette::rgb : Palette::colours_256;
}

void read_size(int descriptor, Terminal& terminal) {
  winsize size{};
  const int columns = std::atoi(variable("COLUMNS").c_str());
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
    terminal.columns = size.ws_col;
    terminal.rows = size.ws_row;
    if (size.ws_xpixel >= size.ws_col) terminal.cell_width = size.ws_xpixel / size.ws_col;
    if (size.ws_ypixel >= size.ws_row) terminal.cell_height = size.ws_ypixel / size.ws_row;
  } else if (columns > 0) {
    terminal.columns = columns;
  }
}

/// The process's terminal, with keys handed on as they come and not shown. As it was when this is gone.
class Conversation {
 public:
  Conversation() : descriptor_(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    // A process in the background would be stopped by changing the terminal.
    is_open_ = descriptor_ >= 0 && tcgetpgrp(descriptor_) == getpgrp() && tcgetattr(descriptor_, &before_) == 0;
    if (!is_open_) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);  // Ctrl-C waits until it is as it was
    is_open_ = tcsetattr(descriptor_, TCSANOW, &raw) == 0;
  }
  ~Conversation() {
    if (is_open_) tcsetattr(descriptor_, TCSANOW, &before_);
    if (descriptor_ >= 0) close(descriptor_);
    if (is_interrupted_) std::raise(SIGINT);
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// What comes up to the letter that ends the answer, or up to the end of our patience.
  std::string answer_to(std::string_view question, char end) {
    std::string answer;
    if (!is_open_ || write(descriptor_, question.data(), question.size()) < 0) return answer;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (answer.empty() || answer.back() != end) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd wanted{descriptor_, POLLIN, 0};
      char byte = 0;
      if (left.count() <= 0 || poll(&wanted, 1, static_cast<int>(left.count())) <= 0) break;
      is_interrupted_ = read(descriptor_, &byte, 1) == 1 && byte == interrupt;
      if (byte == 0 || is_interrupted_) break;
      answer += byte;
    }
    return answer;
  }

 private:
  int descriptor_;
  termios before_{};
  bool is_open_ = false;
  bool is_interrupted_ = false;
};

void apply(const std::string& word, Terminal& terminal) {
  const std::string_view words[] = {"ascii", "mono", "256", "rgb", "sixel"};
  if (std::find(std::begin(words), std::end(words), word) == std::end(words))
    throw Error(FV_ERROR_ARGUMENT, "FUSEVAL_TERMINAL is '" + word + "', and not ascii, mono, 256, rgb or sixel");
  terminal.has_unicode = word != "ascii";
  terminal.has_sixels = word == "sixel";
  terminal.palette = word == "256" ? Palette::colours_256 : word == "rgb" ? Palette::rgb : Palette::none;
}

}  // namespace

bool tells_of_sixels(std::string_view answer) {
  const std::size_t begin = answer.rfind("\x1b[?");
  if (begin == std::string_view::npos || answer.back() != 'c') return false;
  std::string attributes(answer.substr(begin + 3));
  attributes.back() = ';';
  return (";" + attributes).find(";4;") != std::string::npos;
}

namespace {

/// Asked once: the process's terminal stays what it is, and a silent one costs half a second.
bool draws_sixels() {
  static const bool answer = tells_of_sixels(Conversation().answer_to("\x1b[c", 'c'));
  return answer;
}

}  // namespace

Terminal terminal_of(std::FILE* file) {
  Terminal terminal;
  const int descriptor = fileno(file);
  read_size(descriptor, terminal);
  const std::string forced = variable("FUSEVAL_TERMINAL"), name = variable("TERM");
  if (!forced.empty()) {
    apply(forced, terminal);
    return terminal;
  }
  terminal.has_unicode = is_utf8_locale();
  if (!isatty(descriptor)) return terminal;
  terminal.palette = palette_of(name);
  if (terminal.palette != Palette::none) terminal.has_sixels = draws_sixels();
  return terminal;
}

}  // namespace fuseval::tools
