#include "frontend/unavailable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "frontend/other_tools.hpp"

namespace fuseval::frontend {
namespace {

#include "frontend/numpy_names.inc"

// Functions of the language that this version lacks; those that NumPy has by the same name too.
constexpr std::string_view planned[] = {
    "acosh",  "affine",  "arccosh",     "arcsinh",   "arctanh",    "asinh",          "atanh",  "average",
    "cbrt",   "complex", "concatenate", "contains",  "cosh",       "cumprod",        "cumsum", "diff",
    "einsum", "erf",     "erfc",        "exp2",      "expm1",      "gamma",          "grad",   "lgamma",
    "log10",  "log1p",   "log2",        "logaddexp", "logaddexp2", "meshgrid",       "nanmax", "nanmean",
    "nanmin", "nanprod", "nanstd",      "nansum",    "nanvar",     "normal",         "outer",  "randint",
    "random", "roll",    "sinc",        "sinh",      "stack",      "value_and_grad",
};

template <size_t N>
bool contains(const std::string_view (&sorted)[N], std::string_view name) {
  return std::binary_search(std::begin(sorted), std::end(sorted), name);
}

std::string unavailable(std::string_view name, std::string_view owner) {
  return fmt::format("`{}` is part of {} but not available in this version{}", name, owner, write_instead(name));
}

template <size_t N>
std::string unless_planned(const std::string_view (&numpys)[N], std::string_view name) {
  if (contains(planned, name)) return unavailable(name, "the language");
  return contains(numpys, name) ? unavailable(name, "NumPy") : "";
}

}  // namespace

std::string why_unavailable(std::string_view function) { return unless_planned(numpy_names, function); }
std::string why_unavailable_in_linalg(std::string_view name) { return unless_planned(numpy_linalg_names, name); }
std::string why_unavailable_attribute(std::string_view name) {
  if (!contains(ndarray_names, name)) return "";
  return unavailable(name, contains(planned, name) ? "the language" : "NumPy");
}

void refuse_unavailable(const std::string& reason, Span span) {
  if (!reason.empty()) throw Error(ErrorCode::unsupported, reason, span);
}

}  // namespace fuseval::frontend
