// The C ABI: results and lists of names.
#include "engine/abi/c_api_handles.hpp"
#include "engine/arrays/array_copy.hpp"

using namespace fuseval::engine;

int32_t fv_results_count(const fv_results* results) {
  const Use used(results);
  return used.is_alive() ? static_cast<int32_t>(results->results->items.size()) : 0;
}
int32_t fv_results_is_tuple(const fv_results* results) {
  const Use used(results);
  return used.is_alive() && results->results->is_tuple ? 1 : 0;
}

fv_status fv_results_view(const fv_results* results, int32_t index, fv_view* view, fv_error** error) {
  const Use used(results);
  return guard(error, {}, [&] {
    const std::vector<Result>& items = used.get("results").results->items;
    require(view != nullptr, "view is NULL");
    require(index >= 0 && static_cast<size_t>(index) < items.size(), "there is no result of that index");
    *view = view_of(items[static_cast<size_t>(index)]);
  });
}
void fv_results_release(fv_results* results) { release_handle(results); }

int32_t fv_names_count(const fv_names* names) {
  const Use used(names);
  return used.is_alive() ? static_cast<int32_t>(names->names.size()) : 0;
}
const char* fv_names_get(const fv_names* names, int32_t index) {
  const Use used(names);
  if (!used.is_alive() || index < 0 || static_cast<size_t>(index) >= names->names.size()) return nullptr;
  return names->names[static_cast<size_t>(index)].text.c_str();
}
int32_t fv_names_kind(const fv_names* names, int32_t index) {
  const Use used(names);
  if (!used.is_alive() || index < 0 || static_cast<size_t>(index) >= names->names.size()) return -1;
  return names->names[static_cast<size_t>(index)].kind;
}
void fv_names_release(fv_names* names) { release_handle(names); }
