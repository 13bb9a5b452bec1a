#include "tools/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace fuseval::tools {

bool is_at_terminal() { return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO); }

bool is_capable_terminal(int file) {
  const char* terminal = std::getenv("TERM");
  return isatty(file) && terminal && std::string_view(terminal) != "dumb";
}

bool has_colour(int file) {
  const char* no_colour = std::getenv("NO_COLOR");
  return !(no_colour && *no_colour) && is_capable_terminal(file);
}

int terminal_width(int file) {
  winsize size{};
  return ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace fuseval::tools
