// Lines from a source: entries of one line or more, each run as it is whole.
#pragma once

#include <string>
#include <string_view>

#include "tools/repl/line_source.hpp"
#include "tools/repl/workspace.hpp"

namespace fuseval::tools {

/// A statement has failed, and that has been reported with its place: what contains it has failed too.
struct ReportedFailure {};

/// Where lines come from, as errors name it, and what that means for them.
struct Origin {
  std::string name;             ///< in front of "12: error: …"; "": the user sees the line
  bool is_interactive = false;  ///< entries go into the history, and an empty line ends one
  bool stops_at_failure = false;
};

class EntryLoop {
 public:
  /// Both must outlive it.
  EntryLoop(Workspace& workspace, LineSource& lines, Origin origin)
      : workspace_(workspace), lines_(lines), origin_(std::move(origin)) {}

  /// Until the lines end, or somebody quits. Whether all went well.
  bool run();

 private:
  void run_entry(const std::string& entry);
  bool read_entry(std::string& entry);
  std::string place() const;
  bool try_to_run(const std::string& statement);
  void report_failure() const;

  Workspace& workspace_;
  LineSource& lines_;
  const Origin origin_;
  size_t line_number_ = 0;
  size_t first_line_ = 1;
  bool has_failed_ = false;
};

}  // namespace fuseval::tools
