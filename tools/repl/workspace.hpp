// What a REPL works on: the session, the names that are bound, the settings, and how a text is evaluated with them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fuseval/fuseval.hpp"
#include "tools/repl/history.hpp"
#include "tools/repl/outputs.hpp"
#include "tools/repl/passage.hpp"
#include "tools/repl/settings.hpp"
#include "tools/repl/variables.hpp"

namespace fuseval::tools {

/// The value of a text: one variable, or those of a tuple.
struct Value {
  std::vector<Variable> items;
  bool is_tuple = false;
};

class Workspace {
 public:
  explicit Workspace(History history);

  /// A text that is a bound name alone is that variable, not a copy of it. Cancelled by Ctrl-C; shows progress. Throws
  /// PassageError.
  Value evaluate(const Passage& passage) const;
  /// The same for a single value.
  Variable evaluate_one(const Passage& passage) const;

  /// nullptr if the text is no bound name and no name of a value that was printed.
  const Variable* find(std::string_view name) const;
  /// Throws ReplError or PassageError if a text cannot have that name.
  void check_name(const Passage& name) const;
  /// Throws as check_name does.
  void bind(const Passage& name, const Variable& variable);
  void remove(const std::string& name);

  /// Values that were printed.
  const Outputs& outputs() const { return outputs_; }
  void add_output(const Variable& variable) { outputs_.add(variable); }

  /// Names that the user has bound.
  const Variables& variables() const { return variables_; }
  /// Bindings of the names that are words of the text: programs are remembered by text and bindings.
  Bindings bindings_for(std::string_view text) const;
  const Session& session() const { return session_; }
  const Settings& settings() const { return settings_; }
  /// Throws ReplError, or Error for a device that is not there.
  void change(const Setting& setting, const std::string& value);
  RunOptions run_options() const;
  /// Between evaluations: sets the session's limit anew when the machine's free memory has changed by much.
  void adapt_to_memory();

  const History& history() const { return history_; }
  History& history() { return history_; }
  /// Files whose lines are being run, each by a line of the one before.
  std::vector<std::string>& running_files() { return running_files_; }

  const CancelToken& cancel() const { return cancel_; }
  bool wants_to_quit() const { return wants_to_quit_; }
  void quit() { wants_to_quit_ = true; }

 private:
  /// Threads and memory limit belong to the session; a new one starts without compiled programs.
  void renew_session(const Settings& settings, int64_t memory_limit);

  Settings settings_;
  CancelToken cancel_;
  int64_t memory_limit_;
  Session session_;
  Variables variables_;
  Outputs outputs_;
  History history_;
  std::vector<std::string> running_files_;
  bool wants_to_quit_ = false;
};

}  // namespace fuseval::tools
