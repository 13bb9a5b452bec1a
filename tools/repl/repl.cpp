#include "tools/repl/repl.hpp"

#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include "tools/diagnostics.hpp"
#include "tools/repl/command_table.hpp"
#include "tools/repl/interrupt.hpp"
#include "tools/repl/line_editor.hpp"
#include "tools/repl/piped_lines.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/statement.hpp"
#include "tools/repl/words.hpp"
#include "tools/terminal.hpp"

namespace fuseval::tools {
namespace {

class Repl {
 public:
  Repl(Workspace& workspace, LineSource& lines, bool is_interactive)
      : workspace_(workspace), lines_(lines), is_interactive_(is_interactive) {}

  int run() {
    std::string entry;
    while (!workspace_.wants_to_quit() && read_entry(entry)) {
      if (is_interactive_ && !stripped(entry).empty()) workspace_.history().add(entry);
      for (const std::string& statement : split_statements(entry))
        if (!try_to_run(statement) || workspace_.wants_to_quit()) break;
    }
    return has_failed_ && !is_interactive_ ? 1 : 0;
  }

 private:
  /// Lines until they are whole; at a terminal an empty line ends them too, and Ctrl-C drops them. False: no more.
  bool read_entry(std::string& entry) {
    entry.clear();
    first_line_ = line_number_ + 1;
    for (std::string line; true;) {
      const LineEvent event = lines_.read(prompt(line_number_ >= first_line_), line);
      if (event == LineEvent::end) return line_number_ >= first_line_;
      if (event == LineEvent::interrupt) {
        entry.clear();
        return true;
      }
      ++line_number_;
      entry += (line_number_ > first_line_ ? "\n" : "") + line;
      const bool is_ended = is_interactive_ && line_number_ > first_line_ && stripped(line).empty();
      if (is_ended || is_whole(entry)) return true;
    }
  }

  std::string prompt(bool continues) const {
    const std::string sign = continues ? ". " : "> ";
    return has_colour(STDOUT_FILENO) ? "\1\x1b[1;32m\1" + sign + "\1\x1b[0m\1" : sign;
  }

  /// "fuseval: standard input:12: " where nobody sees the line itself.
  std::string source() const {
    return is_interactive_ ? "" : "fuseval: standard input:" + std::to_string(first_line_) + ": ";
  }

  bool try_to_run(const std::string& statement) {
    bool is_done = false;
    try {
      workspace_.adapt_to_memory();
      run_statement(parse_statement(statement));
      is_done = true;
    } catch (const PassageError& failure) {
      flush();
      if (failure.error.code() == FV_ERROR_CANCELLED)
        report_message("interrupted", source());
      else
        report_in_line(failure.error, failure.line, source());
    } catch (const Error& error) {
      flush();
      report(error, source());
    } catch (const std::bad_alloc&) {
      flush();
      report_message("out of memory", source());
    } catch (const std::exception& error) {
      flush();
      report_message(error.what(), source());
    }
    flush();
    has_failed_ |= !is_done;
    return is_done;
  }

  // Results and errors appear in the order in which they came about.
  static void flush() { std::fflush(stdout); }

  void run_statement(const Statement& statement) {
    switch (statement.kind) {
      case StatementKind::nothing:
        return;
      case StatementKind::command:
        return find_command(statement.command).run(workspace_, statement.body);
      case StatementKind::assignment:
        return assign(statement);
      case StatementKind::expression:
        return show(statement.body);
    }
  }

  void assign(const Statement& statement) {
    for (const Passage& target : statement.targets) workspace_.check_name(target);
    const Value value = workspace_.evaluate(statement.body);
    const std::string count = std::to_string(value.items.size());
    if (value.is_tuple && !statement.unpacks)
      throw ReplError("the value is a tuple of " + count + "; bind each to a name: a, b = …");
    if (!value.is_tuple && statement.unpacks) throw ReplError("one value cannot be bound to several names");
    if (value.items.size() != statement.targets.size())
      throw ReplError("a tuple of " + count + " cannot be bound to " + std::to_string(statement.targets.size()) +
                      " names");
    for (size_t k = 0; k < value.items.size(); ++k) workspace_.bind(statement.targets[k], value.items[k]);
  }

  void show(const Passage& body) {
    if (is_word_for_quitting(body.text())) return workspace_.quit();
    const Value value = workspace_.evaluate(body);
    for (const Variable& item : value.items) {
      std::string text;
      read_mapped({item.view()}, [&] { text = numpy_text(item.view().raw(), workspace_.settings().print); });
      std::printf("%s\n", text.c_str());
    }
    if (!value.is_tuple) workspace_.bind_last(value.items[0]);
  }

  /// What people type who know other prompts.
  bool is_word_for_quitting(std::string_view text) const {
    return (text == "quit" || text == "exit" || text == "quit()" || text == "exit()") && !workspace_.find(text);
  }

  Workspace& workspace_;
  LineSource& lines_;
  const bool is_interactive_;
  size_t line_number_ = 0;
  size_t first_line_ = 1;
  bool has_failed_ = false;
};

void greet(const Workspace& workspace) {
  const std::string info = workspace.session().info();
  const size_t begin = info.find("threads: ");
  const std::string threads =
      begin == std::string::npos ? "" : info.substr(begin + 9, info.find('\n', begin) - begin - 9);
  std::printf("fuseval %s, %s thread%s. :help for help, Ctrl-D to leave.\n", fv_version(), threads.c_str(),
              threads == "1" ? "" : "s");
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
  return Repl(workspace, editor, true).run();
}

int run_on_lines(int threads) {
  Workspace workspace{History()};
  if (threads > 0) workspace.change(find_setting("threads"), std::to_string(threads));
  if (!isatty(STDOUT_FILENO)) workspace.change(find_setting("threshold"), "none");  // who reads it wants all of it
  PipedLines lines;
  return Repl(workspace, lines, false).run();
}

}  // namespace

int run_repl(int threads) {
  use_utf8();
  const bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
  return is_terminal ? run_on_terminal(threads) : run_on_lines(threads);
}

}  // namespace fuseval::tools
