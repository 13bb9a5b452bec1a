// What was typed: entries of one or more lines, kept in a file from one run to the next.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fuseval::tools {

/// $XDG_STATE_HOME/fuseval/history, or that of ~/.local/state; "" if there is no home either.
std::string history_path();

class History {
 public:
  /// Kept in memory alone.
  History() = default;
  /// Reads the file, and makes it and its folder (mode 0700) if they are not there. A file that cannot be read or
  /// written is said so once, on standard error, and does without.
  explicit History(std::string file);

  /// Appends an entry and takes its earlier copy away. The file is appended to at once, so that several REPLs may
  /// share it and none loses what it has when it ends badly.
  void add(const std::string& entry);

  /// The numbers of the values that an entry has printed, the last time that it was run.
  void note_outputs(const std::string& entry, size_t first, size_t last);
  /// "_3", "_3 to _5", or "" for an entry that has printed none in this run of the REPL.
  std::string outputs_of(const std::string& entry) const;

  /// Oldest first, no two equal.
  const std::vector<std::string>& entries() const { return entries_; }
  /// "": not kept.
  const std::string& file() const { return file_; }

 private:
  void read();
  void append_to_file(const std::string& entry);
  void shorten_file() const;
  void give_up(const std::string& what);

  std::string file_;
  std::vector<std::string> entries_;
  std::unordered_map<std::string, std::string> outputs_;
};

}  // namespace fuseval::tools
