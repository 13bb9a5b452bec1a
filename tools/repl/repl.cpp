#include "tools/repl/repl.hpp"

#include <clocale>
#include <cstdio>
#include <cstdlib>

#include "tools/counted.hpp"
#include "tools/repl/completion.hpp"
#include "tools/repl/entry_loop.hpp"
#include "tools/repl/file_lines.hpp"
#include "tools/repl/interrupt.hpp"
#include "tools/repl/line_editor.hpp"
#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

void greet(const Workspace& workspace) {
  const std::string info = workspace.session().info();
  const size_t begin = info.find("threads: ");
  const std::string threads =
      begin == std::string::npos ? "" : info.substr(begin + 9, info.find('\n', begin) - begin - 9);
  std::printf("fuseval %s, %s. :help for help, Ctrl-D to leave.\n", fv_version(),
              counted(std::atoi(threads.c_str()), "thread").c_str());
}

/// Texts are UTF-8; in the C locale too, letters beyond ASCII are measured and edited as such.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX < 4) std::setlocale(LC_CTYPE, "C.UTF-8");
}

int run_on_terminal(int threads) {
  Workspace workspace{History(history_path())};
  if (threads > 0) workspace.change(find_setting("threads"), std::to_string(threads));
  const InterruptHandler handler(workspace.cancel());
  LineEditor editor(workspace.history(), workspace.cancel(),
                    [&](std::string_view line) { return complete(line, workspace); });
  greet(workspace);
  EntryLoop(workspace, editor, {"", true, false}).run();
  return 0;
}

int run_on_lines(int threads) {
  Workspace workspace{History()};
  if (threads > 0) workspace.change(find_setting("threads"), std::to_string(threads));
  if (!isatty(STDOUT_FILENO)) workspace.change(find_setting("threshold"), "none");  // who reads it wants all of it
  FileLines lines(stdin);
  return EntryLoop(workspace, lines, {"fuseval: standard input", false, false}).run() ? 0 : 1;
}

}  // namespace

int run_repl(int threads) {
  use_utf8();
  return is_at_terminal() ? run_on_terminal(threads) : run_on_lines(threads);
}

}  // namespace fuseval::tools
