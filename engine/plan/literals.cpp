#include "engine/plan/literals.hpp"

#include <cstring>

#include "engine/plan/program.hpp"

namespace fuseval::engine {
namespace {

std::string shortened(std::string_view text) {
  constexpr size_t most = 24;
  return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + "…";
}

std::vector<char> packed(const frontend::LiteralArray& literal) {
  const auto size = static_cast<size_t>(size_of(literal.dtype));
  std::vector<char> data(literal.bits.size() * size);
  for (size_t k = 0; k < literal.bits.size(); ++k) std::memcpy(data.data() + k * size, &literal.bits[k], size);
  return data;
}

}  // namespace

Literals::Literals(const frontend::Ast& ast) {
  std::vector<frontend::LiteralArray> found = frontend::literal_arrays(ast);
  kept_.reserve(found.size());
  for (frontend::LiteralArray& literal : found) {
    const Span span = ast[literal.list].span;
    const std::string_view text = std::string_view(ast.source).substr(span.begin, span.end - span.begin);
    Kept& kept = kept_.emplace_back(Kept{literal.list, shortened(text), std::move(literal.shape), packed(literal)});
    fv_view view = {};
    view.data = kept.data.data();
    view.dtype = static_cast<int32_t>(literal.dtype);
    view.rank = static_cast<int32_t>(kept.shape.size());
    view.shape = kept.shape.data();
    views_.push_back(view);
  }
}

AllInputs::AllInputs(const Program& program, const fv_view* given) : given_(given) {
  const std::vector<fv_view>& literals = program.literals().views();
  if (literals.empty()) return;
  all_.assign(given, given + program.given_count());
  all_.insert(all_.end(), literals.begin(), literals.end());
}

}  // namespace fuseval::engine
