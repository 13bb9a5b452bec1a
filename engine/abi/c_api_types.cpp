// The C ABI: what results will be.
#include "engine/abi/c_api_handles.hpp"

using namespace fuseval::engine;

namespace {

void require_inputs(const fv_view* inputs, int32_t input_count) {
  require(input_count >= 0 && (inputs != nullptr || input_count == 0), "input_count is negative, or inputs is NULL");
}

}  // namespace

fv_status fv_result_types(fv_session* session, const char* text, size_t length, const char* const* names,
                          const fv_view* inputs, int32_t input_count, fv_types** types, fv_error** error) {
  const UsedSession used(session);
  const std::string_view view = text_view(text, length);
  return guard(error, view, [&] {
    require(types != nullptr, "types is NULL");
    *types = nullptr;
    require(text != nullptr, "text is NULL");
    require_inputs(inputs, input_count);
    const auto program = used.get().compile(view, names, inputs, input_count);
    *types = make_handle<fv_types>("types", result_types(*program, inputs, input_count));
  });
}

fv_status fv_program_result_types(const fv_program* program, const fv_view* inputs, int32_t input_count,
                                  fv_types** types, fv_error** error) {
  const Use used(program);
  const std::string_view text = used.is_alive() ? used->program->text() : std::string_view{};
  return guard(error, text, [&] {
    require(types != nullptr, "types is NULL");
    *types = nullptr;
    require_inputs(inputs, input_count);
    const Program& known = *used.get("program").program;
    *types = make_handle<fv_types>("types", result_types(known, inputs, input_count));
  });
}

int32_t fv_types_count(const fv_types* types) {
  const Use used(types);
  return used.is_alive() ? static_cast<int32_t>(types->types.items.size()) : 0;
}

int32_t fv_types_is_tuple(const fv_types* types) {
  const Use used(types);
  return used.is_alive() && types->types.is_tuple ? 1 : 0;
}

fv_status fv_types_get(const fv_types* types, int32_t index, fv_view* description, fv_error** error) {
  const Use used(types);
  return guard(error, {}, [&] {
    const std::vector<ResultType>& items = used.get("types").types.items;
    require(description != nullptr, "description is NULL");
    require(index >= 0 && static_cast<size_t>(index) < items.size(), "there is no result of that index");
    const ResultType& item = items[static_cast<size_t>(index)];
    *description = {};
    description->dtype = static_cast<int32_t>(item.dtype);
    description->rank = static_cast<int32_t>(item.shape.size());
    description->shape = item.shape.data();
    description->flags = item.is_weak ? FV_VIEW_WEAK : 0u;
  });
}

void fv_types_release(fv_types* types) { release_handle(types); }
