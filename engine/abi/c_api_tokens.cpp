// The C ABI: tokens of a text, for highlighting.
#include <unordered_set>

#include "engine/abi/c_api_handles.hpp"
#include "frontend/highlight.hpp"
#include "frontend/unicode.hpp"

using namespace fuseval::engine;
using fuseval::frontend::HighlightKind;

static_assert(static_cast<int>(HighlightKind::keyword) == FV_TOKEN_KEYWORD);
static_assert(static_cast<int>(HighlightKind::error) == FV_TOKEN_ERROR);

namespace {

std::unordered_set<std::string> bound_names(const char* const* names, int32_t count) {
  require(count >= 0 && (names != nullptr || count == 0), "name_count is negative, or names is NULL");
  std::unordered_set<std::string> bound;
  for (int32_t k = 0; k < count; ++k) {
    require(names[k] != nullptr, "a name is NULL");
    bound.insert(fuseval::frontend::normalised_name(names[k]));
  }
  return bound;
}

}  // namespace

fv_status fv_tokenize(const char* text, size_t length, const char* const* names, int32_t name_count, fv_tokens** tokens,
                      fv_error** error) {
  return guard(error, {}, [&] {
    require(tokens != nullptr, "tokens is NULL");
    *tokens = nullptr;
    require(text != nullptr || length == 0, "text is NULL");
    std::vector<fv_token> found;
    for (const auto& [kind, span] :
         fuseval::frontend::highlight(text_view(text, length), bound_names(names, name_count)))
      found.push_back({static_cast<int32_t>(kind), span.begin, span.end});
    *tokens = make_handle<fv_tokens>("tokens", std::move(found));
  });
}

int32_t fv_tokens_count(const fv_tokens* tokens) {
  const Use used(tokens);
  return used.is_alive() ? static_cast<int32_t>(tokens->tokens.size()) : 0;
}

const fv_token* fv_tokens_data(const fv_tokens* tokens) {
  const Use used(tokens);
  return used.is_alive() ? tokens->tokens.data() : nullptr;
}

void fv_tokens_release(fv_tokens* tokens) { release_handle(tokens); }
