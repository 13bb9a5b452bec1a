#include "tools/value_text.hpp"

#include <algorithm>

#include "tools/numpy_text.hpp"

namespace fuseval::tools {

std::optional<std::string> python_tuple(const std::vector<View>& values) {
  std::string text;
  for (const View& value : values) {
    const fv_view raw = value.raw();
    if ((raw.flags & FV_VIEW_WEAK) == 0) return std::nullopt;
    text += (text.empty() ? "(" : ", ") + numpy_text(raw);
  }
  return text + (values.size() == 1 ? ",)" : ")");
}

std::optional<std::string> dtype_value(const Session& session, std::string_view text, const Bindings& bindings) {
  constexpr std::string_view begin = "dtype ";
  try {
    const std::string types = session.explain(text, bindings, "types");
    if (!types.starts_with(begin)) return std::nullopt;
    return types.substr(begin.size(), types.find('\n') - begin.size());
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace fuseval::tools
