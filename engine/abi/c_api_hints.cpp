// The C ABI: hints.
#include <algorithm>

#include "engine/abi/c_api_handles.hpp"

using namespace fuseval::engine;
using fuseval::frontend::Hint;

fv_status fv_lint(fv_session* session, const char* text, size_t length, const char* const* names, const fv_view* inputs,
                  int32_t input_count, fv_hints** hints, fv_error** error) {
  const UsedSession used(session);
  const std::string_view view = text_view(text, length);
  return guard(error, view, [&] {
    require(hints != nullptr, "hints is NULL");
    *hints = nullptr;
    require(text != nullptr, "text is NULL");
    std::vector<fv_hints::Item> items;
    for (Hint& hint : used.get().hints(view, names, inputs, input_count)) {
      const auto place = fuseval::frontend::place_of(view, hint.span.begin);
      std::string caret = fuseval::frontend::caret_picture(view, hint.span);
      items.push_back({std::move(hint), place, std::move(caret)});
    }
    *hints = make_handle<fv_hints>("hints", std::move(items));
  });
}

int32_t fv_hints_count(const fv_hints* hints) {
  const Use used(hints);
  return used.is_alive() ? static_cast<int32_t>(hints->items.size()) : 0;
}

fv_status fv_hints_get(const fv_hints* hints, int32_t index, fv_hint* hint, fv_error** error) {
  const Use used(hints);
  return guard(error, {}, [&] {
    const std::vector<fv_hints::Item>& items = used.get("hints").items;
    require(hint != nullptr && hint->struct_size >= sizeof(size_t), "hint is NULL, or its struct_size is not set");
    require(index >= 0 && static_cast<size_t>(index) < items.size(), "there is no hint of that index");
    const fv_hints::Item& item = items[static_cast<size_t>(index)];
    fv_hint known{};
    known.struct_size = hint->struct_size;
    known.kind = static_cast<int32_t>(item.hint.kind);
    known.begin = item.hint.span.begin;
    known.end = item.hint.span.end;
    known.line = item.place.line;
    known.column = item.place.column;
    known.message = item.hint.message.c_str();
    known.caret = item.caret.c_str();
    std::memcpy(hint, &known, std::min(hint->struct_size, sizeof known));
  });
}

void fv_hints_release(fv_hints* hints) { release_handle(hints); }
