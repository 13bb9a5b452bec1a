// What the terminal can do.
#pragma once

namespace fuseval::tools {

/// Whether standard input and output are a terminal: somebody types and reads there.
bool is_at_terminal();

/// Whether the file (STDOUT_FILENO, STDERR_FILENO …) is a terminal that moves its cursor: not $TERM=dumb.
bool is_capable_terminal(int file);

/// The same, and the user has not switched colour off by a non-empty $NO_COLOR (https://no-color.org).
bool has_colour(int file);

/// Columns of the terminal; 80 if it does not say.
int terminal_width(int file);

}  // namespace fuseval::tools
