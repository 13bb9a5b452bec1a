#include "tools/repl/workspace.hpp"

#include <algorithm>
#include <set>

#include "tools/encoding.hpp"
#include "tools/progress.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

// An evaluation that takes all memory is ended by the system, and the REPL with it.
int64_t automatic_limit() { return available_memory() / 4 * 3; }

Session make_session(const Settings& settings, int64_t memory_limit) {
  SessionOptions options;
  options.threads = settings.threads;
  options.memory_limit = memory_limit;
  return Session(options);
}

}  // namespace

Workspace::Workspace(History history)
    : memory_limit_(automatic_limit()),
      session_(make_session(settings_, memory_limit_)),
      history_(std::move(history)) {}

Value Workspace::evaluate(const Passage& passage) const {
  if (const Variable* variable = find(passage.text())) return {{*variable}, false};
  return about(passage, [&] {
    const std::string text = passage.in_place();
    RunOptions options = run_options();
    ProgressBar bar;
    options.progress = bar.callback();
    const Result result = session_.evaluate(text, bindings_for(text), options);
    Value value{{}, result.is_tuple()};
    for (size_t k = 0; k < result.count(); ++k) value.items.emplace_back(result[k]);
    return value;
  });
}

Variable Workspace::evaluate_one(const Passage& passage) const {
  const Value value = evaluate(passage);
  if (value.is_tuple)
    throw ReplError("one value is needed, and this is a tuple of " + std::to_string(value.items.size()));
  return value.items[0];
}

const Variable* Workspace::find(std::string_view name) const {
  const auto it = variables_.find(name_in_texts(name).value_or(std::string(name)));
  return it == variables_.end() ? outputs_.find(name) : &it->second;
}

Bindings Workspace::bindings_for(std::string_view text) const {
  std::set<std::string> names;  // two spellings may be one name
  for (const std::string& word : names_in(text)) names.insert(name_in_texts(word).value_or(word));
  Bindings bindings;
  for (const std::string& name : names)
    if (const Variable* variable = find(name)) bindings.add(name, variable->view());
  return bindings;
}

void Workspace::check_name(const Passage& name) const {
  const std::string text = name_in_texts(name.text()).value_or(std::string(name.text()));
  const std::vector<FreeName> free = about(name, [&] { return session_.free_names(name.in_place()); });
  if (free.size() == 1 && free[0].name == text) return;
  const bool is_word = names_in(text).size() == 1 && names_in(text)[0] == text;  // None
  throw ReplError("cannot bind `" + text +
                  "`: " + (is_word ? "it is a word of the language" : "only names can be bound"));
}

void Workspace::bind(const Passage& name, const Variable& variable) {
  check_name(name);
  variables_.insert_or_assign(name_in_texts(name.text()).value_or(std::string(name.text())), variable);
}

void Workspace::remove(const std::string& name) {
  if (variables_.erase(name_in_texts(name).value_or(name)) > 0 || outputs_.remove(name)) return;
  std::vector<std::string> known;
  for (const auto& [each, variable] : variables_) known.push_back(each);
  const std::string near = nearest(name, known);
  throw ReplError("`" + name + "` is not bound" + (near.empty() ? "" : "; did you mean `" + near + "`?"));
}

void Workspace::change(const Setting& setting, const std::string& value) {
  Settings changed = settings_;
  setting.set(changed, value);
  if (changed.device != settings_.device && changed.device != "auto" && changed.device != "cpu")
    session_.empty({1}, DType::uint8, changed.device.c_str());  // an error where there is no such device
  const bool is_new_limit = changed.memory_limit != settings_.memory_limit;
  const int64_t limit = !is_new_limit                                 ? memory_limit_
                        : changed.memory_limit == Settings::automatic ? automatic_limit()
                                                                      : changed.memory_limit;
  if (is_new_limit || changed.threads != settings_.threads) renew_session(changed, limit);
  settings_ = changed;
}

void Workspace::renew_session(const Settings& settings, int64_t memory_limit) {
  session_ = make_session(settings, memory_limit);
  memory_limit_ = memory_limit;
}

void Workspace::adapt_to_memory() {
  if (settings_.memory_limit != Settings::automatic) return;
  int64_t room = available_memory();
  if (room < memory_limit_) {  // the memory that the library keeps for the next results counts as taken
    fv_memory_trim();
    room = available_memory();
  }
  if (room < memory_limit_ || room > 3 * memory_limit_) renew_session(settings_, automatic_limit());
}

RunOptions Workspace::run_options() const {
  RunOptions options;
  options.cancel = &cancel_;
  options.device = settings_.device.c_str();
  options.time_limit = settings_.time_limit;
  return options;
}

}  // namespace fuseval::tools
