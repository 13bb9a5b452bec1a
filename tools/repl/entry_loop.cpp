#include "tools/repl/entry_loop.hpp"

#include <cstdio>
#include <new>

#include "tools/diagnostics.hpp"
#include "tools/repl/other_prompts.hpp"
#include "tools/repl/run_statement.hpp"
#include "tools/repl/statement.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {

bool EntryLoop::run() {
  std::string entry;
  const auto goes_on = [&] { return !workspace_.wants_to_quit() && !(has_failed_ && origin_.stops_at_failure); };
  while (goes_on() && read_entry(entry)) run_entry(entry);
  return !has_failed_;
}

void EntryLoop::run_entry(const std::string& entry) {
  const size_t printed = workspace_.outputs().count();
  const bool is_kept = origin_.is_interactive && !stripped(entry).empty();
  if (is_kept) workspace_.history().add(entry);
  for (const std::string& statement : split_statements(entry))
    if (!try_to_run(statement) || workspace_.wants_to_quit()) break;
  if (is_kept) workspace_.history().note_outputs(entry, printed + 1, workspace_.outputs().count());
}

/// Lines until they are whole; at a terminal an empty line ends them too, and Ctrl-C drops them. False: no more.
bool EntryLoop::read_entry(std::string& entry) {
  entry.clear();
  first_line_ = line_number_ + 1;
  std::string typed;
  for (std::string line; true;) {
    const LineEvent event = lines_.read(line_number_ >= first_line_, line);
    if (event == LineEvent::end) return line_number_ >= first_line_;
    if (event == LineEvent::interrupt) {
      entry.clear();
      return true;
    }
    ++line_number_;
    typed += (line_number_ > first_line_ ? "\n" : "") + line;
    entry = without_prompts(typed);
    const bool is_ended = origin_.is_interactive && line_number_ > first_line_ && stripped(line).empty();
    if (is_ended || is_whole(entry)) return true;
  }
}

/// "fuseval: standard input:12: " where nobody sees the line itself.
std::string EntryLoop::place() const {
  return origin_.name.empty() ? "" : origin_.name + ":" + std::to_string(first_line_) + ": ";
}

bool EntryLoop::try_to_run(const std::string& statement) {
  bool is_done = false;
  try {
    workspace_.adapt_to_memory();
    run_statement(workspace_, parse_statement(statement));
    is_done = true;
  } catch (const ReportedFailure&) {
  } catch (...) {
    report_failure();
  }
  std::fflush(stdout);
  has_failed_ |= !is_done;
  return is_done;
}

/// Of the exception that is being handled. Results and errors appear in the order in which they came about.
void EntryLoop::report_failure() const {
  std::fflush(stdout);
  try {
    throw;
  } catch (const PassageError& failure) {
    if (failure.error.code() == FV_ERROR_CANCELLED)
      report_message("interrupted", place());
    else
      report_in_line(failure.error, failure.line, place());
  } catch (const Error& error) {
    report(error, place());
  } catch (const std::bad_alloc&) {
    report_message("out of memory", place());
  } catch (const std::exception& error) {
    report_message(error.what(), place());
  }
}

}  // namespace fuseval::tools
