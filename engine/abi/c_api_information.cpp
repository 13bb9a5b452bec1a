// The C ABI: errors, dtypes, versions, the words of the language.
#include <algorithm>

#include "engine/abi/c_api_handles.hpp"
#include "engine/call/explain.hpp"
#include "frontend/vocabulary.hpp"
#include "runtime/buffer.hpp"
#include "runtime/lasting.hpp"

using namespace fuseval::engine;

namespace {

const fv_error& error_or_none(const Use<const fv_error>& error) {
  static constinit fuseval::runtime::Lasting<const fv_error> none;
  return error.is_alive() ? error.get("error") : none.get([] { return fv_error(); });
}

}  // namespace

fv_status fv_error_code(const fv_error* error) { return error_or_none(Use(error)).code; }
const char* fv_error_message(const fv_error* error) { return error_or_none(Use(error)).message.c_str(); }
void fv_error_span(const fv_error* error, uint32_t* begin, uint32_t* end) {
  const fuseval::Span span = error_or_none(Use(error)).span;
  if (begin != nullptr) *begin = span.begin;
  if (end != nullptr) *end = span.end;
}
uint32_t fv_error_line(const fv_error* error) { return error_or_none(Use(error)).line; }
uint32_t fv_error_column(const fv_error* error) { return error_or_none(Use(error)).column; }
const char* fv_error_caret(const fv_error* error) { return error_or_none(Use(error)).caret.c_str(); }
void fv_error_release(fv_error* error) { release_handle(error); }

const char* fv_version(void) { return "0.1.0"; }

fv_status fv_info(fv_session* session, char** result, fv_error** error) {
  const UsedSession used(session);
  return guard(error, {}, [&] {
    require(result != nullptr, "result is NULL");
    *result = nullptr;
    *result = copy_string(information(*used.get().runtime()));
  });
}
void fv_string_release(char* string) { ::operator delete(string); }

fv_status fv_words(int32_t kind, fv_names** names, fv_error** error) {
  return guard(error, {}, [&] {
    require(names != nullptr, "names is NULL");
    *names = nullptr;
    if (kind < FV_WORD_FUNCTION || kind > FV_WORD_MODULE)
      throw fuseval::Error(fuseval::ErrorCode::argument, fmt::format("there is no kind {} of words", kind));
    std::vector<fv_names::Name> found;
    for (const std::string_view word : fuseval::frontend::words(static_cast<fuseval::frontend::WordKind>(kind)))
      found.push_back({std::string(word), kind});
    *names = make_handle<fv_names>("names", std::move(found));
  });
}

fv_status fv_help(const char* name, char** result, fv_error** error) {
  return guard(error, {}, [&] {
    require(result != nullptr, "result is NULL");
    *result = nullptr;
    require(name != nullptr, "name is NULL");
    *result = copy_string(fuseval::frontend::help(name));
  });
}

const char* fv_dtype_name(int32_t dtype) {
  if (dtype < 0 || dtype >= fuseval::dtype_count) return nullptr;
  return fuseval::name_of(static_cast<fuseval::DType>(dtype)).data();  // names are literals: they end in NUL
}
int32_t fv_dtype_from_name(const char* name) {
  const auto dtype = name == nullptr ? std::nullopt : fuseval::dtype_from_name(name);
  return dtype ? static_cast<int32_t>(*dtype) : -1;
}
int32_t fv_dtype_size(int32_t dtype) {
  return dtype < 0 || dtype >= fuseval::dtype_count ? 0 : fuseval::size_of(static_cast<fuseval::DType>(dtype));
}

void fv_memory_trim(void) { fuseval::runtime::trim_pool(); }
