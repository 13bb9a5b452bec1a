#include "tools/repl/described_text.hpp"

#include <algorithm>
#include <optional>

#include "tools/described_array.hpp"
#include "tools/encoding.hpp"
#include "tools/repl/repl_error.hpp"
#include "tools/repl/words.hpp"

namespace fuseval::tools {
namespace {

std::optional<std::pair<std::string, View>> described(std::string_view word) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = name_in_texts(word.substr(0, equals));
  const auto array = described_array(word.substr(equals + 1));
  if (!name || !array) return std::nullopt;
  return std::pair(*name, *array);
}

}  // namespace

DescribedText::DescribedText(const Passage& arguments) : expression_(arguments) {
  try {
    while (true) {
      const std::string_view text = expression_.text();
      const std::vector<size_t> blanks = find_outside(text, ' ');
      if (blanks.empty()) return;
      auto array = described(text.substr(blanks.back() + 1));
      if (!array) return;
      if (!arrays_.insert(*std::move(array)).second) throw ReplError("a name is described twice");
      const auto at = static_cast<size_t>(text.data() - expression_.whole().data());
      expression_ = expression_.until(at + blanks.back());
    }
  } catch (const BadDescription& bad) {
    throw ReplError(bad.what());
  }
}

std::string DescribedText::explain(const Workspace& workspace, const std::string& stage) const {
  const std::string text = expression_.in_place();
  const Bindings bound = workspace.bindings_for(text);
  Bindings bindings;
  for (const auto& [name, view] : arrays_) bindings.add(name, view);
  for (const Binding& binding : bound.list())
    if (arrays_.count(binding.name()) == 0) bindings.add(binding.name(), binding.view());
  return about(expression_, [&] { return workspace.session().explain(text, bindings, stage.c_str()); });
}

}  // namespace fuseval::tools
