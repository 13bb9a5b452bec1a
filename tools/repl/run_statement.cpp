#include "tools/repl/run_statement.hpp"

#include <cstdio>

#include "tools/counted.hpp"
#include "tools/numpy_text.hpp"
#include "tools/repl/command_table.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/value_text.hpp"

namespace fuseval::tools {
namespace {

void assign(Workspace& workspace, const Statement& statement) {
  for (const Passage& target : statement.targets) workspace.check_name(target);
  const Value value = workspace.evaluate(statement.body);
  const std::string count = std::to_string(value.items.size());
  if (value.is_tuple && !statement.unpacks)
    throw ReplError("the value is a tuple of " + count + "; bind each to a name: a, b = …");
  if (!value.is_tuple && statement.unpacks) throw ReplError("one value cannot be bound to several names");
  if (value.items.size() != statement.targets.size())
    throw ReplError("a tuple of " + count + " cannot be bound to " + counted(statement.targets.size(), "name"));
  for (size_t k = 0; k < value.items.size(); ++k) workspace.bind(statement.targets[k], value.items[k]);
}

void print(const Workspace& workspace, const Value& value) {
  std::vector<View> views;
  for (const Variable& item : value.items) views.push_back(item.view());
  if (const auto tuple = value.is_tuple ? python_tuple(views) : std::nullopt) {
    std::printf("%s\n", tuple->c_str());
    return;
  }
  const PrintOptions options = print_options(workspace.settings());
  for (const View& view : views) {
    std::string text;
    read_mapped({view}, [&] { text = numpy_text(view.raw(), options); });
    std::printf("%s\n", text.c_str());
  }
}

/// A text like a.dtype, which stands for a dtype and is no value that a name could have.
bool show_dtype(const Workspace& workspace, const Passage& body) {
  const std::string text = body.in_place();
  const auto dtype = dtype_value(workspace.session(), text, workspace.bindings_for(text));
  if (dtype) std::printf("dtype('%s')\n", dtype->c_str());
  return dtype.has_value();
}

/// What people type who know other prompts.
bool run_word(Workspace& workspace, std::string_view text) {
  const bool is_help = text == "help";
  if ((!is_help && text != "quit" && text != "exit" && text != "quit()" && text != "exit()") || workspace.find(text))
    return false;
  find_command(is_help ? "help" : "quit").run(workspace, Passage());
  return true;
}

void show(Workspace& workspace, const Passage& body) {
  if (run_word(workspace, body.text())) return;
  try {
    const Value value = workspace.evaluate(body);
    print(workspace, value);
    for (const Variable& item : value.items) workspace.add_output(item);
  } catch (const PassageError& failure) {
    if (failure.error.code() != FV_ERROR_ARGUMENT || !show_dtype(workspace, body)) throw;
  }
}

}  // namespace

void run_statement(Workspace& workspace, const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::nothing:
      return;
    case StatementKind::command:
      return find_command(statement.command).run(workspace, statement.body);
    case StatementKind::assignment:
      return assign(workspace, statement);
    case StatementKind::expression:
      return show(workspace, statement.body);
  }
}

}  // namespace fuseval::tools
